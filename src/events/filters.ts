import { and, asc, eq, gt, isNotNull, isNull, lt, lte, or, type SQL, sql } from 'drizzle-orm';
import { events, eventTags, venues } from '../db/tables.ts';
import type { EventStatus, Instant, Principal } from '../domain/model.ts';
import { signedIn } from '../http/auth.ts';
import type { CursorKey } from '../http/cursor.ts';
import { type ListOrder, orderedBy } from '../http/order.ts';
import type { EventQuery, SORTS } from './schema.ts';
import type { Search } from './search.ts';

/**
 * The events that a list may show to the caller, by what it asks for: published ones, or those of another status as
 * far as `maySeeEvent` of the domain lets the caller see them, or all that are the caller's own.
 * @throws Problem `unauthorized` when an anonymous caller asks for their own
 */
export function visible(query: EventQuery, principal: Principal | null): SQL | undefined {
  const present = isNull(events.deletedAt);
  if (query.mine) {
    const own = eq(events.organizerId, signedIn(principal).userId);
    return and(present, own, query.status === undefined ? undefined : hasStatus(query.status));
  }
  const { status = 'published' } = query;
  if (status === 'published' || principal?.role === 'admin') {
    return and(present, isNarrow(query) ? hasStatus(status) : eq(events.status, status));
  }
  const own = principal === null ? sql`false` : eq(events.organizerId, principal.userId);
  if (status === 'draft') return and(present, own, hasStatus(status));
  return and(present, eq(events.status, status), or(isNotNull(events.publishedAt), own));
}

/** Whether an index leads to the few events of one organizer or venue. */
function isNarrow(query: EventQuery): boolean {
  return query.organizer_id !== undefined || query.venue_id !== undefined;
}

/** The `+` keeps SQLite from walking all events of a status, where those of an organizer or venue are far fewer. */
function hasStatus(status: EventStatus): SQL {
  return sql`+${events.status} = ${status}`;
}

/** What the filters of the query leave of them. */
export function narrowed(query: EventQuery, now: Instant): (SQL | undefined)[] {
  return [
    query.when === undefined ? undefined : during(query.when, now),
    query.available ? isAvailable(now) : undefined,
    query.organizer_id === undefined ? undefined : eq(events.organizerId, query.organizer_id),
    query.venue_id === undefined ? undefined : eq(events.venueId, query.venue_id),
    query.q === undefined || query.tag === undefined ? undefined : hasTag(query.tag),
    query.country === undefined || (query.q ?? query.tag) === undefined ? undefined : isIn(query.country),
    query.starts_after === undefined ? undefined : gt(events.startTime, query.starts_after),
    query.starts_before === undefined ? undefined : lt(events.startTime, query.starts_before),
  ];
}

/** Whether there are seats to be had; the `+` leaves the status to `visible` and its index. */
function isAvailable(now: Instant): SQL | undefined {
  return and(
    gt(events.capacity, sql`${events.held} + ${events.confirmed}`),
    sql`+${events.status} <> 'cancelled'`,
    sql`coalesce(${events.reservationsCloseAt}, ${events.startTime}) > ${now}`,
  );
}

function during(when: 'upcoming' | 'ongoing' | 'past', now: Instant): SQL | undefined {
  if (when === 'upcoming') return gt(events.startTime, now);
  // The bound on the start follows from that on the end, but only starts are in the index.
  if (when === 'past') return and(lte(events.startTime, now), lte(events.endTime, now));
  return and(lte(events.startTime, now), gt(events.endTime, now));
}

function hasTag(tag: string): SQL {
  return sql`${events.num} in (select ${eventTags.eventNum} from ${eventTags} where ${eventTags.tag} = ${tag})`;
}

/** The country of an event is that of its venue, which the list joins; a draft shows none of a venue that is deleted. */
function isIn(country: string): SQL {
  const shown = sql`${venues.deletedAt} is null or ${events.status} <> 'draft'`;
  return sql`coalesce(iif(${shown}, ${venues.countryCode}, null), ${events.countryCode}) = ${country}`;
}

