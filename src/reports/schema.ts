import { z } from '@hono/zod-openapi';
import { EVENT_STATUSES } from '../domain/model.ts';
import { EXAMPLE_IDS } from '../http/fields.ts';

const amount = z.int();

const byStatus = z.object({
  pending: amount,
  confirmed: amount,
  waitlisted: amount,
  cancelled: amount,
  expired: amount,
});

const dayJson = z.object({
  day: z.string().openapi({ format: 'date', example: '2025-10-30' }),
  reservations_created: amount.openapi({ example: 12 }),
  reservations_cancelled: amount.openapi({ example: 2 }),
  reservations_expired: amount.openapi({ example: 1 }),
  seats_taken: amount.openapi({
    description:
      'By reserving, moving up, reactivating or asking for more; all days less all `seats_freed`: those now.',
    example: 25,
  }),
  seats_freed: amount.openapi({ description: 'By cancelling, expiry or asking for fewer.', example: 5 }),
  seats_checked_in: amount.openapi({ description: 'Less those taken back on that day.', example: 0 }),
});

/** An event's figures as answers show them. */
export const statsJson = z
  .object({
    event_id: z.string().openapi({ example: EXAMPLE_IDS.event }),
    seq: z.int().openapi({ description: 'Number of the last fact that they reflect.', example: 17 }),
    status: z.enum(EVENT_STATUSES).openapi({ example: 'published' }),
    capacity: amount.openapi({ example: 120 }),
    available_slots: amount.openapi({ example: 100 }),
    reservations: byStatus.openapi({
      description: 'How many there are.',
      example: { pending: 1, confirmed: 8, waitlisted: 0, cancelled: 2, expired: 1 },
    }),
    seats: byStatus.openapi({
      description: 'How many seats they are for.',
      example: { pending: 2, confirmed: 18, waitlisted: 0, cancelled: 3, expired: 2 },
    }),
    seats_checked_in: amount.openapi({ description: 'Seats of those who have arrived.', example: 0 }),
    closing: z
      .object({ remaining: amount })
      .nullable()
      .openapi({
        description:
          'While a cancelled event ends its reservations step by step: how many are still to be ended, though they ' +
          'count as cancelled already. Null: none.',
        example: null,
      }),
    days: z.array(dayJson).openapi({
      description:
        "What happened on each day on which anything did, in order, at most ten years. The days are those of the event's " +
        '`time_zone` as it was when it happened. What follows by itself (holds that are over, the rest of a cancelled ' +
        'event) is in the figures above at once, and here when it is written down, moments later.',
    }),
  })
  .openapi('EventStats');

export type StatsJson = z.output<typeof statsJson>;
