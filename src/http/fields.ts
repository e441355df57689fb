import { z } from '@hono/zod-openapi';
import { ID_PATTERNS, parseEventId, parseReservationId } from '../domain/ids.ts';
import { type EventId, LIMITS, type ReservationId } from '../domain/model.ts';
import { Problem } from './problem.ts';
import { line } from './text.ts';

/** Ids for the examples of the OpenAPI document. */
export const EXAMPLE_IDS = {
  event: 'evt_01k8v1m2z9f3bt4c6x0q7r5s8w',
  reservation: 'rsv_01k8v1m2z9f3bt4c6x0q7r5s8w01k8v2a4c6e8g0j2k4m6p8r0t2',
  user: 'usr_01k8v0h1j2k3m4n5p6q7r8s9t0',
} as const;

/** The last millisecond of the year 9999, beyond which RFC 3339 cannot write an instant. */
const INSTANT_MAX = 253_402_300_799_999;

/** RFC 3339 text with an offset or Z as epoch milliseconds. */
export const instant = z.iso
  .datetime({
    offset: true,
    error: ({ code }) => (code === 'invalid_format' ? 'Expected an RFC 3339 time with an offset or Z.' : undefined),
  })
  .transform((text) => Date.parse(text))
  .refine((at) => at >= 0 && at <= INSTANT_MAX, { params: { code: 'out_of_range' }, error: 'Beyond 1970 to 9999.' })
  .openapi({ type: 'string', format: 'date-time', example: '2027-06-01T18:00:00+02:00' });

/** An instant that may be unset. */
export const nullableInstant = instant.nullable().openapi({ type: ['string', 'null'], format: 'date-time' });

/** An instant in a query string, where a client's unencoded `+` arrives as a space. */
export const instantQuery = z
  .preprocess((value) => (typeof value === 'string' ? value.replace(' ', '+') : value), instant)
  .openapi({ type: 'string', format: 'date-time', example: '2027-06-01T00:00:00Z' });

/** Epoch milliseconds as RFC 3339 text in UTC. */
export function toTime(at: number): string;
export function toTime(at: number | null): string | null;
export function toTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** An instant in an answer. */
export const time = z.string().openapi({ format: 'date-time', example: '2027-06-01T16:00:00.000Z' });

/** A tag as events store and filters compare it. */
export const tag = line(LIMITS.tagLengthMax, z.string().normalize('NFC').toLowerCase());

/** An event's id in a path. One that isn't formed like an id names nothing: 404 rather than 422. */
export const eventIdPath = z
  .string()
  .transform((text): EventId => {
    const id = parseEventId(text);
    if (id === null) throw new Problem('event_not_found');
    return id;
  })
  .openapi({ type: 'string', pattern: ID_PATTERNS.evt.source, example: EXAMPLE_IDS.event });

/** A reservation's id in a path, likewise. */
export const reservationIdPath = z
  .string()
  .transform((text): ReservationId => {
    const id = parseReservationId(text);
    if (id === null) throw new Problem('reservation_not_found');
    return id;
  })
  .openapi({ type: 'string', pattern: ID_PATTERNS.rsv.source, example: EXAMPLE_IDS.reservation });

/** The parameters of every list. */
export const pageQuery = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .optional()
    .openapi({ type: 'integer', minimum: 1, maximum: 100, default: 25, description: 'Most items to answer.' }),
  cursor: z
    .string()
    .max(500)
    .optional()
    .openapi({ description: '`next_cursor` of the page before, of the same list with the same filters.' }),
};
