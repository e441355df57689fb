import { exports } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { request } from '../support/api.ts';
import { member } from '../support/cast.ts';
import { callOf, operations } from '../support/routes.ts';

/**
 * Who may do what: each route of the OpenAPI document, asked with its own example, by
 *
 * - anonymous: nobody, with no token
 * - customer: somebody to whom nothing of it belongs
 * - other: an organizer of other events and venues
 * - owner: whose event, venue, account or reservation it is; where there is no such thing, any organizer
 * - admin
 * - disabled: a customer whose account an admin has disabled, with an access token that has not run out
 */
const TABLE = `
                                                     anonymous  customer     other     owner     admin  disabled
  POST   /api/auth/signup                                  201       201       201       201       201       201
  POST   /api/auth/login                                   200       200       200       200       200       403
  POST   /api/auth/refresh                                 200       200       200       200       200       401
  POST   /api/auth/logout                                  204       204       204       204       204       204
  GET    /api/me                                           401       200       200       200       200       403
  PATCH  /api/me                                           401       200       200       200       200       403
  DELETE /api/me                                           401       204       204       204       204       403
  PUT    /api/me/password                                  401       200       200       200       200       403
  PUT    /api/me/organizer                                 401       200       200       200       200       403
  GET    /api/users                                        401       403       403       403       200       403
  PATCH  /api/users/{id}                                   401       403       403       403       200       403
  POST   /api/events                                       401       403       201       201       201       403
  GET    /api/events                                       200       200       200       200       200       200
  GET    /api/events/{id}                                  200       200       200       200       200       200
  PUT    /api/events/{id}                                  401       403       403       200       200       403
  PATCH  /api/events/{id}                                  401       403       403       200       200       403
  DELETE /api/events/{id}                                  401       403       403       204       204       403
  POST   /api/events/{id}/publish                          401       403       403       200       200       403
  POST   /api/events/{id}/cancel                           401       403       403       200       200       403
  GET    /api/events/{id}/availability                     200       200       200       200       200       200
  POST   /api/events/{id}/rebuild                          401       403       403       403       200       403
  GET    /api/events/{id}/changes                          401       403       403       200       200       403
  POST   /api/events/{id}/reservations                     401       201       201       201       201       201
  GET    /api/events/{id}/reservations                     401       403       403       200       200       403
  GET    /api/events/{id}/waitlist                         401       403       403       200       200       403
  GET    /api/reservations                                 401       200       200       200       200       200
  GET    /api/attendees/{id}/reservations                  404       404       404       200       200       404
  GET    /api/reservations/{id}                            401       404       404       200       200       404
  PATCH  /api/reservations/{id}                            401       404       404       200       200       404
  DELETE /api/reservations/{id}                            401       404       404       204       204       404
  POST   /api/reservations/{id}/confirm                    401       404       404       200       200       404
  POST   /api/reservations/{id}/extend                     401       404       404       200       200       404
  POST   /api/reservations/{id}/cancel                     401       404       404       200       200       404
  POST   /api/reservations/{id}/reactivate                 401       404       404       200       200       404
  POST   /api/reservations/{id}/transfer                   401       404       404       200       200       404
  DELETE /api/reservations/{id}/transfer                   401       404       404       204       204       404
  POST   /api/reservations/{id}/transfer/accept            401       404       404       200       403       404
  POST   /api/events/{id}/check-ins                        401       403       403       409       409       403
  POST   /api/reservations/{id}/check-in                   401       404       404       403       409       404
  DELETE /api/reservations/{id}/check-in                   401       404       404       403       200       404
  GET    /api/reservations/{id}/ticket.svg                 401       404       404       409       409       404
  GET    /api/events/{id}/live                             200       200       200       200       200       200
  GET    /api/events/{id}/stats                            401       403       403       200       200       403
  GET    /api/events/{id}/reservations.csv                 401       403       403       200       200       403
  GET    /api/countries                                    200       200       200       200       200       200
  GET    /api/countries/{code}                             200       200       200       200       200       200
  POST   /api/venues                                       401       403       201       201       201       403
  GET    /api/venues                                       200       200       200       200       200       200
  GET    /api/venues/{id}                                  200       200       200       200       200       200
  PUT    /api/venues/{id}                                  401       403       403       200       200       403
  PATCH  /api/venues/{id}                                  401       403       403       200       200       403
  DELETE /api/venues/{id}                                  401       403       403       204       204       403
  POST   /api/attendees                                    201       201       201       201       201       201
  GET    /api/attendees                                    401       403       200       200       200       403
  GET    /api/attendees/{id}                               404       404       404       200       200       404
  PUT    /api/attendees/{id}                               404       404       404       200       200       404
  PATCH  /api/attendees/{id}                               404       404       404       200       200       404
  DELETE /api/attendees/{id}                               404       404       404       204       204       404
  GET    /api/me/history                                   401       200       200       200       200       200
  GET    /api/history                                      401       403       403       403       200       403
  GET    /healthz                                          200       200       200       200       200       200
  GET    /openapi.json                                     200       200       200       200       200       200
  GET    /                                                 200       200       200       200       200       200
  GET    /docs                                             200       200       200       200       200       200
  GET    /redoc                                            200       200       200       200       200       200
`;
const [ROLES = [], ...ROWS] = TABLE.trim()
  .split('\n')
  .map((line) => line.trim().split(/ +/));

/** What answers for as long as somebody listens. */
const STREAMS = ['GET /api/events/{id}/live'];

async function ask(route: string, role: string): Promise<number> {
  const { method, path, call } = await callOf(route, role);
  if (STREAMS.includes(route)) return statusOf(path, call.token);
  return (await request(method, path, call)).status;
}

async function statusOf(path: string, token: string | undefined): Promise<number> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const { status, body } = await exports.default.fetch(`http://localhost${path}`, { headers });
  await body?.cancel();
  return status;
}

// Of the admins whose accounts go, none is the last.
beforeAll(() => member('admin'));

describe('each route answers each caller as the table says', () => {
  // One after the other: beside each other all would wait for the passwords of all, which are hashed one at a time.
  it.each(ROWS)('%s %s', async (method, path, ...expected) => {
    const route = `${method} ${path}`;
    expect(operations.has(route), 'there is no such route').toBe(true);
    const seen: number[] = [];
    for (const role of ROLES) seen.push(await ask(route, role));
    expect(Object.fromEntries(ROLES.map((role, index) => [role, seen[index]]))).toEqual(
      Object.fromEntries(ROLES.map((role, index) => [role, Number(expected[index])])),
    );
  });
});

it('has every route', () => {
  const listed = ROWS.map(([method, path]) => `${method} ${path}`);
  expect([...operations.keys()].filter((route) => !listed.includes(route))).toEqual([]);
});
