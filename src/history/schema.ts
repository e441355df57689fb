import { z } from '@hono/zod-openapi';
import type { SubjectType } from '../db/tables.ts';
import { EXAMPLE_IDS, EXAMPLE_TIMES, eventId, instantQuery, listOf, pageQuery, time, userId } from '../http/fields.ts';

const SUBJECT_TYPES = ['event', 'reservation', 'user', 'venue', 'attendee'] as const satisfies SubjectType[];

const action = z
  .string()
  .regex(/^[a-z][a-z_]{0,63}$/)
  .openapi({ description: 'What was done, in the past tense.', example: 'reservation_resized' });

/** A line of history as answers show it. */
const historyJson = z
  .object({
    id: z.string().openapi({ example: `hst_01k8v2s6z6${EXAMPLE_IDS.event.slice(-10)}000007` }),
    at: time.openapi({ example: EXAMPLE_TIMES.changed }),
    user_id: z.string().nullable().openapi({
      description: 'Who acted; null: time, somebody without a login, or another than the reader.',
      example: EXAMPLE_IDS.user,
    }),
    action,
    subject: z
      .object({
        type: z.enum(SUBJECT_TYPES).openapi({ example: 'reservation' }),
        id: z.string().openapi({ example: EXAMPLE_IDS.reservation }),
      })
      .openapi({ description: 'What it was done to.' }),
    event_id: z.string().nullable().openapi({ description: 'Null: no event.', example: EXAMPLE_IDS.event }),
    details: z.record(z.string(), z.unknown()).openapi({
      description: 'What was said or changed; its members depend on the action.',
      example: { quantity: 3, requeued: false },
    }),
  })
  .openapi('HistoryLine');

/** A page of history. */
export const historyList = listOf(historyJson).openapi('HistoryList');

const window = {
  action: action.optional(),
  from: instantQuery.optional().openapi({ description: 'From this instant on.', example: '2025-10-01T00:00:00Z' }),
  to: instantQuery.optional().openapi({ description: 'Before this instant.', example: '2025-11-01T00:00:00Z' }),
};

/** Filters and page of one's own history. */
export const myHistoryQuery = z.strictObject({ ...window, ...pageQuery });

/** Filters and page of everybody's history. */
export const historyQuery = z.strictObject({
  user_id: userId.optional().openapi({ description: 'Who acted.', example: EXAMPLE_IDS.user }),
  event_id: eventId.optional().openapi({ description: 'At which event.' }),
  ...window,
  ...pageQuery,
});

export type HistoryJson = z.infer<typeof historyJson>;
export type HistoryQuery = z.output<typeof historyQuery>;
