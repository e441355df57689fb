import { z } from '@hono/zod-openapi';
import { ID_PATTERNS, parseEventId } from '../domain/ids.ts';
import { LIMITS } from '../domain/model.ts';
import { attendeeId, EXAMPLE_IDS, pageQuery, time } from '../http/fields.ts';

const STATUSES = ['pending', 'confirmed', 'waitlisted', 'cancelled', 'expired'] as const;

/** What one asks for when reserving; what to do when all is taken joins here. */
export const newReservation = z
  .strictObject({
    quantity: z.int().min(1).max(LIMITS.quantityMax).optional().openapi({
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
    status: z.enum(STATUSES).openapi({ example: 'confirmed' }),
    waitlist_position: z.null().openapi({ description: 'Null: it does not wait.' }),
    expires_at: time.nullable().openapi({ description: 'When a pending one lapses, or did.', example: null }),
    confirmed_at: time.nullable(),
    cancelled_at: time.nullable().openapi({ example: null }),
    cancelled_by: z.enum(['holder', 'organizer', 'admin']).nullable().openapi({ example: null }),
    checked_in_at: time.nullable().openapi({ example: null }),
    ticket_code: z.string().nullable().openapi({
      description: 'Shown at the door; null unless confirmed.',
      example: '8f14e45fceea467fa8d0f3b6c1d2e3f4',
    }),
    created_at: time,
    updated_at: time,
    version: z.int().openapi({ example: 1 }),
  })
  .openapi('Reservation');

/** A page of reservations. */
export const reservationList = z
  .object({
    items: z.array(reservationJson),
    next_cursor: z.string().nullable().openapi({ description: 'Null: the end.' }),
  })
  .openapi('ReservationList');

/** Filters and page of an event's reservations. */
export const eventReservationsQuery = z.strictObject({ status: z.enum(STATUSES).optional(), ...pageQuery });

/** Filters and page of the caller's reservations. */
export const myReservationsQuery = eventReservationsQuery.extend({
  event_id: z
    .string()
    .refine((text) => parseEventId(text) !== null, { params: { code: 'invalid_format' }, error: 'Not an event id.' })
    .optional()
    .openapi({ pattern: ID_PATTERNS.evt.source }),
});

export type ReservationsQuery = z.output<typeof myReservationsQuery>;
export type ReservationJson = z.output<typeof reservationJson>;
