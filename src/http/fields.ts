import { z } from '@hono/zod-openapi';
import {
  ID_PATTERNS,
  parseAttendeeId,
  parseEventId,
  parseReservationId,
  parseUserId,
  parseVenueId,
} from '../domain/ids.ts';
import { LIMITS } from '../domain/model.ts';
import { Problem, type ProblemCode } from './problem.ts';
import { line, normalized } from './text.ts';

/** Ids for the examples of the OpenAPI document. */
export const EXAMPLE_IDS = {
  event: 'evt_01k8v1m2z9f3bt4c6x0q7r5s8w',
  reservation: 'rsv_01k8v1m2z9f3bt4c6x0q7r5s8w01k8v2a4c6e8g0j2k4m6p8r0t2',
  user: 'usr_01k8v0h1j2k3m4n5p6q7r8s9t0',
  venue: 'ven_01k8v0q3r5s7t9v1w3x5y7z9a1',
  attendee: 'att_01k8v0t2v4w6x8y0z2a4b6c8d0',
  /** Another user, to whom reservations are offered. */
  friend: 'usr_01k8v0h9b4d6f8h0j2k4m6n8p0',
} as const;

/** Instants for the examples: when what has an example's id was made, as the id says, and what happened later. */
export const EXAMPLE_TIMES = {
  user: '2025-10-30T16:51:59.682Z',
  venue: '2025-10-30T16:55:18.533Z',
  attendee: '2025-10-30T16:56:55.908Z',
  event: '2025-10-30T17:11:08.009Z',
  reservation: '2025-10-30T17:23:10.342Z',
  changed: '2025-10-30T17:31:24.518Z',
  /** When a hold ends that was extended at the change. */
  held: '2025-10-30T17:46:24.518Z',
  arrived: '2035-06-01T15:42:17.305Z',
  start: '2035-06-01T16:00:00.000Z',
  end: '2035-06-01T19:00:00.000Z',
} as const;

/** What an example shows otherwise after its first change. */
export const EXAMPLE_CHANGE = { updated_at: EXAMPLE_TIMES.changed, version: 2 } as const;

/** The last millisecond of the year 9999, beyond which RFC 3339 cannot write an instant. */
const INSTANT_MAX = 253_402_300_799_999;

const dateTime = z.iso.datetime({
  offset: true,
  error: ({ code }) => (code === 'invalid_format' ? 'Expected an RFC 3339 time with an offset or Z.' : undefined),
});

/** RFC 3339 text with an offset or Z, which as the T may be small (5.6), as epoch milliseconds. */
export const instant = z
  .string()
  .toUpperCase()
  .pipe(dateTime)
  .transform((text) => Date.parse(text))
  .refine((at) => at >= 0 && at <= INSTANT_MAX, { params: { code: 'out_of_range' }, error: 'Beyond 1970 to 9999.' })
  .openapi({ type: 'string', format: 'date-time', example: '2035-06-01T18:00:00+02:00' });

/** An instant that may be unset. */
export const nullableInstant = instant.nullable().openapi({ type: ['string', 'null'], format: 'date-time' });

/** An instant in a query string, where a client's unencoded `+` arrives as a space. */
export const instantQuery = z
  .preprocess((value) => (typeof value === 'string' ? value.replace(' ', '+') : value), instant)
  .openapi({ type: 'string', format: 'date-time', example: '2035-06-01T00:00:00Z' });

/** Epoch milliseconds as RFC 3339 text in UTC. */
export function toTime(at: number): string;
export function toTime(at: number | null): string | null;
export function toTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** An instant in an answer; its example is given where it is said what happens then. */
export const time = z.string().openapi({ format: 'date-time' });

/** A tag as events store and filters compare it. */
export const tag = line(LIMITS.tagLengthMax, normalized('NFC', LIMITS.tagLengthMax).toLowerCase());

/** An id in a path. One that isn't formed like an id names nothing: 404 rather than 422. */
function idPath<Id extends string>(
  parse: (text: string) => Id | null,
  absent: ProblemCode,
  pattern: RegExp,
  example: string,
) {
  return z
    .string()
    .transform((text): Id => {
      const id = parse(text);
      if (id === null) throw new Problem(absent);
      return id;
    })
    .openapi({ type: 'string', pattern: pattern.source, example });
}

/** An event's id in a path. */
export const eventIdPath = idPath(parseEventId, 'event_not_found', ID_PATTERNS.evt, EXAMPLE_IDS.event);

