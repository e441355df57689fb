import { createRoute, z } from '@hono/zod-openapi';
import { authOptional, authRequired } from '../http/auth.ts';
import { availabilityJson } from '../http/availability.ts';
import { json, noBody, optionalBody, type PartOf, requiredBody } from '../http/bodies.ts';
import { EXAMPLE_CHANGE, eventIdPath, ifMatch } from '../http/fields.ts';
import {
  BOOKMARK_HEADER,
  BOOKMARK_INPUT,
  COMMAND_HEADERS,
  ETAG_HEADER,
  ifNoneMatch,
  LOCATION_HEADER,
  NOT_MODIFIED,
  noStore,
} from '../http/headers.ts';
import { IDEMPOTENCY_INPUT, REPLAYED_HEADER } from '../http/idempotency.ts';
import { BODY_PROBLEMS, problems } from '../http/problem.ts';
import { eventInput, eventJson, eventList, eventPatch, eventQuery, newEvent, rebuiltJson } from './schema.ts';

const tags = ['Events'];
const signedIn = [{ bearerAuth: [] }];
const anybody = [{ bearerAuth: [] }, {}];
const params = z.object({ id: eventIdPath });
/** An ETag of a single event. */
const EXAMPLE_TAG = '"1-17-upcoming-1"';
const ifMatchEvent = ifMatch(
  'Only if the event still has the version of this ETag; reservations made meanwhile do not matter.',
  EXAMPLE_TAG,
);
/** What of the example is otherwise while nobody has a seat. */
const EMPTY = { reserved_slots: 0, available_slots: 120 };
const headers = { ...ETAG_HEADER, ...COMMAND_HEADERS };
/** An event, with what of the example is otherwise. */
const shown = (example?: PartOf<z.output<typeof eventJson>>) => ({
  description: 'The event.',
  headers,
  content: json(eventJson, example),
});

export const createEvent = createRoute({
  method: 'post',
  path: '/events',
  operationId: 'createEvent',
  summary: 'Create an event',
  description:
    'For organizers and admins. It starts as a draft that only its organizer and admins see, unless `status` says so.',
  tags,
  security: signedIn,
  middleware: authRequired,
  request: { headers: IDEMPOTENCY_INPUT, body: requiredBody(newEvent) },
  responses: {
    201: {
      ...shown({ ...EMPTY, venue: null }),
      headers: { ...headers, ...LOCATION_HEADER, ...REPLAYED_HEADER },
    },
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'organizer_required',
      'idempotency_key_reused',
      'overloaded',
      'database_unavailable',
    ),
  },
});

/** What readers are told of the cache. */
const MAY_BE_CACHED = 'Without a token and a bookmark the answer may be up to two seconds old.';
/** Of answers that may be cached. */
const PUBLIC_HEADERS = {
  ...ETAG_HEADER,
  ...BOOKMARK_HEADER,
  'Cache-Control': {
    description: 'Keep it, and ask each time whether it still holds. Only answers to the anonymous are `public`.',
    schema: { type: 'string' as const, enum: ['public, no-cache', 'private, no-cache'] },
  },
  Vary: { description: 'What the answer depends on besides its address.', schema: { type: 'string' as const } },
};
const UNCHANGED = { ...NOT_MODIFIED, headers: PUBLIC_HEADERS };

export const listEvents = createRoute({
  method: 'get',
  path: '/events',
  operationId: 'listEvents',
  summary: 'List and search events',
  description:
    'Published events, soonest first, unless filters say otherwise. Drafts are listed to their organizer and admins. ' +
    MAY_BE_CACHED,
  tags,
  security: anybody,
  middleware: authOptional,
  request: { query: eventQuery, headers: BOOKMARK_INPUT.extend(ifNoneMatch('"q2T8mXc5vLr0JwYbN4sKdA"')) },
  responses: {
    200: {
      description: 'A page of events.',
      headers: PUBLIC_HEADERS,
      content: json(eventList),
    },
    304: UNCHANGED,
    ...problems('unauthorized', 'validation_failed', 'database_unavailable'),
  },
});

export const getEvent = createRoute({
  method: 'get',
  path: '/events/{id}',
  operationId: 'getEvent',
  summary: 'Read an event',
  description: `Seat counts may be a moment old; \`/availability\` tells them as they are. ${MAY_BE_CACHED}`,
  tags,
  security: anybody,
  middleware: authOptional,
  request: {
    params,
    headers: BOOKMARK_INPUT.extend(ifNoneMatch(EXAMPLE_TAG)),
  },
  responses: {
    200: { ...shown(), headers: PUBLIC_HEADERS },
    304: UNCHANGED,
    ...problems('unauthorized', 'event_not_found', 'validation_failed', 'overloaded', 'database_unavailable'),
  },
});

