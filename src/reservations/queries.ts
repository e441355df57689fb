import { and, desc, eq, exists, isNull, type SQL, sql } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import { events, reservations } from '../db/tables.ts';
import type { AttendeeId, EventId, Reservation, UserId } from '../domain/model.ts';
import { decodeCursor, listName, pageOf } from '../http/cursor.ts';
import type { ReservationsQuery } from './schema.ts';

/** Whose reservations to list. */
export type Owner =
  | { readonly userId: UserId }
  | { readonly eventId: EventId }
  /** `organizerId`: only those for this organizer's events; null: all. */
  | { readonly attendeeId: AttendeeId; readonly organizerId: UserId | null };

/**
 * A page of the reservations of a user, an event or an attendee, newest first.
 * @throws Problem `validation_failed` for another list's cursor
 */
export async function listReservations(
  db: DrizzleD1Database,
  owner: Owner,
  query: ReservationsQuery,
): Promise<{ reservations: readonly Reservation[]; nextCursor: string | null }> {
  const { limit = 25, cursor, ...filters } = query;
  const list = listName('reservations', { ...owner, ...filters });
  const after = decodeCursor(list, ['number', 'string'], cursor);
  const { createdAt, id } = reservations;
  const rows = await db
    .select()
    .from(reservations)
    .where(
      and(
        isNull(reservations.deletedAt),
        isOf(db, owner),
        query.status === undefined ? undefined : eq(reservations.status, query.status),
        // The `+` keeps SQLite from walking all reservations of the event, where those of the user are far fewer.
        query.event_id === undefined ? undefined : sql`+${reservations.eventId} = ${query.event_id}`,
        after === null ? undefined : sql`(${createdAt}, ${id}) < (${after[0]}, ${after[1]})`,
      ),
    )
    .orderBy(desc(createdAt), desc(id))
    .limit(limit + 1);
  const page = pageOf(list, rows, limit, (row) => [row.createdAt, row.id]);
  return { reservations: page.rows, nextCursor: page.nextCursor };
}

function isOf(db: DrizzleD1Database, owner: Owner): SQL | undefined {
  if ('userId' in owner) return eq(reservations.userId, owner.userId);
  if ('eventId' in owner) return eq(reservations.eventId, owner.eventId);
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