/** A reservation's id in a path. */
export const reservationIdPath = idPath(
  parseReservationId,
  'reservation_not_found',
  ID_PATTERNS.rsv,
  EXAMPLE_IDS.reservation,
);

/** A user's id in a path. */
export const userIdPath = idPath(parseUserId, 'user_not_found', ID_PATTERNS.usr, EXAMPLE_IDS.user);

/** A venue's id in a path. */
export const venueIdPath = idPath(parseVenueId, 'venue_not_found', ID_PATTERNS.ven, EXAMPLE_IDS.venue);

/** An attendee's id in a path. */
export const attendeeIdPath = idPath(parseAttendeeId, 'attendee_not_found', ID_PATTERNS.att, EXAMPLE_IDS.attendee);

/** An id in a body or a query. */
function idField<Id extends string>(parse: (text: string) => Id | null, what: string, pattern: RegExp) {
  return z
    .string()
    .refine((text) => parse(text) !== null, { params: { code: 'invalid_format' }, error: `Not ${what} id.` })
    .transform((text) => text as Id)
    .openapi({ type: 'string', pattern: pattern.source });
}

/** An event's id in a query. */
export const eventId = idField(parseEventId, 'an event', ID_PATTERNS.evt).openapi({ example: EXAMPLE_IDS.event });

/** A user's id in a query, which gives the example: it says as what the user is asked for. */
export const userId = idField(parseUserId, 'a user', ID_PATTERNS.usr);

/** A venue's id in a body or a query. */
export const venueId = idField(parseVenueId, 'a venue', ID_PATTERNS.ven).openapi({ example: EXAMPLE_IDS.venue });

/** An attendee's id in a body. */
export const attendeeId = idField(parseAttendeeId, 'an attendee', ID_PATTERNS.att).openapi({
  example: EXAMPLE_IDS.attendee,
});

/** True or false in a query. */
export const flag = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .openapi({ type: 'boolean' });

/** A page of a list. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next_cursor: z.string().nullable().openapi({ description: 'Null: the end.' }),
  });
}

/** The words that a list is searched by; the list says in what, and gives the example. */
export const searchQuery = line(200).optional();

/** The proof of who registered the attendee of the examples. */
export const EXAMPLE_EDIT_TOKEN = 'kR2mW8vXq1nT5yB7cJ4hL0pZ3sD6fG9aEuIoVxNtMwQ';

/** The proof of whoever registered an attendee without a login. */
export const editTokenHeader = z.object({
  'x-edit-token': z.string().optional().openapi({
    description: 'What the registration of the attendee answered.',
    example: EXAMPLE_EDIT_TOKEN,
  }),
});

/** The version that a change is meant for, in the words of what is changed. */
export function ifMatch(description: string, example = '"1"') {
  return z.object({ 'if-match': z.string().optional().openapi({ description, example }) });
}

/** The version that a change is meant for. */
export const ifMatchHeader = ifMatch('Only if it still has the version of this ETag.');

/** How many items a page has, unless the client asks for another number. */
const PAGE_SIZE = 25;

const DECIMAL = /^-?\d+(?:\.\d+)?$/;

/** A number in the query, written in decimal digits only: `Number` reads `0x10`, blanks and nothing at all as one, too. */
export function decimal<T extends z.ZodNumber>(number: T) {
  return z.preprocess((text, context) => {
    if (typeof text !== 'string') return text;
    if (DECIMAL.test(text)) return Number(text);
    const message = 'Expected a number in decimal digits.';
    context.addIssue({ code: 'invalid_type', expected: 'number', input: text, message });
    return z.NEVER;
  }, number);
}

/**
 * The longest cursor holds the sort key of a name of 200 characters, each of which a normal form may make eighteen of
 * (U+FDFA), some 33 bytes, as base64.
 */
const CURSOR_LENGTH_MAX = 10_000;

/** The parameters of every list. */
export const pageQuery = {
  limit: decimal(z.number().int().min(1).max(100))
    .default(PAGE_SIZE)
    .openapi({ type: 'integer', minimum: 1, maximum: 100, default: PAGE_SIZE, description: 'Most items to answer.' }),
  cursor: z.string().max(CURSOR_LENGTH_MAX).optional().openapi({
    description: '`next_cursor` of the page before, of the same list with the same filters.',
    example: 'WyJldmVudHM6Vm4weE1kY0xrUnRKIiwxODExODczNjAwMDAwLCJldnRfMDEiXQ',
  }),
};
