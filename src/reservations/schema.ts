import { z } from '@hono/zod-openapi';
import { ID_PATTERNS, parseUserId } from '../domain/ids.ts';
import { CANCELLED_BY, LIMITS, RESERVATION_STATUSES } from '../domain/model.ts';
import { attendeeId, EXAMPLE_IDS, EXAMPLE_TIMES, eventId, flag, listOf, pageQuery, time } from '../http/fields.ts';
import { line, USERNAME_LENGTH_MAX } from '../http/text.ts';

/** Longer ones are no tickets; what is shorter is looked up, not judged. */
const TICKET_LENGTH_MAX = 200;

/** What every code of the ticket begins with that the examples of the OpenAPI document show. */
const TICKET = `tkt_${EXAMPLE_IDS.reservation.slice(4)}`;
const EXAMPLE_TICKET = `${TICKET}8f14e45fceea467fa8d0f3b6c1d2e3f4`;
/** The code that takes its place once the reservation is transferred. */
export const NEXT_TICKET = `${TICKET}c9f0f895fb98ab9159f51fd0297e236d`;

const seats = z.int().min(1).max(LIMITS.quantityMax);

/** What one asks for when reserving. */
export const newReservation = z
  .strictObject({
    quantity: seats.optional().openapi({
      default: 1,
      description: 'Seats, all or none; at most `max_quantity` of the event.',
    }),
    attendee_id: attendeeId
      .nullable()
      .optional()
      .openapi({ type: ['string', 'null'], default: null, description: 'For whom; null: for oneself.' }),
    status: z.enum(['pending', 'confirmed']).optional().openapi({
      description: 'Pending holds the seats for `hold_minutes`. Left out: as the event wants it.',
    }),
    on_full: z
      .enum(['refuse', 'waitlist'])
      .optional()
      .openapi({
        default: 'refuse',
        description:
          'What to do when the seats do not suffice: answer `sold_out`, or join the waitlist. Those who wait get seats ' +
          'as they become free, the first to come first, as the event wants it: pending with a fresh hold, or confirmed. ' +
          'A party larger than the capacity of the event would wait in vain, and gets `sold_out` all the same.',
      }),
  })
  .openapi('NewReservation', { example: { quantity: 2 } });

/** A reservation as answers show it. */
export const reservationJson = z
  .object({
    id: z.string().openapi({ example: EXAMPLE_IDS.reservation }),
    event_id: z.string().openapi({ example: EXAMPLE_IDS.event }),
    user_id: z.string().openapi({ example: EXAMPLE_IDS.user }),
    attendee_id: z.string().nullable().openapi({ description: 'Null: for the user.', example: null }),
    quantity: z.int().openapi({ description: 'Seats.', example: 2 }),
    status: z.enum(RESERVATION_STATUSES).openapi({ example: 'confirmed' }),
    waitlist_position: z.int().nullable().openapi({
      description: 'Place in the line, 1 for its head; null unless waitlisted.',
      example: null,
    }),
    expires_at: time
      .nullable()
      .openapi({ description: 'When a pending one lapses, or an expired one did.', example: null }),
    confirmed_at: time.nullable().openapi({ example: EXAMPLE_TIMES.reservation }),
    cancelled_at: time.nullable().openapi({ example: null }),
    cancelled_by: z.enum(CANCELLED_BY).nullable().openapi({ example: null }),
    checked_in_at: time.nullable().openapi({ description: 'When the first of the party arrived.', example: null }),
    checked_in_quantity: z.int().openapi({ description: 'How many of the party have arrived.', example: 0 }),
    transfer_to: z.string().nullable().openapi({
      description: 'The user to whom it is offered; null: to nobody.',
      example: null,
    }),
    ticket_code: z.string().nullable().openapi({
      description:
        'Shown at the door; its user and the organizer get it, once confirmed. Null for admins and for whom it is offered to.',
      example: EXAMPLE_TICKET,
    }),
    created_at: time.openapi({ example: EXAMPLE_TIMES.reservation }),
    updated_at: time.openapi({ example: EXAMPLE_TIMES.reservation }),
    version: z.int().openapi({ example: 1 }),
  })
  .openapi('Reservation');

