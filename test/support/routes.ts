import { address, newcomer, PASSWORD } from './accounts.ts';
import type { Call } from './api.ts';
import { attendeeBody } from './attendees.ts';
import { type Member, member, PROPS, refreshTokenOf } from './cast.ts';
import { type Operation, openApi } from './contract.ts';

const api = await openApi();
/** What the OpenAPI document says of each route, such as "GET /api/events". */
export const operations = new Map(
  Object.entries(api.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  ),
);

/** Bodies that can't be examples, because they name what exists. */
const BODIES: Readonly<Record<string, (caller: Member) => unknown>> = {
  'POST /api/auth/signup': () => newcomer(),
  'POST /api/auth/login': ({ username }) => ({ username, password: PASSWORD }),
  'POST /api/auth/refresh': async (caller) => ({ refresh_token: await refreshTokenOf(caller) }),
  'POST /api/auth/logout': async (caller) => ({ refresh_token: await refreshTokenOf(caller) }),
  'PATCH /api/me': () => ({ username: newcomer().username }),
  'PUT /api/me/password': () => ({ current_password: PASSWORD, new_password: PASSWORD }),
  'DELETE /api/me': () => ({ password: PASSWORD }),
  'POST /api/reservations/{id}/transfer': async () => ({ username: (await member('customer')).username }),
  'POST /api/attendees': () => attendeeBody(),
  'PUT /api/attendees/{id}': () => attendeeBody(),
  'PATCH /api/attendees/{id}': () => ({ first_name: 'Ada' }),
};

/** Somebody in this role; `owner` if it is whose the thing is. */
async function callerAs(role: string, owner: Member | undefined): Promise<Member> {
  if (role === 'owner') return owner ?? member('organizer');
  if (role === 'disabled') return member('customer', Date.now());
  return member(role === 'admin' ? 'admin' : role === 'other' ? 'organizer' : 'customer');
}

/** A request to the route with its own example, by somebody in the role, about something that was made for it. */
export async function callOf(route: string, role: string): Promise<{ method: string; path: string; call: Call }> {
  const [method = '', template = ''] = route.split(' ');
  const prop = template.includes('{id}') ? await PROPS[template.split('/')[2] ?? '']?.() : undefined;
  const caller = await callerAs(role, prop?.owner);
  const path = template.replace('{id}', prop?.id ?? '').replace('{code}', 'DE');
  const example = operations.get(route)?.requestBody?.content['application/json']?.example;
  const body = route in BODIES ? await BODIES[route]?.(caller) : example;
  const token = role === 'anonymous' ? undefined : caller.token;
  const call = { headers: address(), ...(token !== undefined && { token }), ...(body !== undefined && { body }) };
  return { method, path, call };
}
