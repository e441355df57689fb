import { createRoute, z } from '@hono/zod-openapi';
import { authOptional, authRequired } from '../http/auth.ts';
import { json, noBody, optionalBody, type PartOf, requiredBody } from '../http/bodies.ts';
import { attendeeIdPath, EXAMPLE_CHANGE, editTokenHeader, ifMatchHeader } from '../http/fields.ts';
import {
  BOOKMARK_HEADER,
  BOOKMARK_INPUT,
  ETAG_HEADER,
  ifNoneMatch,
  LOCATION_HEADER,
  NOT_MODIFIED,
} from '../http/headers.ts';
import { IDEMPOTENCY_INPUT, REPLAYED_HEADER } from '../http/idempotency.ts';
import { BODY_PROBLEMS, problems } from '../http/problem.ts';
import { attendeeInput, attendeeJson, attendeeList, attendeePatch, attendeeQuery, registeredJson } from './schema.ts';

const tags = ['Attendees'];
const open = { tags, security: [{ bearerAuth: [] }, {}], middleware: authOptional };
const params = z.object({ id: attendeeIdPath });
const headers = { ...ETAG_HEADER, ...BOOKMARK_HEADER };
/** An attendee, with what of the example is otherwise. */
const shown = (example?: PartOf<z.output<typeof attendeeJson>>) => ({
  description: 'The attendee.',
  headers,
  content: json(attendeeJson, example),
});
const editHeaders = editTokenHeader.extend(ifMatchHeader.shape);

export const createAttendee = createRoute({
  ...open,
  method: 'post',
  path: '/attendees',
  operationId: 'registerAttendee',
  summary: 'Register an attendee',
  description:
    'For everybody, signed in or not; 60 a minute from one address or account. The answer holds, this once, a token ' +
    'that allows changes without a login. The e-mail address is unique.',
  request: { headers: IDEMPOTENCY_INPUT, body: requiredBody(attendeeInput) },
  responses: {
    201: {
      description: 'The attendee, and the token.',
      headers: { ...headers, ...LOCATION_HEADER, ...REPLAYED_HEADER },
      content: json(registeredJson),
    },
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'email_taken',
      'rate_limited',
      'idempotency_key_reused',
      'database_unavailable',
    ),
  },
});

export const listAttendees = createRoute({
  method: 'get',
  path: '/attendees',
  operationId: 'listAttendees',
  summary: 'List and search attendees',
  description:
    'For organizers: those who have a reservation for an event of theirs, and those they registered. For admins: all.',
  tags,
  security: [{ bearerAuth: [] }],
  middleware: authRequired,
  request: { query: attendeeQuery, headers: BOOKMARK_INPUT },
  responses: {
    200: {
      description: 'A page of attendees.',
      headers: BOOKMARK_HEADER,
      content: json(attendeeList),
    },
    ...problems('unauthorized', 'organizer_required', 'validation_failed', 'database_unavailable'),
  },
});

export const getAttendee = createRoute({
  ...open,
  method: 'get',
  path: '/attendees/{id}',
  operationId: 'getAttendee',
  summary: 'Read an attendee',
  description:
    'For whoever registered them, by edit token or signed in, for organizers of events that they have a reservation ' +
    'for, and for admins. To others they do not exist.',
  request: {
    params,
    headers: editTokenHeader.extend({
      ...BOOKMARK_INPUT.shape,
      ...ifNoneMatch(),
    }),
  },
  responses: {
    200: shown(),
    304: NOT_MODIFIED,
    ...problems('unauthorized', 'attendee_not_found', 'validation_failed', 'database_unavailable'),
  },
});

const EDIT_PROBLEMS = [
  ...BODY_PROBLEMS,
  'unauthorized',
  'attendee_not_found',
  'not_registrant',
  'email_taken',
  'rate_limited',
  'version_mismatch',
  'database_unavailable',
] as const;

export const replaceAttendee = createRoute({
  ...open,
  method: 'put',
  path: '/attendees/{id}',
  operationId: 'replaceAttendee',
  summary: 'Replace what is known of an attendee',
  description:
    'For whoever registered them, by edit token or signed in, and for admins. Counts against the limit of registrations.',
  request: { params, headers: editHeaders, body: requiredBody(attendeeInput) },
  responses: { 200: shown(EXAMPLE_CHANGE), ...problems(...EDIT_PROBLEMS) },
});

export const editAttendee = createRoute({
  ...open,
  method: 'patch',
  path: '/attendees/{id}',
  operationId: 'editAttendee',
  summary: 'Change part of what is known of an attendee',
  description:
    'For whoever registered them, by edit token or signed in, and for admins. With an e-mail address it counts against ' +
    'the limit of registrations.',
  request: { params, headers: editHeaders, body: optionalBody(attendeePatch) },
  responses: { 200: shown({ ...EXAMPLE_CHANGE, phone: '+49307654321' }), ...problems(...EDIT_PROBLEMS) },
});

export const deleteAttendee = createRoute({
  ...open,
  method: 'delete',
  path: '/attendees/{id}',
  operationId: 'deleteAttendee',
  summary: 'Forget an attendee',
  description:
    'For whoever registered them, by edit token or signed in, and for admins, unless an upcoming event expects them. ' +
    'What reservations keep is an id that says nothing.',
  request: { params, headers: editHeaders, body: noBody },
  responses: {
    204: { description: 'They are forgotten.', headers: BOOKMARK_HEADER },
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'attendee_not_found',
      'not_registrant',
      'attendee_has_reservations',
      'version_mismatch',
      'database_unavailable',
    ),
  },
});