/** How to confirm. */
export const confirmation = z
  .strictObject({
    reacquire: z.boolean().optional().openapi({
      default: false,
      description: 'Whether to take the seats again if the hold has expired and they are still free.',
    }),
  })
  .openapi('Confirmation', { example: { reacquire: true } });

/** What of a reservation can be edited. */
export const reservationPatch = z
  .strictObject({ quantity: seats.openapi({ description: 'Seats; at most `max_quantity` of the event.' }) })
  .openapi('ReservationPatch', { example: { quantity: 3 } });

/** To whom to offer a reservation. */
export const transferOffer = z
  .strictObject({
    username: line(USERNAME_LENGTH_MAX).optional().openapi({ description: 'Whatever its case.', example: 'charles' }),
    user_id: z
      .string()
      .optional()
      .openapi({ pattern: ID_PATTERNS.usr.source, description: 'Instead of the username.' }),
  })
  .superRefine((body, context) => {
    const refuse = (path: string[], code: string, message: string) =>
      context.addIssue({ code: 'custom', path, params: { code }, message });
    const { username, user_id } = body;
    if (username === undefined && user_id === undefined) refuse(['username'], 'required', 'Name the user');
    if (username !== undefined && user_id !== undefined) refuse(['user_id'], 'ambiguous', 'Name the user in one way');
    if (user_id !== undefined && parseUserId(user_id) === null) refuse(['user_id'], 'invalid_format', 'Not a user id');
  })
  .openapi('TransferOffer', { minProperties: 1, maxProperties: 1, example: { username: 'charles' } });

const arriving = seats.optional().openapi({
  description: 'How many of the party arrive now. Left out: all who have not yet.',
});
const nonce = line(LIMITS.nonceLengthMax).openapi({
  description: 'A name for this scan, unique for the reservation, such as a UUID: its repeat changes nothing.',
  example: '5b1f0e0c-7f5c-4b52-9a53-2f0f3c1f6a0e',
});

const ticketCode = z.string().min(1).max(TICKET_LENGTH_MAX).openapi({ description: 'What the ticket says.' });

/** A ticket as the door scans it. */
export const ticketScan = z
  .strictObject({
    code: ticketCode,
    quantity: arriving,
    nonce,
  })
  .openapi('TicketScan', {
    example: { code: EXAMPLE_TICKET, quantity: 1, nonce: '5b1f0e0c-7f5c-4b52-9a53-2f0f3c1f6a0e' },
  });

/** A party that arrives, with its ticket or without. */
export const arrival = z
  .strictObject({ code: ticketCode.optional(), quantity: arriving, nonce: nonce.optional() })
  .openapi('Arrival', { example: { quantity: 1 } });

/** A page of reservations. */
export const reservationList = listOf(reservationJson).openapi('ReservationList');

/** Filters and page of an event's reservations. */
export const eventReservationsQuery = z.strictObject({
  status: z.enum(RESERVATION_STATUSES).optional().openapi({ description: 'Only reservations in this status.' }),
  ...pageQuery,
});

/** Filters and page of the caller's reservations. */
export const myReservationsQuery = eventReservationsQuery.extend({
  event_id: eventId.optional().openapi({ description: 'Only reservations for this event.' }),
  offered: flag
    .optional()
    .openapi({ description: 'True: those that others offer to the caller, instead of their own.' }),
});

/** Page of an event's waitlist. */
export const waitlistQuery = z.strictObject(pageQuery);

export type ReservationsQuery = z.output<typeof myReservationsQuery>;
export type ReservationJson = z.output<typeof reservationJson>;