/**
 * The few events to begin with, as a table `found (num, tier)`: those that match the search, with the best tier of
 * each, else those with the tag, else those in the country, else those that go on. Undefined: all, or an index knows
 * the few of them.
 */
export function foundBy(search: Search | undefined, query: EventQuery, now: Instant): SQL | undefined {
  const { tag, country, when, mine } = query;
  if (search !== undefined) return matches(search);
  if (tag !== undefined) {
    return sql`(select ${eventTags.eventNum} as num, 0 as tier from ${eventTags} where ${eventTags.tag} = ${tag}) as found`;
  }
  if (country !== undefined) return locatedIn(country);
  return when === 'ongoing' && !mine && !isNarrow(query) ? goingOn(now) : undefined;
}

/** Events with a country of their own and events at its venues, each by an index. */
function locatedIn(country: string): SQL {
  const own = sql`select num, 0 as tier from events where country_code = ${country} and deleted_at is null`;
  const atVenues = sql`select held.num, 0 from venues cross join events as held on held.venue_id = venues.id
    and held.venue_id is not null and held.deleted_at is null where venues.country_code = ${country}
    and (venues.deleted_at is null or held.status <> 'draft')`;
  return sql`(${own} union all ${atVenues}) as found`;
}

/** The spans of `events.span_ms`: a day, a week, a month, and beyond. */
const SPANS_MS = '[86400000, 604800000, 2678400000, 9007199254740991]';

/** Events that may go on: of each span those that began within its length, rather than all that ever began. */
function goingOn(now: Instant): SQL {
  return sql`(select num, 0 as tier from json_each(${SPANS_MS}) as span cross join events
    on span_ms = span.value and start_time between ${now} - span.value and ${now}
    where deleted_at is null and end_time > ${now}) as found`;
}

/** Tiers rather than bm25, whose numbers shift with every event that is added, so that pages would overlap. */
function matches(tiers: Search): SQL {
  const all = tiers.map(({ words, beginnings }, tier) => {
    const both = [
      words !== null && sql`select rowid from events_fts where events_fts match ${words}`,
      beginnings !== null &&
        sql`select rowid from events_fts_beginnings where events_fts_beginnings match ${beginnings}`,
    ].filter((hits) => hits !== false);
    return sql`select rowid as num, ${tier} as tier from (${sql.join(both, sql` intersect `)})`;
  });
  return sql`(select num, min(tier) as tier from (${sql.join(all, sql` union all `)}) group by num) as found`;
}

/** What rows are sorted by. */
interface SortRow {
  readonly tier: number;
  readonly startTime: Instant;
  readonly createdAt: Instant;
  readonly id: string;
}

/** The order of the list of events, of which not every one is by one column. */
export interface Order extends ListOrder {
  readonly types: readonly ('string' | 'number')[];
  readonly keyOf: (row: SortRow) => CursorKey;
}

const SORTED_BY = {
  start_time: ['startTime', 'asc'],
  '-start_time': ['startTime', 'desc'],
  created_at: ['createdAt', 'asc'],
  '-created_at': ['createdAt', 'desc'],
} as const satisfies Record<(typeof SORTS)[number], unknown>;

/** The order that the query asks for: relevance where there is a search and nothing else is said. */
export function orderOf({ q, sort }: EventQuery): Order {
  if (q !== undefined && sort === undefined) {
    return {
      by: [sql`found.tier`, asc(events.startTime), asc(events.id)],
      types: ['number', 'number', 'string'],
      after: ([tier, startTime, id]) =>
        sql`(found.tier, ${events.startTime}, ${events.id}) > (${tier}, ${startTime}, ${id})`,
      keyOf: (row) => [row.tier, row.startTime, row.id],
    };
  }
  const [name, direction] = SORTED_BY[sort ?? 'start_time'];
  return {
    ...orderedBy(events[name], events.id, direction),
    types: ['number', 'string'],
    keyOf: (row) => [row[name], row.id],
  };
}
