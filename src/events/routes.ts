import type { Context } from 'hono';
import {
  ActorUnavailable,
  type Answer,
  execute,
  readAvailability,
  readEvent,
  rebuild,
  recall,
} from '../actor/client.ts';
import { claimedId, claimId, replaceClaim } from '../db/idempotency.ts';
import { inCurrentRole, isAdminNow } from '../db/roles.ts';
import { findVenue } from '../db/venues.ts';
import { maySeeEvent } from '../domain/access.ts';
import type { Action } from '../domain/commands.ts';
import type { EventId, EventView, Principal } from '../domain/model.ts';
import { toAvailabilityJson } from '../http/availability.ts';
import { database, isDatabaseUnavailable, primary } from '../http/database.ts';
import { expectedVersion } from '../http/etag.ts';
import { sendReadModel } from '../http/headers.ts';
import { type IdempotencyKey, idempotencyKeyOf, sendReplayed } from '../http/idempotency.ts';
import { newEventId } from '../http/ids.ts';
import { eventOf } from '../http/outcome.ts';
import { locationHint } from '../http/placement.ts';
import { Problem } from '../http/problem.ts';
import { share } from '../http/public-cache.ts';
import { rejectionProblem } from '../http/rejection.ts';
import { type AppEnv, createRouter } from '../http/router.ts';
import * as contract from './contract.ts';
import { toChanges, toDetails } from './details.ts';
import { feed } from './feed-routes.ts';
import { atVenue, type EventAtVenue, eventTag, nextPhaseAt, toEventJson } from './json.ts';
import { lookAtEvent } from './looks.ts';
import { patchedPlaceOf, placeAsked, placeOf, publishedPlaceOf } from './place.ts';
import { findEvent, listEvents, type MarkedEvent } from './queries.ts';
import type { EventJson, EventPatch } from './schema.ts';

const JUDGED_MAX = 3;

/** The slice of events. */
export const events = createRouter()
  .openapi(contract.createEvent, async (c) => {
    const body = c.req.valid('json');
    const { status = 'draft', ...input } = body;
    const principal = await inCurrentRole(primary(c.env), c.get('principal'));
    const asked = { ...toDetails(input, placeAsked(input)), status };
    const key = idempotencyKeyOf(c, 'createEvent', principal.userId, asked);
    const create = async () => {
      const place = await placeOf(c.env, input);
      const { venueCapacity, country } = place;
      const action = { type: 'create_event', details: toDetails(input, place), status, venueCapacity } as const;
      return createOnce(c.env, principal, action, key, locationHint(country, originOf(c.req.raw)));
    };
    const json = await answered(c, await orRecalled(c.env, key, create()));
    c.header('location', `/api/events/${json.id}`);
    return c.json(json, 201);
  })
  .openapi(contract.listEvents, async (c) => {
    const now = Date.now();
    const page = await listEvents(database(c), c.req.valid('query'), c.get('principal'), now);
    const items = page.items.map((event) => toEventJson(event, now));
    return share(c, { items, next_cursor: page.nextCursor });
  })
  .openapi(contract.getEvent, async (c) => {
    const { id } = c.req.valid('param');
    const { event, mark } = await read(c, id);
    const now = Date.now();
    c.header('etag', eventTag(event, now));
    return share(c, toEventJson(event, now), {
      until: nextPhaseAt(event, now),
      subject: mark === null ? null : { id, mark },
    });
  })
  .openapi(contract.replaceEvent, async (c) => {
    const { id } = c.req.valid('param');
    const ifVersion = await versionOf(c.env, id, c.get('principal'), c.req.valid('header')['if-match']);
    const input = c.req.valid('json');
    const place = await placeOf(c.env, input);
    const { venueCapacity } = place;
    const action = { type: 'edit_event', changes: toDetails(input, place), ifVersion, venueCapacity } as const;
    return c.json(await answered(c, await execute(c.env, id, c.get('principal'), action)), 200);
  })
  .openapi(contract.editEvent, async (c) => {
    const { id } = c.req.valid('param');
    const ifVersion = await versionOf(c.env, id, c.get('principal'), c.req.valid('header')['if-match']);
    const answer = await edit(c.env, id, c.get('principal'), c.req.valid('json'), ifVersion);
    return c.json(await answered(c, answer), 200);
  })
  .openapi(contract.deleteEvent, async (c) => {
    const { id } = c.req.valid('param');
    const ifVersion = await versionOf(c.env, id, c.get('principal'), c.req.valid('header')['if-match']);
    const answer = await execute(c.env, id, c.get('principal'), { type: 'delete_event', ifVersion });
    eventOf(answer.outcome);
    sendReadModel(c, id, answer);
    return c.body(null, 204);
  })
  .openapi(contract.publishEvent, async (c) => {
    const answer = await publish(c.env, c.req.valid('param').id, c.get('principal'));
    return c.json(await answered(c, answer), 200);
  })
  .openapi(contract.cancelEvent, async (c) => {
    const answer = await execute(c.env, c.req.valid('param').id, c.get('principal'), { type: 'cancel_event' });
    return c.json(await answered(c, answer), 200);
  })
  .openapi(contract.getAvailability, async (c) => {
    const read = await readAvailability(c.env, c.req.valid('param').id, c.get('principal'));
    if (!read.ok) throw rejectionProblem(read.rejection);
    return c.json(toAvailabilityJson(read.value), 200);
  })
  .openapi(contract.rebuildEvent, async (c) => {
    const principal = c.get('principal');
    // It only makes D1 say what the actor says, so that a token that was an admin's a moment ago does no harm.
    if (principal.role !== 'admin' && !(await isAdminNow(primary(c.env), principal)))
      throw new Problem('admin_required');
    const { id } = c.req.valid('param');
    const rebuilt = await rebuild(c.env, id);
    if (rebuilt === null) throw new Problem('event_not_found');
    sendReadModel(c, id, { readModel: 'current', bookmark: null });
    return c.json({ event_id: id, ...rebuilt }, 200);
  });

