import { and, desc, eq, getTableColumns, isNull, sql } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import { reservations } from '../db/tables.ts';
import type { EventId, UserId } from '../domain/model.ts';
import { decodeCursor, listName, pageOf } from '../http/cursor.ts';
import type { ShownReservation } from './json.ts';
import type { ReservationsQuery } from './schema.ts';

/** A reservation of a list, with its place in the line; null unless it waits. */
export type Listed = ShownReservation & { readonly waitlistPosition: number | null };

/** The place is counted over the index of those who wait, for the few rows of a page. */
const waitlistPosition = sql<number | null>`CASE WHEN ${reservations.status} = 'waitlisted' THEN (
  SELECT count(*) FROM reservations AS line WHERE line.event_id = ${reservations.eventId}
  AND line.status = 'waitlisted' AND line.queue_seq <= ${reservations.queueSeq}) END`;

/** Whose reservations to list. */
export type Owner = { readonly userId: UserId } | { readonly eventId: EventId };

/**
 * A page of the reservations of a user or of an event, newest first.
 * @throws Problem `validation_failed` for another list's cursor
 */
export async function listReservations(
  db: DrizzleD1Database,
  owner: Owner,
  query: ReservationsQuery,
): Promise<{ listed: readonly Listed[]; nextCursor: string | null }> {
  const { limit = 25, cursor, ...filters } = query;
  const list = listName('reservations', { ...owner, ...filters });
  const after = decodeCursor(list, ['number', 'string'], cursor);
  const { createdAt, id } = reservations;
  const rows = await db
    .select({ ...getTableColumns(reservations), waitlistPosition })
    .from(reservations)
    .where(
      and(
        isNull(reservations.deletedAt),
        'userId' in owner ? eq(reservations.userId, owner.userId) : eq(reservations.eventId, owner.eventId),
        query.status === undefined ? undefined : eq(reservations.status, query.status),
        // The `+` keeps SQLite from walking all reservations of the event, where those of the user are far fewer.
        query.event_id === undefined ? undefined : sql`+${reservations.eventId} = ${query.event_id}`,
        after === null ? undefined : sql`(${createdAt}, ${id}) < (${after[0]}, ${after[1]})`,
      ),
    )
    .orderBy(desc(createdAt), desc(id))
    .limit(limit + 1);
  const page = pageOf(list, rows, limit, (row) => [row.createdAt, row.id]);
  return { listed: page.rows, nextCursor: page.nextCursor };
}
