import { createRoute, z } from '@hono/zod-openapi';
import { authOptional } from '../http/auth.ts';
import { json, optionalBody } from '../http/bodies.ts';
import { attendeeIdPath, EXAMPLE_IDS, editTokenHeader } from '../http/fields.ts';
import { BOOKMARK_INPUT, ETAG_HEADER, ifNoneMatch, LOCATION_HEADER, NOT_MODIFIED, noStore } from '../http/headers.ts';
import { IDEMPOTENCY_INPUT, REPLAYED_HEADER } from '../http/idempotency.ts';
import { BODY_PROBLEMS, problems } from '../http/problem.ts';
import { common, headers, listed, ofEvent, ofReservation, reading, shown } from './contract-parts.ts';
import {
  eventReservationsQuery,
  myReservationsQuery,
  newReservation,
  reservationList,
  waitlistQuery,
} from './schema.ts';

export const createReservation = createRoute({
  ...common,
  method: 'post',
  path: '/events/{id}/reservations',
  operationId: 'createReservation',
  summary: 'Reserve seats',
  description:
    'All the seats asked for or none, decided at once. One holder has at most one active reservation for an event. ' +
    'Who waits for seats comes before who asks later. Without a body: one seat. For an attendee reserves whoever ' +
    'registered them, by edit token or signed in, or an admin.',
  request: {
    params: ofEvent,
    headers: IDEMPOTENCY_INPUT.extend(editTokenHeader.shape),
    body: optionalBody(newReservation),
  },
  responses: {
    201: { ...shown(), headers: { ...headers, ...LOCATION_HEADER, ...REPLAYED_HEADER } },
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
      'idempotency_key_reused',
      'busy',
      'overloaded',
      'database_unavailable',
    ),
  },
});

export const listEventReservations = createRoute({
  ...reading,
  method: 'get',
  path: '/events/{id}/reservations',
  operationId: 'listEventReservations',
  summary: "List an event's reservations",
  description: 'For its organizer and admins.',
  request: { params: ofEvent, query: eventReservationsQuery, headers: BOOKMARK_INPUT },
  responses: {
    200: listed(),
    ...problems(
      'unauthorized',
      'event_not_found',
      'not_organizer',
      'validation_failed',
      'overloaded',
      'database_unavailable',
    ),
  },
});

export const listMyReservations = createRoute({
  ...reading,
  method: 'get',
  path: '/reservations',
  operationId: 'listMyReservations',
  summary: 'List my reservations',
  description:
    'Those of the caller, of all events, or those offered to the caller; one that was removed is not listed.',
  request: { query: myReservationsQuery, headers: BOOKMARK_INPUT },
  responses: { 200: listed(), ...problems('unauthorized', 'validation_failed', 'database_unavailable') },
});

export const getWaitlist = createRoute({
  ...reading,
  method: 'get',
  path: '/events/{id}/waitlist',
  operationId: 'getWaitlist',
  summary: 'List who waits for seats, in order',
  description: 'For the organizer of the event and admins: the line as it is right now, its head first.',
  request: { params: ofEvent, query: waitlistQuery },
  responses: {
    200: {
      description: 'A page of the line.',
      content: json(reservationList, {
        items: [{ status: 'waitlisted', waitlist_position: 1, confirmed_at: null, ticket_code: null }],
      }),
    },
    ...problems('unauthorized', 'event_not_found', 'not_organizer', 'validation_failed', 'overloaded'),
  },
});

export const listAttendeeReservations = createRoute({
  method: 'get',
  path: '/attendees/{id}/reservations',
  operationId: 'listAttendeeReservations',
  summary: "List an attendee's reservations",
  description:
    'For whoever registered the attendee, by edit token or signed in, and for admins; organizers see those for their ' +
    'own events. Ticket codes are shown to the user of a reservation and the organizer only.',
  tags: ['Attendees'],
  security: [{ bearerAuth: [] }, {}],
  middleware: [authOptional, noStore] as const,
  request: {
    params: z.object({ id: attendeeIdPath }),
    query: eventReservationsQuery,
    headers: editTokenHeader.extend(BOOKMARK_INPUT.shape),
  },
  responses: {
    200: listed({ attendee_id: EXAMPLE_IDS.attendee }),
    ...problems('unauthorized', 'attendee_not_found', 'validation_failed', 'database_unavailable'),
  },
});

export const getReservation = createRoute({
  ...reading,
  method: 'get',
  path: '/reservations/{id}',
  operationId: 'getReservation',
  summary: 'Read a reservation as it is right now',
  description:
    'For its user, the organizer of the event, admins, and whom it is offered to, who sees no ticket code yet; to ' +
    'others it does not exist.',
  request: {
    params: ofReservation,
    headers: z.object(ifNoneMatch()),
  },
  responses: {
    200: { ...shown(), headers: ETAG_HEADER },
    304: NOT_MODIFIED,
    ...problems('unauthorized', 'reservation_not_found', 'overloaded'),
  },
});
