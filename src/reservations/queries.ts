import { and, desc, eq, exists, getTableColumns, isNull, not, or, type SQL, sql } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import { events, reservations } from '../db/tables.ts';
import type { AttendeeId, EventId, Instant, ReservationStatus, UserId } from '../domain/model.ts';
import { decodeCursor, listName, pageOf } from '../http/cursor.ts';
import type { ShownReservation } from './json.ts';
import type { ReservationsQuery } from './schema.ts';

/** A reservation of a list, with its place in the line; null unless it waits. */
export type Listed = ShownReservation & { readonly waitlistPosition: number | null };

/**
 * The place is counted over the index of those who wait, for the few rows of a page. Its columns are named in full,
 * which Drizzle doesn't do in a query on one table: by themselves they would be those of the line.
 */
const waitlistPosition = sql<number | null>`CASE WHEN reservations.status = 'waitlisted' THEN (
  SELECT count(*) FROM reservations AS line WHERE line.event_id = reservations.event_id
  AND line.status = 'waitlisted' AND line.queue_seq <= reservations.queue_seq) END`;

/** Whose reservations to list. */
export type Owner =
  | { readonly userId: UserId }
  | { readonly eventId: EventId }
  /** To whom they are offered. */
  | { readonly transferTo: UserId }
  /** `organizerId`: only those for this organizer's events; null: all. */
  | { readonly attendeeId: AttendeeId; readonly organizerId: UserId | null };

/**
 * A page of the reservations of a user, an event or an attendee, or of those offered to a user, newest first; holds
 * that lapsed are shown as expired, even where the fact of it is yet to come.
 * @throws Problem `validation_failed` for another list's cursor
 */
export async function listReservations(
  db: DrizzleD1Database,
  owner: Owner,
  query: ReservationsQuery,
  now: Instant,
): Promise<{ listed: readonly Listed[]; nextCursor: string | null }> {
  const { limit, cursor, ...filters } = query;
  const list = listName('reservations', { ...owner, ...filters });
  const after = decodeCursor(list, ['number', 'string'], cursor);
  const { createdAt, id } = reservations;
  const rows = await db
    .select({ ...getTableColumns(reservations), waitlistPosition })
    .from(reservations)
    .where(
      and(
        isNull(reservations.deletedAt),
        ownedBy(db, owner, now),
        query.status === undefined ? undefined : hasStatus(query.status, now),
        // The `+` keeps SQLite from walking all reservations of the event, where those of the user are far fewer.
        query.event_id === undefined ? undefined : sql`+${reservations.eventId} = ${query.event_id}`,
        after === null ? undefined : sql`(${createdAt}, ${id}) < (${after[0]}, ${after[1]})`,
      ),
    )
    .orderBy(desc(createdAt), desc(id))
    .limit(limit + 1);
  const page = pageOf(list, rows, limit, (row) => [row.createdAt, row.id]);
  return { listed: page.rows.map((row) => asOf(row, now)), nextCursor: page.nextCursor };
}

function ownedBy(db: DrizzleD1Database, owner: Owner, now: Instant): SQL | undefined {
  if ('userId' in owner) return eq(reservations.userId, owner.userId);
  if ('eventId' in owner) return eq(reservations.eventId, owner.eventId);
  if ('transferTo' in owner) return and(eq(reservations.transferTo, owner.transferTo), not(lapsed(now)));
  const { attendeeId, organizerId } = owner;
  if (organizerId === null) return eq(reservations.attendeeId, attendeeId);
  const isTheirs = and(
    eq(events.id, reservations.eventId),
    eq(events.organizerId, organizerId),
    isNull(events.deletedAt),
  );
  return and(
    eq(reservations.attendeeId, attendeeId),
    exists(db.select({ id: events.id }).from(events).where(isTheirs)),
  );
}

/** A hold whose time is over is expired, though the row may not say so yet. */
function hasStatus(status: ReservationStatus, now: Instant): SQL | undefined {
  const said = eq(reservations.status, status);
  if (status === 'pending') return and(said, not(lapsed(now)));
  return status === 'expired' ? or(said, lapsed(now)) : said;
}

function lapsed(now: Instant): SQL {
  return sql`(${reservations.status} = 'pending' and ${reservations.expiresAt} <= ${now})`;
}

/** As its actor shows it; see `asOf` of the domain. */
function asOf(row: Listed, now: Instant): Listed {
  if (row.status !== 'pending' || row.expiresAt === null || row.expiresAt > now) return row;
  return { ...row, status: 'expired', transferTo: null, updatedAt: row.expiresAt, version: row.version + 1 };
}