const EDIT_PROBLEMS = [
  ...BODY_PROBLEMS,
  'unauthorized',
  'event_not_found',
  'not_organizer',
  'event_cancelled',
  'capacity_below_reserved',
  'version_mismatch',
  'busy',
  'overloaded',
  'database_unavailable',
] as const;

export const replaceEvent = createRoute({
  method: 'put',
  path: '/events/{id}',
  operationId: 'replaceEvent',
  summary: 'Replace what an event says',
  description: 'For its organizer and admins. What the body leaves out gets its default.',
  tags,
  security: signedIn,
  middleware: authRequired,
  request: { params, headers: ifMatchEvent, body: requiredBody(eventInput) },
  responses: { 200: shown({ ...EXAMPLE_CHANGE, venue: null }), ...problems(...EDIT_PROBLEMS) },
});

export const editEvent = createRoute({
  method: 'patch',
  path: '/events/{id}',
  operationId: 'editEvent',
  summary: 'Change part of an event',
  description: 'For its organizer and admins. What the body leaves out stays as it is.',
  tags,
  security: signedIn,
  middleware: authRequired,
  request: { params, headers: ifMatchEvent, body: optionalBody(eventPatch) },
  responses: { 200: shown({ ...EXAMPLE_CHANGE, capacity: 150, available_slots: 130 }), ...problems(...EDIT_PROBLEMS) },
});

export const deleteEvent = createRoute({
  method: 'delete',
  path: '/events/{id}',
  operationId: 'deleteEvent',
  summary: 'Delete an event',
  description: 'For its organizer and admins, while nobody has a seat. To end one with reservations, cancel it first.',
  tags,
  security: signedIn,
  middleware: authRequired,
  request: { params, headers: ifMatchEvent, body: noBody },
  responses: {
    204: { description: 'It is gone.', headers: COMMAND_HEADERS },
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'event_not_found',
      'not_organizer',
      'event_has_reservations',
      'version_mismatch',
      'busy',
      'overloaded',
    ),
  },
});

export const publishEvent = createRoute({
  method: 'post',
  path: '/events/{id}/publish',
  operationId: 'publishEvent',
  summary: 'Publish a draft',
  description:
    'For its organizer and admins. The venue that it names must still be there and have room for it. Publishing a ' +
    'published event changes nothing.',
  tags,
  security: signedIn,
  middleware: authRequired,
  request: { params, body: noBody },
  responses: {
    200: shown({ ...EXAMPLE_CHANGE, ...EMPTY }),
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'event_not_found',
      'not_organizer',
      'event_cancelled',
      'event_started',
      'overloaded',
      'database_unavailable',
    ),
  },
});

export const cancelEvent = createRoute({
  method: 'post',
  path: '/events/{id}/cancel',
  operationId: 'cancelEvent',
  summary: 'Cancel an event with all its reservations',
  description: 'For its organizer and admins; it cannot be undone. Cancelling a cancelled event changes nothing.',
  tags,
  security: signedIn,
  middleware: authRequired,
  request: { params, body: noBody },
  responses: {
    200: shown({ ...EXAMPLE_CHANGE, ...EMPTY, status: 'cancelled' }),
    ...problems(...BODY_PROBLEMS, 'unauthorized', 'event_not_found', 'not_organizer', 'overloaded'),
  },
});

export const getAvailability = createRoute({
  method: 'get',
  path: '/events/{id}/availability',
  operationId: 'getAvailability',
  summary: 'Read how many seats are free right now',
  description: 'Asked from the one place that decides about the seats: never older than the request.',
  tags,
  security: anybody,
  middleware: [authOptional, noStore] as const,
  request: { params },
  responses: {
    200: { description: 'The occupancy.', content: json(availabilityJson) },
    ...problems('unauthorized', 'event_not_found', 'overloaded'),
  },
});

export const rebuildEvent = createRoute({
  method: 'post',
  path: '/events/{id}/rebuild',
  operationId: 'rebuildEvent',
  summary: 'Write what lists show of an event anew',
  description: 'For admins. Lists come from a copy of what the event itself knows; this makes the copy true again.',
  tags,
  security: signedIn,
  middleware: authRequired,
  request: { params, body: noBody },
  responses: {
    200: { description: 'It is true again.', headers: COMMAND_HEADERS, content: json(rebuiltJson) },
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'admin_required',
      'event_not_found',
      'overloaded',
      'database_unavailable',
    ),
  },
});
