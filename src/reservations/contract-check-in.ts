import { createRoute, z } from '@hono/zod-openapi';
import { noBody, optionalBody, requiredBody } from '../http/bodies.ts';
import { EXAMPLE_TIMES } from '../http/fields.ts';
import { BODY_PROBLEMS, problems } from '../http/problem.ts';
import { common, ofEvent, ofReservation, shown } from './contract-parts.ts';
import { arrival, ticketScan } from './schema.ts';

const CHECK_IN_PROBLEMS = [
  ...BODY_PROBLEMS,
  'unauthorized',
  'not_organizer',
  'event_cancelled',
  'reservation_cancelled',
  'hold_expired',
  'reservation_not_confirmed',
  'already_checked_in',
  'overloaded',
] as const;

/** What of the example is otherwise once one of the party has arrived. */
const ARRIVED = {
  checked_in_at: EXAMPLE_TIMES.arrived,
  checked_in_quantity: 1,
  updated_at: EXAMPLE_TIMES.arrived,
  version: 2,
};

export const scanTicket = createRoute({
  ...common,
  method: 'post',
  path: '/events/{id}/check-ins',
  operationId: 'scanTicket',
  summary: 'Check a party in by its ticket',
  description:
    'For the organizer of the event and admins; only they learn what is wrong with a ticket. The whole party arrives, ' +
    'or a part of it. A scan with a nonce that was used for this reservation already changes nothing, and answers how ' +
    'it is now, unless the party may not enter any more. A ticket that names another event is not looked at any further.',
  request: { params: ofEvent, body: requiredBody(ticketScan) },
  responses: {
    200: shown(ARRIVED),
    ...problems(...CHECK_IN_PROBLEMS, 'event_not_found', 'ticket_unknown', 'ticket_of_other_event'),
  },
});

export const checkIn = createRoute({
  ...common,
  method: 'post',
  path: '/reservations/{id}/check-in',
  operationId: 'checkIn',
  summary: 'Check a party in by its reservation',
  description:
    'For the organizer of the event and admins; to strangers the reservation does not exist. Without a body: all of ' +
    'the party who have not arrived; where all have, nothing changes. With a `code`, as a scan of that ticket, which ' +
    'has to be of this reservation.',
  request: { params: ofReservation, body: optionalBody(arrival) },
  responses: {
    200: shown(ARRIVED),
    ...problems(
      ...CHECK_IN_PROBLEMS,
      'reservation_not_found',
      'event_not_found',
      'ticket_unknown',
      'ticket_of_other_event',
    ),
  },
});

export const undoCheckIn = createRoute({
  ...common,
  method: 'delete',
  path: '/reservations/{id}/check-in',
  operationId: 'undoCheckIn',
  summary: 'Take back that a party arrived',
  description: 'For the organizer of the event and admins. Where nobody has arrived, nothing changes.',
  request: { params: ofReservation, body: noBody },
  responses: {
    200: shown({ updated_at: EXAMPLE_TIMES.arrived, version: 3 }),
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'reservation_not_found',
      'not_organizer',
      'event_cancelled',
      'reservation_cancelled',
      'overloaded',
    ),
  },
});

export const getTicket = createRoute({
  ...common,
  method: 'get',
  path: '/reservations/{id}/ticket.svg',
  operationId: 'getTicket',
  summary: 'Show the ticket as a QR code',
  description:
    'The `ticket_code` of a confirmed reservation as an SVG image, for its user and the organizer of the event.',
  request: { params: ofReservation },
  responses: {
    200: {
      description: 'The image. It is not to be kept by any cache.',
      headers: { 'Cache-Control': { description: '`private, no-store`', schema: { type: 'string' } } },
      content: { 'image/svg+xml': { schema: z.string() } },
    },
    ...problems('unauthorized', 'reservation_not_found', 'ticket_unknown', 'reservation_not_confirmed', 'overloaded'),
  },
});
