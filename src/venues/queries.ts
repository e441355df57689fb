import { and, eq, getTableColumns, gt, isNull, max, ne, notExists, or, type SQL, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import { changedAt, differs } from '../db/changes.ts';
import { historyLine } from '../db/history.ts';
import { events, type NewVenue, type VenueRow, venues } from '../db/tables.ts';
import type { Instant, Principal, UserId, VenueId } from '../domain/model.ts';
import { signedIn } from '../http/auth.ts';
import { decodeCursor, listName, pageOf } from '../http/cursor.ts';
import { foundIn, isOneOf, orderedBy } from '../http/order.ts';
import { Problem } from '../http/problem.ts';
import { prefixSearch } from '../http/search.ts';
import { sortKey } from '../http/text.ts';
import type { VenuePatch, VenueQuery, WholeVenue } from './schema.ts';

/** The venue as it will be stored. */
export function newVenue(id: VenueId, ownerId: UserId, input: WholeVenue, now: Instant): NewVenue {
  return { id, ownerId, ...columnsOf(input), deletedAt: null, createdAt: now, updatedAt: now, version: 1 };
}

/**
 * Creates the venue.
 * @param keep what else belongs into the transaction
 */
export async function createVenue(
  db: DrizzleD1Database,
  venue: NewVenue,
  keep: readonly BatchItem<'sqlite'>[],
): Promise<null> {
  const entry = entryOf('venue_created', venue.id, venue.ownerId, venue.createdAt, { name: venue.name });
  await db.batch([db.insert(venues).values(venue), historyLine(db, entry, venues, eq(venues.id, venue.id)), ...keep]);
  return null;
}

function entryOf(action: string, id: VenueId, userId: UserId, at: Instant, details = {}) {
  return { at, userId, ownerId: sql`${venues.ownerId}`, action, subjectType: 'venue', subjectId: id, details } as const;
}

function columnsOf({ country_code: countryCode, ...rest }: WholeVenue) {
  return { ...rest, countryCode, nameKey: sortKey(rest.name) };
}

function present(id: VenueId): SQL | undefined {
  return and(eq(venues.id, id), isNull(venues.deletedAt));
}

const SORTED_BY = {
  name: ['nameKey', 'string', 'asc'],
  '-name': ['nameKey', 'string', 'desc'],
  capacity: ['capacity', 'number', 'asc'],
  '-capacity': ['capacity', 'number', 'desc'],
  created_at: ['createdAt', 'number', 'asc'],
  '-created_at': ['createdAt', 'number', 'desc'],
} as const;

/**
 * A page of the venues that the query asks for.
 * @throws Problem `unauthorized` for an anonymous caller's own venues, `validation_failed` for another list's cursor
 */
export async function listVenues(
  db: DrizzleD1Database,
  query: VenueQuery,
  principal: Principal | null,
): Promise<{ rows: readonly VenueRow[]; nextCursor: string | null }> {
  const { limit, cursor, q, country, mine, sort = 'name' } = query;
  const ownerId = mine ? signedIn(principal).userId : undefined;
  const [column, type, direction] = SORTED_BY[sort];
  const order = orderedBy(venues[column], venues.id, direction);
  const list = listName('venues', { q, country, ownerId, sort });
  const after = decodeCursor(list, [type, 'string'], cursor);
  const match = q === undefined ? undefined : prefixSearch(q);
  if (match === null) return { rows: [], nextCursor: null };
  const where = and(
    isNull(venues.deletedAt),
    ownerId === undefined ? undefined : eq(venues.ownerId, ownerId),
    country === undefined ? undefined : eq(venues.countryCode, country),
    after === null ? undefined : order.after(after),
  );
  const rows = await selectFrom(db, match, where)
    .orderBy(...order.by)
    .limit(limit + 1);
  return pageOf(list, rows, limit, (row) => [row[column], row.id]);
}

/** A cross join, because SQLite keeps its order: from the few that were found to their venues, by number. */
function selectFrom(db: DrizzleD1Database, match: string | undefined, where: SQL | undefined) {
  const columns = getTableColumns(venues);
  if (match === undefined) return db.select(columns).from(venues).where(where).$dynamic();
  return db
    .select(columns)
    .from(foundIn('venues_fts', match))
    .crossJoin(venues)
    .where(and(sql`${venues.num} = found.num`, where))
    .$dynamic();
}

/**
 * Changes what is named of the venue, in one statement: a capacity below that of an upcoming event is refused. Events
 * are judged as the read model has them, which may be moments behind their actors. What it says already is no change.
 * @param ifVersions the versions that the change is meant for; null: any
 * @throws Problem `venue_not_found`, `not_venue_owner`, `version_mismatch` or `capacity_below_events`
 */
export async function updateVenue(
  db: DrizzleD1Database,
  id: VenueId,
  principal: Principal,
  patch: VenuePatch,
  ifVersions: readonly number[] | null,
  now: Instant,
): Promise<VenueRow> {
  const { country_code: countryCode, ...rest } = patch;
  const named = { ...rest, countryCode };
  const isChange = differs(venues, named);
  const changes = {
    ...named,
    ...(rest.name !== undefined && { nameKey: sortKey(rest.name) }),
    updatedAt: changedAt(isChange, now, venues.updatedAt),
    version: sql`${venues.version} + ${isChange}`,
  };
  const larger =
    patch.capacity === undefined
      ? undefined
      : notExists(
          db
            .select({ id: events.id })
            .from(events)
            .where(and(upcoming(db, id, now), gt(events.capacity, patch.capacity))),
        );
  const allowed = and(changeable(id, principal, ifVersions), larger);
  const entry = entryOf('venue_edited', id, principal.userId, now, patch);
  const [, [updated], [row], [largest]] = await db.batch([
    historyLine(db, entry, venues, and(allowed, isChange)),
    db.update(venues).set(changes).where(allowed).returning(),
    db.select().from(venues).where(present(id)),
    db
      .select({ capacity: max(events.capacity) })
      .from(events)
      .where(upcoming(db, id, now)),
  ]);
  if (updated) return updated;
  throwUnlessChangeable(row, principal, ifVersions);
  const minimum = largest?.capacity ?? 0;
  throw new Problem('capacity_below_events', `An upcoming event needs ${minimum}.`, { minimum });
}

/**
 * Deletes the venue unless upcoming events take place there. The row stays, so that past events go on showing it.
 * @throws Problem `venue_not_found`, `not_venue_owner`, `version_mismatch` or `venue_has_events`
 */
export async function deleteVenue(
  db: DrizzleD1Database,
  id: VenueId,
  principal: Principal,
  ifVersions: readonly number[] | null,
  now: Instant,
): Promise<void> {
  const unused = notExists(
    db
      .select({ id: events.id })
      .from(events)
      .where(upcoming(db, id, now)),
  );
  const allowed = and(changeable(id, principal, ifVersions), unused);
  const [, deleted, [row]] = await db.batch([
    historyLine(db, entryOf('venue_deleted', id, principal.userId, now), venues, allowed),
    db
      .update(venues)
      .set({ deletedAt: now, updatedAt: now, version: sql`${venues.version} + 1` })
      .where(allowed)
      .returning({ id: venues.id }),
    db.select().from(venues).where(present(id)),
  ]);
  if (deleted.length > 0) return;
  throwUnlessChangeable(row, principal, ifVersions);
  throw new Problem('venue_has_events');
}

/**
 * The venue's events that have not ended: the published ones, and the owner's own drafts. Those of others don't count,
 * since the owner could neither see nor end them; they are judged again when they are published.
 */
function upcoming(db: DrizzleD1Database, id: VenueId, now: Instant): SQL | undefined {
  const owner = db.select({ id: venues.ownerId }).from(venues).where(eq(venues.id, id));
  return and(
    eq(events.venueId, id),
    isNull(events.deletedAt),
    ne(events.status, 'cancelled'),
    or(eq(events.status, 'published'), eq(events.organizerId, owner)),
    gt(events.endTime, now),
  );
}

function changeable(id: VenueId, principal: Principal, ifVersions: readonly number[] | null): SQL | undefined {
  return and(
    present(id),
    principal.role === 'admin' ? undefined : eq(venues.ownerId, principal.userId),
    ifVersions === null ? undefined : isOneOf(venues.version, ifVersions),
  );
}

/** The same in words: why it was not. */
function throwUnlessChangeable(
  row: VenueRow | undefined,
  principal: Principal,
  ifVersions: readonly number[] | null,
): void {
  if (row === undefined) throw new Problem('venue_not_found');
  if (principal.role !== 'admin' && row.ownerId !== principal.userId) throw new Problem('not_venue_owner');
  if (ifVersions !== null && !ifVersions.includes(row.version)) throw new Problem('version_mismatch');
}
