import { createRoute, z } from '@hono/zod-openapi';
import { authOptional, authRequired } from '../http/auth.ts';
import { attendeeIdPath, editTokenHeader, eventIdPath, reservationIdPath } from '../http/fields.ts';
import {
  BOOKMARK_HEADER,
  BOOKMARK_INPUT,
  COMMAND_HEADERS,
  ETAG_HEADER,
  LOCATION_HEADER,
  NOT_MODIFIED,
  noStore,
} from '../http/headers.ts';
import { BODY_PROBLEMS, problems } from '../http/problem.ts';
import {
  eventReservationsQuery,
  myReservationsQuery,
  newReservation,
  reservationJson,
  reservationList,
} from './schema.ts';

const common = {
  tags: ['Reservations'],
  security: [{ bearerAuth: [] }],
  middleware: authRequired,
};
const ofEvent = z.object({ id: eventIdPath });
const params = z.object({ id: reservationIdPath });
const shown = {
  description: 'The reservation.',
  headers: { ...ETAG_HEADER, ...COMMAND_HEADERS },
  content: { 'application/json': { schema: reservationJson } },
};
const listed = {
  description: 'A page of reservations, newest first.',
  headers: BOOKMARK_HEADER,
  content: { 'application/json': { schema: reservationList } },
};

export const createReservation = createRoute({
  ...common,
  method: 'post',
  path: '/events/{id}/reservations',
  operationId: 'createReservation',
  summary: 'Reserve seats',
  description:
    'All the seats asked for or none, decided at once. One holder has at most one active reservation for an event. ' +
    'Without a body: one seat. For an attendee reserves whoever registered them, by edit token or signed in, or an ' +
    'admin.',
  request: {
    params: ofEvent,
    headers: editTokenHeader,
    body: { required: false, content: { 'application/json': { schema: newReservation } } },
  },
  responses: {
    201: { ...shown, headers: { ...shown.headers, ...LOCATION_HEADER } },
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'event_not_found',
      'attendee_not_found',
      'event_not_published',
      'event_cancelled',
      'reservations_not_open',
      'reservations_closed',
      'already_reserved',
      'sold_out',
      'overloaded',
    ),
  },
});

export const listEventReservations = createRoute({
  ...common,
  method: 'get',
  path: '/events/{id}/reservations',
  operationId: 'listEventReservations',
  summary: "List an event's reservations",
  description: 'For its organizer and admins.',
  request: { params: ofEvent, query: eventReservationsQuery, headers: BOOKMARK_INPUT },
  responses: {
    200: listed,
    ...problems('unauthorized', 'event_not_found', 'not_organizer', 'validation_failed', 'overloaded'),
  },
});

export const listMyReservations = createRoute({
  ...common,
  method: 'get',
  path: '/reservations',
  operationId: 'listMyReservations',
  summary: 'List my reservations',
  description: 'Those of the caller, of all events; one that was removed is not listed.',
  request: { query: myReservationsQuery, headers: BOOKMARK_INPUT },
  responses: { 200: listed, ...problems('unauthorized', 'validation_failed') },
});

export const listAttendeeReservations = createRoute({
  method: 'get',
  path: '/attendees/{id}/reservations',
  operationId: 'listAttendeeReservations',
  summary: "List an attendee's reservations",
  description:
    'For whoever registered the attendee, by edit token or signed in, and for admins; organizers see those for their ' +
    'own events. Ticket codes are shown to the user of a reservation, the organizer and admins only.',
  tags: ['Attendees'],
  security: [{ bearerAuth: [] }, {}],
  middleware: [authOptional, noStore] as const,
  request: {
    params: z.object({ id: attendeeIdPath }),
    query: eventReservationsQuery,
    headers: editTokenHeader.extend(BOOKMARK_INPUT.shape),
  },
  responses: { 200: listed, ...problems('unauthorized', 'attendee_not_found', 'validation_failed') },
});

export const getReservation = createRoute({
  ...common,
  method: 'get',
  path: '/reservations/{id}',
  operationId: 'getReservation',
  summary: 'Read a reservation as it is right now',
  description: 'For its user, the organizer of the event, and admins; to others it does not exist.',
  request: {
    params,
    headers: z.object({ 'if-none-match': z.string().optional().openapi({ example: '"1"' }) }),
  },
  responses: {
    200: { ...shown, headers: ETAG_HEADER },
    304: NOT_MODIFIED,
    ...problems('unauthorized', 'reservation_not_found', 'overloaded'),
  },
});

export const confirmReservation = createRoute({
  ...common,
  method: 'post',
  path: '/reservations/{id}/confirm',
  operationId: 'confirmReservation',
  summary: 'Confirm a pending reservation before its hold expires',
  description: 'Confirming a confirmed one changes nothing.',
  request: { params },
  responses: {
    200: shown,
    ...problems(
      'unauthorized',
      'reservation_not_found',
      'event_cancelled',
      'hold_expired',
      'reservation_cancelled',
      'overloaded',
    ),
  },
});

export const cancelReservation = createRoute({
  ...common,
  method: 'post',
  path: '/reservations/{id}/cancel',
  operationId: 'cancelReservation',
  summary: 'Cancel a reservation and free its seats',
  description:
    'Its user can until `cancel_until` of the event, the organizer at any time. Cancelling a cancelled one changes ' +
    'nothing.',
  request: { params },
  responses: {
    200: shown,
    ...problems('unauthorized', 'reservation_not_found', 'hold_expired', 'cancellation_closed', 'overloaded'),
  },
});

export const deleteReservation = createRoute({
  ...common,
  method: 'delete',
  path: '/reservations/{id}',
  operationId: 'deleteReservation',
  summary: 'Remove a reservation from sight',
  description: 'One that is still active is cancelled first, by the same rules.',
  request: { params },
  responses: {
    204: { description: 'It is gone.', headers: COMMAND_HEADERS },
    ...problems('unauthorized', 'reservation_not_found', 'cancellation_closed', 'overloaded'),
  },
});
