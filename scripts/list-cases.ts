import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1';
import { listUsers } from '../src/accounts/users-queries.ts';
import { userQuery } from '../src/accounts/users-schema.ts';
import { listAttendees } from '../src/attendees/queries.ts';
import { attendeeQuery } from '../src/attendees/schema.ts';
import type { AttendeeId, EventId, UserId } from '../src/domain/model.ts';
import { listEvents } from '../src/events/queries.ts';
import { eventQuery } from '../src/events/schema.ts';
import { listHistory, listMyHistory } from '../src/history/queries.ts';
import { historyQuery, myHistoryQuery } from '../src/history/schema.ts';
import { newAttendeeId, newEventId, newUserId, newVenueId } from '../src/http/ids.ts';
import { listReservations, type Owner } from '../src/reservations/queries.ts';
import { myReservationsQuery } from '../src/reservations/schema.ts';
import { listVenues } from '../src/venues/queries.ts';
import { venueQuery } from '../src/venues/schema.ts';

const PAGE = 100;
/** The clock of D1 counts whole milliseconds, and the first time reads pages from disk. */
const TIMES = 5;

/** A list as somebody asks for it. */
export interface ListCase {
  readonly name: string;
  readonly ask: (db: DrizzleD1Database) => Promise<unknown>;
}

/** What a list cost D1, as D1 itself says. */
export interface ListCost {
  /** Of each of some times, the shortest first. */
  readonly durationsMs: readonly number[];
  readonly rowsRead: number;
  readonly rows: number;
}

/** What lists ask for: of each the one that most is about, so that no other costs more. */
export interface Subjects {
  readonly organizerId: UserId;
  readonly userId: UserId;
  readonly eventId: EventId;
  readonly attendeeId: AttendeeId;
  readonly venueId: string;
  readonly country: string;
  readonly tag: string;
}

/** The commonest of everything in this database; where there is none, something that does not exist. */
export async function commonest(database: D1Database): Promise<Subjects> {
  const most = async (column: string, table: string, otherwise: string): Promise<string> => {
    const query = `SELECT ${column} AS it FROM ${table} WHERE ${column} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC`;
    return (await database.prepare(`${query} LIMIT 1`).first<string>('it')) ?? otherwise;
  };
  return {
    organizerId: (await most('organizer_id', 'events', newUserId())) as UserId,
    userId: (await most('user_id', 'reservations', newUserId())) as UserId,
    eventId: (await most('event_id', 'reservations', newEventId())) as EventId,
    attendeeId: (await most('attendee_id', 'reservations', newAttendeeId())) as AttendeeId,
    venueId: await most('venue_id', 'events', newVenueId()),
    country: await most('venues.country_code', 'events JOIN venues ON venues.id = events.venue_id', 'DE'),
    tag: await most('tag', 'event_tags', 'jazz'),
  };
}

/** Every list, with the filters that go together, in pages as long as they get. */
export function listCases(of: Subjects, now: number): ListCase[] {
  return [
    ...eventLists(of, now),
    ...venueLists(of),
    ...reservationLists(of, now),
    ...historyLists(of),
    ...peopleLists(of),
  ];
}

function eventLists({ organizerId, venueId, country, tag }: Subjects, now: number): ListCase[] {
  const filters = [
    ...combinations(
      [`country=${country}`, `tag=${encodeURIComponent(tag)}`, 'q=conf*'],
      ['', 'when=upcoming', 'when=ongoing', 'when=past'],
    ),
    ...[
      'sort=-start_time',
      'sort=created_at',
      'sort=-created_at',
      'available=true',
      'status=cancelled',
      'status=draft',
    ],
    ...['mine=true', 'mine=true&q=conf*', `organizer_id=${organizerId}`, `organizer_id=${organizerId}&sort=created_at`],
    ...[`venue_id=${venueId}`, `venue_id=${venueId}&sort=created_at`, `country=${country}&sort=-created_at`],
    ...[`country=${country}&available=true&when=upcoming&tag=${encodeURIComponent(tag)}`, 'q=s*', 'q=source record'],
    `starts_after=${new Date(now).toISOString()}&starts_before=${new Date(now + 1e10).toISOString()}`,
  ];
  const me = { userId: organizerId, role: 'organizer' } as const;
  return filters.map((text) => {
    const query = eventQuery.parse(parameters(text));
    return { name: `/events?${text}`, ask: (db) => listEvents(db, query, me, now) };
  });
}

/** Each choice of the filters, with each `when`. */
function combinations(filters: readonly string[], whens: readonly string[]): string[] {
  const choices = Array.from({ length: 2 ** filters.length }, (_, bits) =>
    filters.filter((_, index) => (bits >> index) % 2 === 1),
  );
  return choices.flatMap((chosen) => whens.map((when) => [...chosen, when].filter(Boolean).join('&')));
}

