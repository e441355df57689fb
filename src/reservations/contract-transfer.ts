import { createRoute } from '@hono/zod-openapi';
import { noBody, requiredBody } from '../http/bodies.ts';
import { EXAMPLE_CHANGE, EXAMPLE_IDS } from '../http/fields.ts';
import { COMMAND_HEADERS } from '../http/headers.ts';
import { BODY_PROBLEMS, problems } from '../http/problem.ts';
import { common, ofReservation, shown } from './contract-parts.ts';
import { NEXT_TICKET, transferOffer } from './schema.ts';

const STATE_PROBLEMS = [
  'event_cancelled',
  'reservations_closed',
  'hold_expired',
  'reservation_cancelled',
  'already_checked_in',
] as const;

export const offerTransfer = createRoute({
  ...common,
  method: 'post',
  path: '/reservations/{id}/transfer',
  operationId: 'offerTransfer',
  summary: 'Offer a reservation to another user',
  description:
    'It stays where it is, with its seats, until the other accepts; then it is for the other, whatever attendee it ' +
    'names. A later offer replaces an earlier one. It can be offered until reservations close; who runs the event ' +
    'cannot offer it to themselves. The other finds it with `GET /reservations?offered=true`. Usernames are public ' +
    '(sign-up tells whether one is taken too); e-mail addresses are neither accepted here nor shown to anybody.',
  request: { params: ofReservation, body: requiredBody(transferOffer) },
  responses: {
    200: shown({ ...EXAMPLE_CHANGE, transfer_to: EXAMPLE_IDS.friend }),
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'reservation_not_found',
      'not_holder',
      'user_not_found',
      'transfer_to_self',
      ...STATE_PROBLEMS,
      'overloaded',
      'database_unavailable',
    ),
  },
});

export const withdrawTransfer = createRoute({
  ...common,
  method: 'delete',
  path: '/reservations/{id}/transfer',
  operationId: 'withdrawTransfer',
  summary: 'Take an offer back, or decline it',
  description: 'For whoever may offer it, and whom it is offered to. Where there is no offer, nothing changes.',
  request: { params: ofReservation, body: noBody },
  responses: {
    204: { description: 'There is no offer any more.', headers: COMMAND_HEADERS },
    ...problems(...BODY_PROBLEMS, 'unauthorized', 'reservation_not_found', 'overloaded'),
  },
});

export const acceptTransfer = createRoute({
  ...common,
  method: 'post',
  path: '/reservations/{id}/transfer/accept',
  operationId: 'acceptTransfer',
  summary: 'Accept a reservation that is offered to me',
  description:
    'With the checks of a new one, but for seats, which it has. It is for its new user from then on: an attendee that ' +
    'it named is dropped (`attendee_id: null`). The ticket code changes, and the former one stops being valid. ' +
    'Accepting what is yours by now changes nothing.',
  request: { params: ofReservation, body: noBody },
  responses: {
    200: shown({ ...EXAMPLE_CHANGE, user_id: EXAMPLE_IDS.friend, ticket_code: NEXT_TICKET, version: 3 }),
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'reservation_not_found',
      'transfer_not_offered',
      'reservations_not_open',
      'already_reserved',
      ...STATE_PROBLEMS,
      'overloaded',
      'database_unavailable',
    ),
  },
});
