import { createHash } from 'node:crypto';
import { and, eq, gt, inArray, isNull, ne, notExists, or, type SQL, sql } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import type { AttendeeId, Instant, Principal, UserId } from '../domain/model.ts';
import { historyLine } from './history.ts';
import { forgetAnswersAbout } from './idempotency.ts';
import { isAdminNow } from './roles.ts';
import { type AttendeeRow, attendees, events, reservations } from './tables.ts';

/** What a request shows of who sends it. */
export interface AttendeeCaller {
  readonly principal: Principal | null;
  /** The secret given out when the attendee was registered. */
  readonly editToken: string | undefined;
}

/** An attendee as far as the caller may read them. */
export interface ReadableAttendee {
  readonly attendee: AttendeeRow;
  /** Null: the caller may change them. Else the organizer who may only read, and of reservations only their own events'. */
  readonly organizerId: UserId | null;
}

/** An edit token as it is stored. It has 256 random bits: a slow hash would add nothing. */
export function editTokenHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/**
 * The attendee, if the caller may act for them: whoever registered them, by edit token or signed in, or an admin.
 * Null if not, or if there is no such attendee.
 * @param db the primary database, which knows who is an admin now
 */
export async function attendeeToActFor(
  db: DrizzleD1Database,
  id: AttendeeId,
  caller: AttendeeCaller,
): Promise<AttendeeRow | null> {
  const attendee = await findAttendee(db, id);
  return attendee !== null && (await actsFor(db, attendee, caller)) ? attendee : null;
}

/**
 * The attendee, if the caller may read them: whoever may act for them, or the organizer of an event that they have a
 * reservation for. Null if not, or if there is no such attendee.
 * @param primary the primary database, which knows who is an admin now
 */
export async function attendeeToRead(
  db: DrizzleD1Database,
  primary: DrizzleD1Database,
  id: AttendeeId,
  caller: AttendeeCaller,
): Promise<ReadableAttendee | null> {
  const attendee = await findAttendee(db, id);
  if (attendee === null) return null;
  if (await actsFor(primary, attendee, caller)) return { attendee, organizerId: null };
  const organizerId = caller.principal?.userId;
  if (organizerId === undefined || !(await comesTo(db, id, organizerId))) return null;
  return { attendee, organizerId };
}

/** Whether there is such an attendee. */
export async function isAttendee(db: DrizzleD1Database, id: AttendeeId): Promise<boolean> {
  return (await findAttendee(db, id)) !== null;
}

async function findAttendee(db: DrizzleD1Database, id: AttendeeId): Promise<AttendeeRow | null> {
  return (await db.select().from(attendees).where(eq(attendees.id, id)).get()) ?? null;
}

async function actsFor(
  primary: DrizzleD1Database,
  attendee: AttendeeRow,
  { principal, editToken }: AttendeeCaller,
): Promise<boolean> {
  if (editToken !== undefined && editTokenHash(editToken) === attendee.editTokenHash) return true;
  if (principal === null) return false;
  return principal.userId === attendee.userId || isAdminNow(primary, principal);
}

async function comesTo(db: DrizzleD1Database, id: AttendeeId, organizerId: UserId): Promise<boolean> {
  const reservation = await db
    .select({ id: reservations.id })
    .from(reservations)
    .innerJoin(events, eq(events.id, reservations.eventId))
    .where(
      and(
        eq(reservations.attendeeId, id),
        isNull(reservations.deletedAt),
        eq(events.organizerId, organizerId),
        isNull(events.deletedAt),
      ),
    )
    .limit(1)
    .get();
  return reservation !== undefined;
}

/**
 * Which attendees may be forgotten: those whom no event that is to come or goes on expects. Judged as the read model has
 * it, which may be moments behind; a hold whose time is over expects nobody, whatever its row says.
 */
export function expectedNowhere(db: DrizzleD1Database, now: Instant): SQL {
  const coming = db
    .select({ id: reservations.id })
    .from(reservations)
    .innerJoin(events, eq(events.id, reservations.eventId))
    .where(
      and(
        eq(reservations.attendeeId, attendees.id),
        isNull(reservations.deletedAt),
        or(
          inArray(reservations.status, ['confirmed', 'waitlisted']),
          and(eq(reservations.status, 'pending'), gt(reservations.expiresAt, now)),
        ),
        isNull(events.deletedAt),
        ne(events.status, 'cancelled'),
        gt(events.endTime, now),
      ),
    );
  return notExists(coming);
}

/**
 * The statements that forget an attendee, with a line in the history and what was answered about them, if a condition on
 * their row holds by then; the second gives the id of who is gone.
 * @param actorId who asks for it; null: somebody with the edit token
 */
export function forgetting(
  db: DrizzleD1Database,
  id: AttendeeId,
  actorId: UserId | null,
  at: Instant,
  where: SQL | undefined,
) {
  const ownerId = sql`${attendees.userId}`;
  const line = {
    at,
    userId: actorId,
    ownerId,
    action: 'attendee_deleted',
    subjectType: 'attendee',
    subjectId: id,
  } as const;
  return [
    historyLine(db, line, attendees, where),
    db.delete(attendees).where(where).returning({ id: attendees.id }),
    forgetAnswersAbout(db, id),
  ] as const;
}
