import { and, eq, getTableColumns, inArray, type SQL, sql } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import { events, venues } from '../db/tables.ts';
import type { EventId, EventView, Instant, Principal } from '../domain/model.ts';
import { decodeCursor, listName, pageOf } from '../http/cursor.ts';
import { foundBy, narrowed, orderOf, visible } from './filters.ts';
import { atVenue, type EventAtVenue } from './json.ts';
import type { EventQuery } from './schema.ts';
import { compileSearch } from './search.ts';

type EventRow = typeof events.$inferSelect;

/** An event, and what tells whether it is still as it was. */
export interface MarkedEvent {
  readonly event: EventAtVenue;
  readonly mark: string;
}

const venue = {
  id: venues.id,
  name: venues.name,
  location: venues.location,
  countryCode: venues.countryCode,
  version: venues.version,
  deletedAt: venues.deletedAt,
};

/** Whatever changes an event or its venue counts on, and so does a rebuild of its rows. */
const mark = sql<string>`concat_ws(' ', ${events.seq}, ${events.rebuilds}, ${venues.version})`;

/**
 * Events in the read model, deleted or not, seen by whoever may; those that are there, in any order.
 * @param ids at most 100, as many as D1 binds to one statement
 */
export async function findEvents(db: DrizzleD1Database, ids: readonly EventId[]): Promise<MarkedEvent[]> {
  const rows = await db
    .select({ ...getTableColumns(events), venue, mark })
    .from(events)
    .leftJoin(venues, eq(venues.id, events.venueId))
    .where(inArray(events.id, [...ids]));
  return rows.map(({ mark, ...row }) => ({ event: toEvent(row), mark }));
}

/** The event in the read model, deleted or not, seen by whoever may; null if it isn't there, or not yet. */
export async function findEvent(db: DrizzleD1Database, id: EventId): Promise<MarkedEvent | null> {
  return (await findEvents(db, [id]))[0] ?? null;
}

/** The marks of events; of those that are there, in any order. */
export function findMarks(db: DrizzleD1Database, ids: readonly string[]): Promise<{ id: EventId; mark: string }[]> {
  return db
    .select({ id: events.id, mark })
    .from(events)
    .leftJoin(venues, eq(venues.id, events.venueId))
    .where(sql`${events.id} in (select value from json_each(${JSON.stringify(ids)}))`);
}

function toEvent({ venue, ...row }: EventRow & { readonly venue: Parameters<typeof atVenue>[1] }): EventAtVenue {
  return atVenue(toView(row), venue);
}

function toView(row: EventRow): EventView {
  const { num: _, rebuilds: __, seq, held, confirmed, waitlisted, priceAmount, priceCurrency, ...record } = row;
  const price =
    priceAmount === null || priceCurrency === null ? null : { amount: priceAmount, currency: priceCurrency };
  return { event: { ...record, price }, totals: { held, confirmed, waitlisted }, seq };
}

/**
 * A page of the events that the caller may see, as the query filters and orders them.
 * @throws Problem `unauthorized` for an anonymous caller's own events, `validation_failed` for another list's cursor
 */
export async function listEvents(
  db: DrizzleD1Database,
  query: EventQuery,
  principal: Principal | null,
  now: Instant,
): Promise<{ items: EventAtVenue[]; nextCursor: string | null }> {
  const { limit, cursor, ...filters } = query;
  const scope = visible(query, principal);
  const search = query.q === undefined ? undefined : compileSearch(query.q);
  const order = orderOf(query);
  const list = listName('events', filters);
  const after = decodeCursor(list, order.types, cursor);
  if (search === null) return { items: [], nextCursor: null };

  const where = and(scope, ...narrowed(query, now), after === null ? undefined : order.after(after));
  const rows = await selectFrom(db, foundBy(search, query, now), where)
    .orderBy(...order.by)
    .limit(limit + 1);
  const page = pageOf(list, rows, limit, order.keyOf);
  return { items: page.rows.map(({ tier: _, ...row }) => toEvent(row)), nextCursor: page.nextCursor };
}

/** A cross join, because SQLite keeps its order: from the few that were found to their events, by number. */
function selectFrom(db: DrizzleD1Database, found: SQL | undefined, where: SQL | undefined) {
  const columns = { ...getTableColumns(events), venue };
  const ownVenue = eq(venues.id, events.venueId);
  if (found === undefined) {
    return db
      .select({ ...columns, tier: sql<number>`0` })
      .from(events)
      .leftJoin(venues, ownVenue)
      .where(where)
      .$dynamic();
  }
  return db
    .select({ ...columns, tier: sql<number>`found.tier` })
    .from(found)
    .crossJoin(events)
    .leftJoin(venues, ownVenue)
    .where(and(sql`${events.num} = found.num`, where))
    .$dynamic();
}
