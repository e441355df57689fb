import { createRoute } from '@hono/zod-openapi';
import { noBody, optionalBody, requiredBody } from '../http/bodies.ts';
import { EXAMPLE_CHANGE, EXAMPLE_TIMES, ifMatch } from '../http/fields.ts';
import { COMMAND_HEADERS } from '../http/headers.ts';
import { BODY_PROBLEMS, problems } from '../http/problem.ts';
import { common, ofReservation, shown } from './contract-parts.ts';
import { confirmation, reservationPatch } from './schema.ts';

const ifMatchReservation = ifMatch('Only if the reservation still has the version of this ETag.');

export const confirmReservation = createRoute({
  ...common,
  method: 'post',
  path: '/reservations/{id}/confirm',
  operationId: 'confirmReservation',
  summary: 'Confirm a pending reservation before its hold expires',
  description:
    'Confirming a confirmed one changes nothing. Once the event is over, the answer is `reservations_closed`. ' +
    'With `reacquire`, one whose hold expired takes its seats again, if anybody could have them now; else it answers ' +
    '`hold_expired` as without.',
  request: { params: ofReservation, body: optionalBody(confirmation) },
  responses: {
    200: shown({ ...EXAMPLE_CHANGE, confirmed_at: EXAMPLE_TIMES.changed }),
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'reservation_not_found',
      'not_holder',
      'attendee_not_found',
      'user_not_found',
      'event_cancelled',
      'hold_expired',
      'reservation_cancelled',
      'reservation_not_pending',
      'reservations_closed',
      'busy',
      'overloaded',
      'database_unavailable',
    ),
  },
});

export const extendReservation = createRoute({
  ...common,
  method: 'post',
  path: '/reservations/{id}/extend',
  operationId: 'extendReservation',
  summary: 'Keep a pending reservation for longer',
  description:
    'Its hold then lasts `hold_minutes` of the event from now, but never beyond three times as long as it was ' +
    'first given; where it reaches that already, the answer is `hold_not_extendable`, and once the event is over, ' +
    '`reservations_closed`.',
  request: { params: ofReservation, body: noBody },
  responses: {
    200: shown({
      ...EXAMPLE_CHANGE,
      status: 'pending',
      expires_at: EXAMPLE_TIMES.held,
      confirmed_at: null,
      ticket_code: null,
    }),
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'reservation_not_found',
      'not_holder',
      'event_cancelled',
      'hold_expired',
      'reservation_cancelled',
      'reservation_not_pending',
      'reservations_closed',
      'hold_not_extendable',
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
    'Its user can until `cancel_until` of the event and until the party arrives, the organizer at any time. Who waits ' +
    'leaves the waitlist this way. Cancelling a cancelled one changes nothing.',
  request: { params: ofReservation, body: noBody },
  responses: {
    200: shown({
      ...EXAMPLE_CHANGE,
      status: 'cancelled',
      cancelled_at: EXAMPLE_TIMES.changed,
      cancelled_by: 'holder',
      ticket_code: null,
    }),
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'reservation_not_found',
      'not_holder',
      'hold_expired',
      'cancellation_closed',
      'already_checked_in',
      'overloaded',
    ),
  },
});

export const reactivateReservation = createRoute({
  ...common,
  method: 'post',
  path: '/reservations/{id}/reactivate',
  operationId: 'reactivateReservation',
  summary: 'Bring a cancelled or expired reservation back',
  description:
    'With the checks of a new one, and with its former quantity: pending with a fresh hold where the event wants ' +
    'confirmation, else confirmed. On an active one it changes nothing.',
  request: { params: ofReservation, body: noBody },
  responses: {
    200: shown({ ...EXAMPLE_CHANGE, confirmed_at: EXAMPLE_TIMES.changed, version: 3 }),
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'reservation_not_found',
      'not_holder',
      'attendee_not_found',
      'user_not_found',
      'event_not_found',
      'event_cancelled',
      'reservations_not_open',
      'reservations_closed',
      'validation_failed',
      'already_reserved',
      'sold_out',
      'busy',
      'overloaded',
      'database_unavailable',
    ),
  },
});

export const editReservation = createRoute({
  ...common,
  method: 'patch',
  path: '/reservations/{id}',
  operationId: 'editReservation',
  summary: 'Change how many seats a reservation has',
  description:
    'More seats are taken with the checks of a new reservation, fewer given back by the rules of cancelling. Who asks ' +
    'for more while waiting goes to the end of the line.',
  request: {
    params: ofReservation,
    headers: ifMatchReservation,
    body: requiredBody(reservationPatch),
  },
  responses: {
    200: shown({ ...EXAMPLE_CHANGE, quantity: 3 }),
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'reservation_not_found',
      'not_holder',
      'event_cancelled',
      'reservations_not_open',
      'reservations_closed',
      'hold_expired',
      'reservation_cancelled',
      'cancellation_closed',
      'already_checked_in',
      'sold_out',
      'version_mismatch',
      'busy',
      'overloaded',
    ),
  },
});

export const deleteReservation = createRoute({
  ...common,
  method: 'delete',
  path: '/reservations/{id}',
  operationId: 'deleteReservation',
  summary: 'Remove a reservation from sight',
  description: 'One that is still active is cancelled first, by the same rules.',
  request: { params: ofReservation, headers: ifMatchReservation, body: noBody },
  responses: {
    204: { description: 'It is gone.', headers: COMMAND_HEADERS },
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'reservation_not_found',
      'not_holder',
      'cancellation_closed',
      'already_checked_in',
      'version_mismatch',
      'overloaded',
    ),
  },
});