function venueLists({ organizerId, country }: Subjects): ListCase[] {
  const filters = ['', 'sort=-name', 'sort=capacity', 'sort=created_at', 'mine=true', 'mine=true&sort=capacity'];
  filters.push(`country=${country}`, `country=${country}&sort=-capacity`, 'q=c', `q=c&country=${country}`);
  const me = { userId: organizerId, role: 'organizer' } as const;
  return filters.map((text) => {
    const query = venueQuery.parse(parameters(text));
    return { name: `/venues?${text}`, ask: (db) => listVenues(db, query, me) };
  });
}

function reservationLists({ organizerId, userId, eventId, attendeeId }: Subjects, now: number): ListCase[] {
  const owners: [path: string, Owner][] = [
    ['/reservations', { userId }],
    ['/reservations?offered=true', { transferTo: userId }],
    [`/events/{id}/reservations`, { eventId }],
    ['/attendees/{id}/reservations', { attendeeId, organizerId: null }],
    ['/attendees/{id}/reservations of an organizer', { attendeeId, organizerId }],
  ];
  const statuses = ['', 'pending', 'confirmed', 'cancelled', 'expired', 'waitlisted'];
  const filters = statuses.map((status) => (status ? `status=${status}` : ''));
  const cases = owners.flatMap(([path, owner]) => filters.map((text) => [path, owner, text] as const));
  cases.push(['/reservations', { userId }, `event_id=${eventId}`]);
  return cases.map(([path, owner, text]) => {
    const query = myReservationsQuery.parse(parameters(text));
    return { name: [path, text].filter(Boolean).join(' '), ask: (db) => listReservations(db, owner, query, now) };
  });
}

function historyLists({ organizerId, userId, eventId }: Subjects): ListCase[] {
  const window = 'from=2026-01-01T00:00:00Z&to=2036-01-01T00:00:00Z';
  const all = ['', window, 'action=event_created', 'action=logged_in', `event_id=${eventId}`, `user_id=${organizerId}`];
  all.push(`user_id=${organizerId}&action=logged_in`, `user_id=${userId}&event_id=${eventId}&action=logged_in`);
  const mine = ['', window, 'action=logged_in'];
  return [
    ...all.map((text): ListCase => {
      const query = historyQuery.parse(parameters(text));
      return { name: `/history?${text}`, ask: (db) => listHistory(db, query) };
    }),
    ...mine.map((text): ListCase => {
      const query = myHistoryQuery.parse(parameters(text));
      return { name: `/me/history?${text}`, ask: (db) => listMyHistory(db, organizerId, query) };
    }),
  ];
}

function peopleLists({ organizerId }: Subjects): ListCase[] {
  const users = ['', 'q=a', 'role=customer', 'role=organizer', 'role=admin', 'disabled=true', 'disabled=false'];
  users.push('role=customer&disabled=true', 'q=a&role=admin');
  const attendees = ['', 'sort=-created_at', 'q=an', 'q=an&sort=created_at'];
  return [
    ...users.map((text): ListCase => {
      const query = userQuery.parse(parameters(text));
      return { name: `/users?${text}`, ask: (db) => listUsers(db, query) };
    }),
    ...attendees.flatMap((text) =>
      [null, organizerId].map((owner): ListCase => {
        const query = attendeeQuery.parse(parameters(text));
        const name = `/attendees?${text} ${owner === null ? 'as admin' : 'as organizer'}`;
        return { name, ask: (db) => listAttendees(db, owner, query) };
      }),
    ),
  ];
}

function parameters(text: string): Record<string, string> {
  return { limit: String(PAGE), ...Object.fromEntries(new URLSearchParams(text)) };
}

/** Asks for the list and takes D1 at its word about what it cost. */
export async function costOf(database: D1Database, { ask }: ListCase): Promise<ListCost> {
  const asked = await statementsOf(ask);
  const durationsMs: number[] = [];
  let [rowsRead, rows] = [0, 0];
  for (let time = 0; time < TIMES; time += 1) {
    const answers = await database.batch(asked.map(({ sql, params }) => database.prepare(sql).bind(...params)));
    durationsMs.push(sum(answers.map(({ meta }) => meta.duration)));
    rowsRead = sum(answers.map(({ meta }) => meta.rows_read));
    rows = sum(answers.map(({ results }) => results.length));
  }
  return { durationsMs: durationsMs.sort((a, b) => a - b), rowsRead, rows };
}

/** What a list asks of D1: it gets an empty answer, so that nothing is done with one. */
async function statementsOf(ask: ListCase['ask']): Promise<{ sql: string; params: unknown[] }[]> {
  const asked: { sql: string; params: unknown[] }[] = [];
  const nothing = { all: async () => ({ results: [] }), raw: async () => [] };
  const deaf = { prepare: () => ({ bind: () => nothing }) } as unknown as D1Database;
  await ask(drizzle(deaf, { logger: { logQuery: (sql, params) => asked.push({ sql, params }) } }));
  return asked;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
