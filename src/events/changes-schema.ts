import { z } from '@hono/zod-openapi';
import type { FactType } from '../domain/facts.ts';
import { CANCELLED_BY } from '../domain/model.ts';
import { decimal, EXAMPLE_IDS, EXAMPLE_TIMES, pageQuery, time } from '../http/fields.ts';

const TYPES = [
  'event_created',
  'event_edited',
  'event_published',
  'event_cancelled',
  'event_deleted',
  'reservation_created',
  'reservation_confirmed',
  'reservation_extended',
  'reservation_promoted',
  'reservation_reactivated',
  'reservation_resized',
  'transfer_offered',
  'transfer_withdrawn',
  'reservation_transferred',
  'reservation_checked_in',
  'check_in_undone',
  'reservation_cancelled',
  'reservation_expired',
  'reservation_deleted',
] as const satisfies readonly FactType[];

/** What an event says about itself, as far as it was set or changed. Null is what was left to the default. */
const changeDetails = z
  .object({
    title: z.string(),
    description: z.string(),
    start_time: time,
    end_time: time,
    time_zone: z.string(),
    capacity: z.int(),
    venue_id: z.string().nullable(),
    country_code: z.string().nullable(),
    price: z.object({ amount: z.int(), currency: z.string() }).nullable(),
    tags: z.array(z.string()),
    max_quantity: z.int(),
    requires_confirmation: z.boolean(),
    hold_minutes: z.int(),
    reservations_open_at: time.nullable(),
    reservations_close_at: time.nullable(),
    cancel_until: time.nullable(),
  })
  .partial()
  .openapi('ChangeDetails');

const data = z
  .object({
    status: z.enum(['draft', 'published', 'pending', 'confirmed', 'waitlisted']).openapi({
      description: 'Of `event_created`, `reservation_created`, `_promoted` and `_reactivated`: how it starts.',
    }),
    details: changeDetails.openapi({ description: 'Of `event_created`: all. Of `event_edited`: what changed.' }),
    user_id: z.string().openapi({ description: 'Of `reservation_created`.' }),
    attendee_id: z.string().nullable().openapi({ description: 'Of `reservation_created`.' }),
    quantity: z.int().openapi({
      description: 'Seats, of `reservation_created` and `_resized`; people, of `reservation_checked_in`.',
    }),
    expires_at: time.nullable().openapi({ description: 'When the hold lapses; null: there is none.' }),
    passed: z.array(z.string()).openapi({ description: 'The larger parties of the waitlist that this one passed.' }),
    requeued: z.boolean().openapi({ description: 'Of `reservation_resized`: whether it went to the end of the line.' }),
    from: z.string().openapi({ description: 'Of `reservation_transferred`: its former user.' }),
    to: z.string().openapi({
      description:
        'Of `transfer_offered` and `reservation_transferred`: its next user. Once transferred, it is for them and no ' +
        'longer for an attendee.',
    }),
    nonce: z.string().nullable().openapi({ description: 'Of `reservation_checked_in`.' }),
    by: z.enum(CANCELLED_BY).openapi({ description: 'Of `reservation_cancelled`.' }),
  })
  .partial();

/** One thing that happened to an event or to one of its reservations. */
const changeJson = z
  .object({
    seq: z.int().openapi({ description: '1, 2, 3 … for each event, without a gap.', example: 7 }),
    at: time.openapi({ example: EXAMPLE_TIMES.changed }),
    type: z.enum(TYPES).openapi({ example: 'reservation_cancelled' }),
    reservation_id: z
      .string()
      .nullable()
      .openapi({ description: 'Null: it happened to the event itself.', example: EXAMPLE_IDS.reservation }),
    actor_id: z
      .string()
      .nullable()
      .openapi({ description: 'The user who caused it; null: time did.', example: EXAMPLE_IDS.user }),
    data: data.openapi({ example: { by: 'holder' } }),
  })
  .openapi('Change');

/** A part of the change feed. */
export const changeList = z
  .object({
    items: z.array(changeJson),
    next_after_seq: z.int().openapi({
      description: 'Send it as `after_seq` for what comes next, now or later; the feed has no end.',
      example: 7,
    }),
  })
  .openapi('ChangeList');

/** Where to go on in the change feed. */
export const changeQuery = z.strictObject({
  after_seq: decimal(z.number().int().min(0))
    .optional()
    .openapi({ type: 'integer', minimum: 0, default: 0, description: 'Only what came after it.', example: 6 }),
  limit: pageQuery.limit,
});

export type ChangeJson = z.output<typeof changeJson>;
export type ChangeDetailsJson = z.output<typeof changeDetails>;
