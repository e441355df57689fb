import { and, desc, eq, exists, getTableColumns, isNull, type SQL, sql } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import { events, reservations } from '../db/tables.ts';
import type { AttendeeId, EventId, Instant, UserId } from '../domain/model.ts';
import { asOf } from '../domain/seats.ts';
import { decodeCursor, listName, pageOf } from '../http/cursor.ts';
import type { ShownReservation } from './json.ts';
import type { ReservationsQuery } from './schema.ts';

/** A reservation of a list, with its place in the line, null unless it waits, and its event's organizer. */
export type Listed = ShownReservation & { readonly waitlistPosition: number | null; readonly organizerId: UserId };

/** What its event's state makes of a reservation. */
const closing = { status: events.status, deletedAt: events.deletedAt, updatedAt: events.updatedAt };

/** The place is counted over the index of those who wait, for the few rows of a page. */
const waitlistPosition = sql<number | null>`CASE WHEN ${reservations.status} = 'waitlisted' THEN (
  SELECT count(*) FROM reservations AS line WHERE line.event_id = ${reservations.eventId}
  AND line.status = 'waitlisted' AND line.queue_seq <= ${reservations.queueSeq}) END`;

/** Whose reservations to list. */
export type Owner =
  | { readonly userId: UserId }
  | { readonly eventId: EventId }
  /** To whom they are offered. */
  | { readonly transferTo: UserId }
  /** `organizerId`: only those for this organizer's events; null: all. */
  | { readonly attendeeId: AttendeeId; readonly organizerId: UserId | null };

/**
 * A page of the reservations of a user, an event or an attendee, or of those offered to a user, newest first; as their
 * actors show them, even where the fact is yet to come that a hold lapsed or that its event's end cancelled it.
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
    .select({ ...getTableColumns(reservations), waitlistPosition, organizerId: events.organizerId, event: closing })
    .from(reservations)
    .innerJoin(events, eq(events.id, reservations.eventId))
    .where(
      and(
        isNull(reservations.deletedAt),
        ownedBy(db, owner, now),
        query.status === undefined ? undefined : sql`${statusAt(now)} = ${query.status}`,
        // The `+` keeps SQLite from walking all reservations of the event, where those of the user are far fewer.
        query.event_id === undefined ? undefined : sql`+${reservations.eventId} = ${query.event_id}`,
        after === null ? undefined : sql`(${createdAt}, ${id}) < (${after[0]}, ${after[1]})`,
      ),
    )
    .orderBy(desc(createdAt), desc(id))
    .limit(limit + 1);
  const page = pageOf(list, rows, limit, (row) => [row.createdAt, row.id]);
  const listed = page.rows.map(({ event, ...row }) => {
    const reservation = asOf(row, event, now);
    return reservation.status === 'waitlisted' ? reservation : { ...reservation, waitlistPosition: null };
  });
  return { listed, nextCursor: page.nextCursor };
}

function ownedBy(db: DrizzleD1Database, owner: Owner, now: Instant): SQL | undefined {
  if ('userId' in owner) return eq(reservations.userId, owner.userId);
  if ('eventId' in owner) return eq(reservations.eventId, owner.eventId);
  if ('transferTo' in owner) {
    return and(eq(reservations.transferTo, owner.transferTo), sql`${statusAt(now)} NOT IN ('expired', 'cancelled')`);
  }
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

/** The status that `asOf` of the domain makes of a row. */
function statusAt(now: Instant): SQL {
  const closed = sql`(${events.status} = 'cancelled' OR ${events.deletedAt} IS NOT NULL)`;
  const judgedAt = sql`iif(${closed}, min(${now}, ${events.updatedAt}), ${now})`;
  const { status, expiresAt } = reservations;
  return sql`CASE WHEN ${status} = 'pending' AND ${expiresAt} <= ${judgedAt} THEN 'expired'
    WHEN ${closed} AND ${status} IN ('pending', 'confirmed', 'waitlisted') THEN 'cancelled' ELSE ${status} END`;
}