events.route('/', feed);

/**
 * Creates an event. Requests with the same key do so under the same id, which D1 remembers, and so reach the same
 * actor, which remembers the answer.
 */
async function createOnce(
  env: Env,
  principal: Principal,
  action: Action,
  idempotency: IdempotencyKey | undefined,
  near: DurableObjectLocationHint | undefined,
): Promise<Answer> {
  const fresh = newEventId();
  if (idempotency === undefined) return execute(env, fresh, principal, action, { near });
  const db = primary(env);
  const now = Date.now();
  let claim = await claimId(db, idempotency, fresh, now);
  // The key of a request that was refused is free for a better one; if the same is tried again, its day begins anew.
  if (claim.id !== fresh && (await recall(env, claim.id, idempotency)) === null) {
    await replaceClaim(db, idempotency, claim.id, claim.isSame ? claim.id : fresh, now);
    claim = await claimId(db, idempotency, fresh, now);
  }
  if (!claim.isSame) throw new Problem('idempotency_key_reused');
  return execute(env, claim.id, principal, action, { idempotency, near });
}

/** The answer, or where that is a refusal, what was answered under the key before: the venue may be gone since. */
async function orRecalled(env: Env, key: IdempotencyKey | undefined, answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if (key === undefined || !(error instanceof Problem)) throw error;
    const id = await claimedId<EventId>(primary(env), key, Date.now());
    const earlier = id === null ? null : await recall(env, id, key);
    if (earlier === null) throw error;
    return earlier;
  }
}

/** Where a request comes from, as the platform tells; on a local server it doesn't. */
function originOf({ cf = {} }: Request): { country?: string; continent?: string; longitude?: string } {
  return cf as Partial<IncomingRequestCfProperties>;
}

/**
 * The event that a command answered with, and the headers that go with it. The command has had its effect: should D1 fail
 * to tell of the venue, the answer leaves that out rather than say that nothing was done.
 */
async function answered(c: Pick<Context<AppEnv>, 'header' | 'env'>, answer: Answer): Promise<EventJson> {
  const view = eventOf(answer.outcome);
  const event = await withVenue(c.env, view).catch((error: unknown) => {
    if (isDatabaseUnavailable(error)) return { view, venue: null };
    throw error;
  });
  const now = Date.now();
  sendReadModel(c, event.view.event.id, answer);
  if ('replayed' in answer.outcome) sendReplayed(c);
  c.header('etag', eventTag(event, now));
  return toEventJson(event, now);
}

async function withVenue(env: Env, view: EventView): Promise<EventAtVenue> {
  const { venueId } = view.event;
  return atVenue(view, venueId === null ? null : await findVenue(primary(env), venueId));
}

/** Carries a patch out. */
async function edit(
  env: Env,
  id: EventId,
  principal: Principal,
  patch: EventPatch,
  ifVersion: number | null,
): Promise<Answer> {
  const judge = async () => {
    const place = await patchedPlaceOf(env, id, principal, patch);
    const { venueCapacity, ifVenueId } = place;
    return { type: 'edit_event', changes: toChanges(patch, place), ifVersion, venueCapacity, ifVenueId } as const;
  };
  return ifVersion === null ? judgedAnew(env, id, principal, judge) : execute(env, id, principal, await judge());
}

/** Publishes the event if it fits the venue that it names, as that is now. */
function publish(env: Env, id: EventId, principal: Principal): Promise<Answer> {
  return judgedAnew(env, id, principal, async () => {
    return { type: 'publish_event', ...(await publishedPlaceOf(env, id, principal)) };
  });
}

/**
 * Carries out what was judged by the event's venue, which is judged anew when the event has moved meanwhile.
 * @throws ActorUnavailable if it keeps moving
 */
async function judgedAnew(env: Env, id: EventId, principal: Principal, judge: () => Promise<Action>): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await execute(env, id, principal, await judge());
    const hasMoved = answer.outcome.kind === 'rejected' && answer.outcome.rejection.code === 'version_mismatch';
    if (!hasMoved) return answer;
    if (attempt === JUDGED_MAX) throw new ActorUnavailable('the event keeps moving to other venues');
  }
}

/** The event from the read model, or from its actor while the read model doesn't have it yet. */
async function read(c: Context<AppEnv>, id: EventId): Promise<MarkedEvent | { event: EventAtVenue; mark: null }> {
  const principal = c.get('principal');
  const known = await look(c, id);
  if (known !== null && !maySeeEvent(known.event.view.event, principal)) throw new Problem('event_not_found');
  if (known !== null) return known;
  const fresh = await readEvent(c.env, id, principal);
  if (!fresh.ok) throw rejectionProblem(fresh.rejection);
  return { event: await withVenue(c.env, fresh.value), mark: null };
}

async function look(c: Context<AppEnv>, id: EventId): Promise<MarkedEvent | null> {
  if (c.req.header('x-d1-bookmark') !== undefined) return findEvent(database(c), id);
  const { known, bookmark } = await lookAtEvent(c.env, id);
  if (bookmark !== null) c.header('x-d1-bookmark', bookmark);
  return known;
}

/** What `If-Match` lets a command change; see `expectedVersion`. */
function versionOf(env: Env, id: EventId, principal: Principal, ifMatch: string | undefined): Promise<number | null> {
  return expectedVersion(ifMatch, async () => {
    const current = await readEvent(env, id, principal);
    return current.ok ? current.value.event.version : null;
  });
}
