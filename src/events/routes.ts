import type { Context } from 'hono';
import { type Answer, execute, readAvailability, readEvent, rebuild } from '../actor/client.ts';
import { currentRole } from '../db/roles.ts';
import { maySeeEvent } from '../domain/access.ts';
import type { EventId, EventView, Principal } from '../domain/model.ts';
import { database, primary } from '../http/database.ts';
import { clientHas, ifMatchVersions } from '../http/etag.ts';
import { sendReadModel } from '../http/headers.ts';
import { newEventId } from '../http/ids.ts';
import { eventOf } from '../http/outcome.ts';
import { Problem } from '../http/problem.ts';
import { rejectionProblem } from '../http/rejection.ts';
import { type AppEnv, createRouter } from '../http/router.ts';
import * as contract from './contract.ts';
import { toChanges, toDetails } from './details.ts';
import { eventTag, toAvailabilityJson, toEventJson } from './json.ts';
import { findEvent, listEvents } from './queries.ts';
import type { EventJson } from './schema.ts';

/** No event has this version, so nothing is done. */
const NO_VERSION = 0;

/** The slice of events. */
export const events = createRouter()
  .openapi(contract.createEvent, async (c) => {
    const { status = 'draft', ...input } = c.req.valid('json');
    const id = newEventId();
    const action = { type: 'create_event', details: toDetails(input), status } as const;
    const principal = await asNow(c.env, c.get('principal'));
    const answer = await execute(c.env, id, principal, action, undefined, originOf(c.req.raw));
    const json = answered(c, answer);
    c.header('location', `/api/events/${id}`);
    return c.json(json, 201);
  })
  .openapi(contract.listEvents, async (c) => {
    const now = Date.now();
    const page = await listEvents(database(c), c.req.valid('query'), c.get('principal'), now);
    return c.json({ items: page.views.map((view) => toEventJson(view, now)), next_cursor: page.nextCursor }, 200);
  })
  .openapi(contract.getEvent, async (c) => {
    const view = await read(c, c.req.valid('param').id);
    const now = Date.now();
    const tag = eventTag(view, now);
    c.header('etag', tag);
    if (clientHas(c.req.valid('header')['if-none-match'], tag)) return c.body(null, 304);
    return c.json(toEventJson(view, now), 200);
  })
  .openapi(contract.replaceEvent, async (c) => {
    const { id } = c.req.valid('param');
    const ifVersion = await expectedVersion(c.env, id, c.get('principal'), c.req.valid('header')['if-match']);
    const action = { type: 'edit_event', changes: toDetails(c.req.valid('json')), ifVersion } as const;
    return c.json(answered(c, await execute(c.env, id, c.get('principal'), action)), 200);
  })
  .openapi(contract.editEvent, async (c) => {
    const { id } = c.req.valid('param');
    const ifVersion = await expectedVersion(c.env, id, c.get('principal'), c.req.valid('header')['if-match']);
    const action = { type: 'edit_event', changes: toChanges(c.req.valid('json')), ifVersion } as const;
    return c.json(answered(c, await execute(c.env, id, c.get('principal'), action)), 200);
  })
  .openapi(contract.deleteEvent, async (c) => {
    const { id } = c.req.valid('param');
    const ifVersion = await expectedVersion(c.env, id, c.get('principal'), c.req.valid('header')['if-match']);
    const answer = await execute(c.env, id, c.get('principal'), { type: 'delete_event', ifVersion });
    eventOf(answer.outcome);
    sendReadModel(c, answer);
    return c.body(null, 204);
  })
  .openapi(contract.publishEvent, async (c) => {
    const answer = await execute(c.env, c.req.valid('param').id, c.get('principal'), { type: 'publish_event' });
    return c.json(answered(c, answer), 200);
  })
  .openapi(contract.cancelEvent, async (c) => {
    const answer = await execute(c.env, c.req.valid('param').id, c.get('principal'), { type: 'cancel_event' });
    return c.json(answered(c, answer), 200);
  })
  .openapi(contract.getAvailability, async (c) => {
    const read = await readAvailability(c.env, c.req.valid('param').id, c.get('principal'));
    if (!read.ok) throw rejectionProblem(read.rejection);
    return c.json(toAvailabilityJson(read.value), 200);
  })
  .openapi(contract.rebuildEvent, async (c) => {
    if (c.get('principal').role !== 'admin') throw new Problem('admin_required');
    const { id } = c.req.valid('param');
    const rebuilt = await rebuild(c.env, id);
    if (rebuilt === null) throw new Problem('event_not_found');
    return c.json({ event_id: id, ...rebuilt }, 200);
  });

/** Where a request comes from, as the platform tells; on a local server it doesn't. */
function originOf({ cf = {} }: Request): { country?: string; continent?: string; longitude?: string } {
  return cf as Partial<IncomingRequestCfProperties>;
}

/** The caller in the role that they have by now, where the token's allows less than a newer one might. */
async function asNow(env: Env, principal: Principal): Promise<Principal> {
  if (principal.role !== 'customer') return principal;
  const role = await currentRole(primary(env), principal.userId);
  return role === null ? principal : { ...principal, role };
}

/** The event that a command answered with, and the headers that go with it. */
function answered(c: Pick<Context, 'header'>, answer: Answer): EventJson {
  const view = eventOf(answer.outcome);
  const now = Date.now();
  sendReadModel(c, answer);
  c.header('etag', eventTag(view, now));
  return toEventJson(view, now);
}

/** The event from the read model, or from its actor while the read model doesn't have it yet. */
async function read(c: Context<AppEnv>, id: EventId): Promise<EventView> {
  const principal = c.get('principal');
  const known = await findEvent(database(c), id);
  if (known !== null && !maySeeEvent(known.event, principal)) throw new Problem('event_not_found');
  if (known !== null) return known;
  const fresh = await readEvent(c.env, id, principal);
  if (!fresh.ok) throw rejectionProblem(fresh.rejection);
  return fresh.value;
}

/** The one version that `If-Match` lets a command change, or null for any. */
async function expectedVersion(
  env: Env,
  id: EventId,
  principal: Principal,
  ifMatch: string | undefined,
): Promise<number | null> {
  const versions = ifMatchVersions(ifMatch);
  if (versions === null) return null;
  const [first = NO_VERSION, ...others] = versions;
  if (others.length === 0) return first;
  const current = await readEvent(env, id, principal);
  return current.ok && versions.includes(current.value.event.version) ? current.value.event.version : NO_VERSION;
}
