import { and, eq, getTableColumns, inArray, isNull, ne, notExists, or, type SQL, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import { alias } from 'drizzle-orm/sqlite-core';
import { expectedNowhere, forgetting } from '../db/attendees.ts';
import { changedAt, differs } from '../db/changes.ts';
import { historyLine } from '../db/history.ts';
import { type AttendeeRow, attendees, events, type NewAttendee, reservations } from '../db/tables.ts';
import type { AttendeeId, Instant, UserId } from '../domain/model.ts';
import { decodeCursor, listName, pageOf } from '../http/cursor.ts';
import { identifierKey } from '../http/identifiers.ts';
import { foundIn, isOneOf, orderedBy } from '../http/order.ts';
import { Problem } from '../http/problem.ts';
import { prefixSearch } from '../http/search.ts';
import { sortKey } from '../http/text.ts';
import type { AttendeePatch, AttendeeQuery, WholeAttendee } from './schema.ts';

/** What the route adds to what the person says. */
type Registration = Pick<AttendeeRow, 'id' | 'userId' | 'editTokenHash'>;

/** The attendee as it will be stored, at its first version. */
export function newAttendee(registration: Registration, input: WholeAttendee, now: Instant): NewAttendee {
  return {
    ...registration,
    firstName: input.first_name,
    lastName: input.last_name,
    lastNameKey: sortKey(input.last_name),
    email: input.email,
    emailKey: identifierKey(input.email),
    phone: input.phone,
    dateOfBirth: input.date_of_birth,
    createdAt: now,
    updatedAt: now,
    version: 1,
  };
}

/** Whether the attendee is there. */
export function attendeeExists({ id }: NewAttendee): SQL {
  return sql`exists (select 1 from ${attendees} where ${attendees.id} = ${id})`;
}

/**
 * Registers the attendee, unless the e-mail address is taken.
 * @param keep what else belongs into the transaction
 */
export async function createAttendee(
  db: DrizzleD1Database,
  attendee: NewAttendee,
  keep: readonly BatchItem<'sqlite'>[],
): Promise<'email_taken' | null> {
  const { id, userId, createdAt } = attendee;
  const [inserted] = await db.batch([
    db
      .insert(attendees)
      .values(attendee)
      .onConflictDoNothing({ target: attendees.emailKey })
      .returning({ id: attendees.id }),
    historyLine(db, entryOf('attendee_registered', id, userId, createdAt), attendees, eq(attendees.id, id)),
    ...keep,
  ]);
  return inserted.length === 0 ? 'email_taken' : null;
}

/** @param userId who acts; null: somebody with the edit token, or anybody who registers */
function entryOf(action: string, id: AttendeeId, userId: UserId | null, at: Instant, details = {}) {
  const ownerId = sql`${attendees.userId}`;
  return { at, userId, ownerId, action, subjectType: 'attendee', subjectId: id, details } as const;
}

const SORTED_BY = {
  last_name: ['lastNameKey', 'string', 'asc'],
  '-last_name': ['lastNameKey', 'string', 'desc'],
  created_at: ['createdAt', 'number', 'asc'],
  '-created_at': ['createdAt', 'number', 'desc'],
} as const;

/**
 * A page of attendees.
 * @param organizerId whose: those with a reservation for this organizer's events, and those they registered; null: all
 * @throws Problem `validation_failed` for another list's cursor
 */
export async function listAttendees(
  db: DrizzleD1Database,
  organizerId: UserId | null,
  query: AttendeeQuery,
): Promise<{ rows: readonly AttendeeRow[]; nextCursor: string | null }> {
  const { limit, cursor, q, sort = 'last_name' } = query;
  const [column, type, direction] = SORTED_BY[sort];
  const order = orderedBy(attendees[column], attendees.id, direction);
  const list = listName('attendees', { q, sort, organizerId });
  const after = decodeCursor(list, [type, 'string'], cursor);
  const match = q === undefined ? undefined : prefixSearch(q);
  if (match === null) return { rows: [], nextCursor: null };
  const where = and(
    organizerId === null ? undefined : isOf(db, organizerId),
    after === null ? undefined : order.after(after),
  );
  const rows = await selectFrom(db, match, where)
    .orderBy(...order.by)
    .limit(limit + 1);
  return pageOf(list, rows, limit, (row) => [row[column], row.id]);
}

/** By the organizer's events to their reservations: a cross join, because SQLite keeps its order. */
function isOf(db: DrizzleD1Database, organizerId: UserId): SQL | undefined {
  const coming = db
    .select({ id: reservations.attendeeId })
    .from(events)
    .crossJoin(reservations)
    .where(
      and(
        eq(events.organizerId, organizerId),
        isNull(events.deletedAt),
        eq(reservations.eventId, events.id),
        isNull(reservations.deletedAt),
        sql`${reservations.attendeeId} is not null`,
      ),
    );
  return or(eq(attendees.userId, organizerId), inArray(attendees.id, coming));
}

/** A cross join, likewise: from the few that were found to the attendees, by number. */
function selectFrom(db: DrizzleD1Database, match: string | undefined, where: SQL | undefined) {
  const columns = getTableColumns(attendees);
  if (match === undefined) return db.select(columns).from(attendees).where(where).$dynamic();
  return db
    .select(columns)
    .from(foundIn('attendees_fts', match))
    .crossJoin(attendees)
    .where(and(sql`${attendees.num} = found.num`, where))
    .$dynamic();
}

/**
 * Changes what is named of the attendee, in one statement. What is known already is no change.
 * @param actorId who asks for it; null: somebody with the edit token
 * @param ifVersions the versions that the change is meant for; null: any
 * @throws Problem `attendee_not_found`, `version_mismatch` or `email_taken`
 */
export async function updateAttendee(
  db: DrizzleD1Database,
  id: AttendeeId,
  actorId: UserId | null,
  patch: AttendeePatch,
  ifVersions: readonly number[] | null,
  now: Instant,
): Promise<AttendeeRow> {
  const { first_name: firstName, last_name: lastName, email, phone, date_of_birth: dateOfBirth } = patch;
  const emailKey = email === undefined ? undefined : identifierKey(email);
  const named = { firstName, lastName, email, phone, dateOfBirth };
  const isChange = differs(attendees, named);
  const changes = {
    ...named,
    lastNameKey: lastName === undefined ? undefined : sortKey(lastName),
    emailKey,
    updatedAt: changedAt(isChange, now, attendees.updatedAt),
    version: sql`${attendees.version} + ${isChange}`,
  };
  const other = alias(attendees, 'other');
  const isFree =
    emailKey === undefined
      ? undefined
      : notExists(
          db
            .select({ id: other.id })
            .from(other)
            .where(and(eq(other.emailKey, emailKey), ne(other.id, id))),
        );
  const allowed = and(atVersion(id, ifVersions), isFree);
  const entry = entryOf('attendee_edited', id, actorId, now, { fields: Object.keys(patch) });
  const [, [updated], [row]] = await db.batch([
    historyLine(db, entry, attendees, and(allowed, isChange)),
    db.update(attendees).set(changes).where(allowed).returning(),
    db.select().from(attendees).where(eq(attendees.id, id)),
  ]);
  if (updated) return updated;
  throwUnlessAt(row, ifVersions);
  throw new Problem('email_taken');
}

/**
 * Forgets the attendee, unless an event expects them: everything personal is gone, kept answers too, and reservations
 * keep an id that says nothing.
 * @throws Problem `attendee_not_found`, `version_mismatch` or `attendee_has_reservations`
 */
export async function deleteAttendee(
  db: DrizzleD1Database,
  id: AttendeeId,
  actorId: UserId | null,
  ifVersions: readonly number[] | null,
  now: Instant,
): Promise<void> {
  const allowed = and(atVersion(id, ifVersions), expectedNowhere(db, now));
  const [, deleted, , [row]] = await db.batch([
    ...forgetting(db, id, actorId, now, allowed),
    db.select().from(attendees).where(eq(attendees.id, id)),
  ]);
  if (deleted.length > 0) return;
  throwUnlessAt(row, ifVersions);
  throw new Problem('attendee_has_reservations');
}

function atVersion(id: AttendeeId, ifVersions: readonly number[] | null): SQL | undefined {
  return and(eq(attendees.id, id), ifVersions === null ? undefined : isOneOf(attendees.version, ifVersions));
}

function throwUnlessAt(row: AttendeeRow | undefined, ifVersions: readonly number[] | null): void {
  if (row === undefined) throw new Problem('attendee_not_found');
  if (ifVersions !== null && !ifVersions.includes(row.version)) throw new Problem('version_mismatch');
}
