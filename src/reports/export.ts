import { and, asc, eq, isNull, lte, sql } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import { attendees, reservations, users } from '../db/tables.ts';
import type { EventId, EventRecord, Instant } from '../domain/model.ts';
import { asOf, holdEndOf } from '../domain/seats.ts';
import { toTime } from '../http/fields.ts';
import { csvLine } from './csv.ts';

/** Rows that are read, and kept in memory, at a time. */
const PAGE = 1_000;
/** By how much the actor's clock, which dates reservations, may be ahead of the Worker's. */
const CLOCKS_APART_MS = 10_000;

const HEADER = [
  ...['reservation_id', 'status', 'quantity', 'user_id', 'username', 'attendee_id'],
  ...['attendee_first_name', 'attendee_last_name', 'checked_in_quantity'],
  ...['checked_in_at', 'created_at', 'confirmed_at', 'cancelled_at', 'cancelled_by', 'expires_at'],
];

/** The first line of the file: what the columns are. */
export const HEADER_LINE = csvLine(HEADER);

type Row = Awaited<ReturnType<typeof readPage>>[number];

/**
 * The event's reservations as CSV, read page by page as fast as the client takes them, and told as its actor shows them.
 * @param now those made later are left out, so that the file ends while the event fills
 * @throws what D1 throws for the first page; where a later one fails, the stream breaks
 */
export async function exportOf(
  db: DrizzleD1Database,
  event: EventRecord,
  now: Instant,
): Promise<ReadableStream<Uint8Array>> {
  const encoder = new TextEncoder();
  const until = now + CLOCKS_APART_MS;
  let page = await readPage(db, event.id, until, null);
  let head = HEADER_LINE;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        controller.enqueue(encoder.encode(head + page.map((row) => toLine(asOf(row, event, now))).join('')));
        head = '';
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE) controller.close();
        else page = await readPage(db, event.id, until, last);
      },
    },
    { highWaterMark: 0 },
  );
}

function readPage(
  db: DrizzleD1Database,
  eventId: EventId,
  until: Instant,
  after: Pick<typeof reservations.$inferSelect, 'createdAt' | 'id'> | null,
) {
  const { createdAt, id } = reservations;
  return db
    .select({
      id,
      status: reservations.status,
      quantity: reservations.quantity,
      userId: reservations.userId,
      username: users.username,
      attendeeId: reservations.attendeeId,
      firstName: attendees.firstName,
      lastName: attendees.lastName,
      checkedInQuantity: reservations.checkedInQuantity,
      checkedInAt: reservations.checkedInAt,
      createdAt,
      confirmedAt: reservations.confirmedAt,
      cancelledAt: reservations.cancelledAt,
      cancelledBy: reservations.cancelledBy,
      expiresAt: reservations.expiresAt,
      version: reservations.version,
    })
    .from(reservations)
    .leftJoin(users, eq(users.id, reservations.userId))
    .leftJoin(attendees, eq(attendees.id, reservations.attendeeId))
    .where(
      and(
        eq(reservations.eventId, eventId),
        isNull(reservations.deletedAt),
        lte(createdAt, until),
        after === null ? undefined : sql`(${createdAt}, ${id}) > (${after.createdAt}, ${after.id})`,
      ),
    )
    .orderBy(asc(createdAt), asc(id))
    .limit(PAGE);
}

function toLine(row: Row): string {
  return csvLine([
    ...[row.id, row.status, row.quantity, row.userId, row.username, row.attendeeId],
    ...[row.firstName, row.lastName, row.checkedInQuantity],
    ...[toTime(row.checkedInAt), toTime(row.createdAt), toTime(row.confirmedAt), toTime(row.cancelledAt)],
    ...[row.cancelledBy, toTime(holdEndOf(row))],
  ]);
}
