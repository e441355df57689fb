import {
  and,
  asc,
  eq,
  exists,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  ne,
  notExists,
  or,
  type SQL,
  sql,
} from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import { execute } from '../actor/client.ts';
import { expectedNowhere, forgetting } from '../db/attendees.ts';
import { firstIdAt, historyLine } from '../db/history.ts';
import { forgetAnswers } from '../db/idempotency.ts';
import {
  attendees,
  closedAccounts,
  events,
  history,
  refreshFamilies,
  reservations,
  type UserRow,
  users,
} from '../db/tables.ts';
import type { Action } from '../domain/commands.ts';
import { eventIdOf } from '../domain/ids.ts';
import {
  ACTIVE_STATUSES,
  type EventId,
  type Instant,
  type Principal,
  type ReservationId,
  type UserId,
} from '../domain/model.ts';
import { ACCESS_TOKEN_SECONDS } from '../http/auth.ts';
import { hasOtherAdmin } from './users-queries.ts';

/** Commands that one step sends to actors side by side. */
const STEP = 25;
const STEPS_PER_REQUEST = 4;
const STEPS_PER_RUN = 20;
const ACCOUNTS_PER_RUN = 20;
/** Once the last access token has expired and lists have caught up, nothing new can be reserved for the account. */
const WATCHED_MS = 2 * ACCESS_TOKEN_SECONDS * 1000;

/** How an account comes to hold seats or a place in line. */
const TAKING = ['reservation_created', 'reservation_reactivated', 'reservation_transferred'];

/** Why an account stays. */
export type Kept = 'wrong_password' | 'account_has_events' | 'last_admin';

/**
 * Deletes the account's row and with it all personal data, signs every device out, forgets the answers
 * that were kept for repeats of its requests, and notes that its reservations
 * are to be cancelled: one transaction, so that a crash after it forgets nothing.
 * @returns null: done; `wrong_password`: the row is gone, or has another password by now
 */
export async function closeAccount(db: DrizzleD1Database, user: UserRow, now: Instant): Promise<Kept | null> {
  const upcoming = db.select({ id: events.id }).from(events).where(runsUpcoming(user.id, now)).limit(1);
  const closable = and(
    eq(users.id, user.id),
    eq(users.passwordHash, user.passwordHash),
    notExists(upcoming),
    or(ne(users.role, 'admin'), isNotNull(users.disabledAt), hasOtherAdmin(db, user.id)),
  );
  const its = { at: now, userId: user.id, action: 'account_deleted', subjectType: 'user', subjectId: user.id } as const;
  const note = {
    userId: users.id,
    closedAt: sql<number>`${now}`.as('closed_at'),
    checkedAt: sql<number>`${now}`.as('checked_at'),
  };
  const [, , , , [deleted], published, [row]] = await db.batch([
    historyLine(db, its, users, closable),
    db.insert(closedAccounts).select(db.select(note).from(users).where(closable)),
    db.delete(refreshFamilies).where(and(eq(refreshFamilies.userId, user.id), exists(noted(db, user.id)))),
    forgetAnswers(db, user.id, exists(noted(db, user.id))),
    db.delete(users).where(closable).returning({ id: users.id }),
    upcoming,
    db.select({ hash: users.passwordHash }).from(users).where(eq(users.id, user.id)),
  ]);
  if (deleted) return null;
  if (row?.hash !== user.passwordHash) return 'wrong_password';
  return published.length > 0 ? 'account_has_events' : 'last_admin';
}

function noted(db: DrizzleD1Database, id: UserId) {
  return db.select({ id: closedAccounts.userId }).from(closedAccounts).where(eq(closedAccounts.userId, id));
}

/** Which published events of the organizer have not ended. */
function runsUpcoming(organizerId: UserId, now: Instant): SQL | undefined {
  return and(
    eq(events.organizerId, organizerId),
    eq(events.status, 'published'),
    isNull(events.deletedAt),
    gt(events.endTime, now),
  );
}

/**
 * Cancels the first of a closed account's reservations; what is beyond some steps, or out of reach, waits for
 * `finishClosing`.
 */
export async function startClosing(env: Env, db: DrizzleD1Database, userId: UserId, now: Instant): Promise<void> {
  const { isDone } = await cancelAll(env, db, { userId, closedAt: now }, now, STEPS_PER_REQUEST);
  if (isDone) await forgetAttendees(db, userId, now, STEPS_PER_REQUEST);
}

/**
 * Goes on with the accounts that were closed: cancels what they still have, forgets whom they registered, and then them, when
 * nothing is left and no access token can bring anything new. Bounded, safe to repeat, and to stop anywhere.
 */
export async function finishClosing(env: Env, db: DrizzleD1Database, now: Instant): Promise<void> {
  const closed = await db.select().from(closedAccounts).orderBy(asc(closedAccounts.checkedAt)).limit(ACCOUNTS_PER_RUN);
  let steps = STEPS_PER_RUN;
  for (const { userId, closedAt } of closed) {
    if (steps <= 0) return;
    const { isDone, stepsTaken } = await cancelAll(env, db, { userId, closedAt }, now, steps);
    steps -= stepsTaken;
    await forgetAnswers(db, userId, undefined);
    const its = eq(closedAccounts.userId, userId);
    const forgotten = isDone ? await forgetAttendees(db, userId, now, steps) : null;
    steps -= forgotten?.stepsTaken ?? 0;
    if (forgotten?.isDone && now >= closedAt + WATCHED_MS) await db.delete(closedAccounts).where(its);
    else await db.update(closedAccounts).set({ checkedAt: now }).where(its);
  }
}

interface Closed {
  readonly userId: UserId;
  readonly closedAt: Instant;
}

/**
 * Cancels, in the name of the account, its active reservations, as far as any holder still may; and whatever a token that
 * was still out has reserved or published since, however late it is.
 */
async function cancelAll(env: Env, db: DrizzleD1Database, closed: Closed, now: Instant, stepsMax: number) {
  const { userId } = closed;
  let after = '';
  let afterEvent = '';
  for (let step = 1; step <= stepsMax; step += 1) {
    const held = await cancellableAfter(db, closed, now, after);
    const eventIds = await publishedAfter(db, userId, now, afterEvent);
    const done = await Promise.all([
      ...held.map(({ id: reservationId, isLate }) => {
        const role = isLate ? 'admin' : 'customer';
        return cancelled(env, { userId, role }, eventIdOf(reservationId), { type: 'cancel', reservationId });
      }),
      ...eventIds.map((id) => cancelled(env, { userId, role: 'customer' }, id, { type: 'cancel_event' })),
    ]);
    if (done.includes(false)) return { isDone: false, stepsTaken: step };
    after = held.at(-1)?.id ?? after;
    afterEvent = eventIds.at(-1) ?? afterEvent;
    if (held.length < STEP && eventIds.length < STEP) return { isDone: true, stepsTaken: step };
  }
  return { isDone: false, stepsTaken: stepsMax };
}

/** Whether the actor has answered; that it refused, as after `cancel_until`, is an answer too. */
async function cancelled(env: Env, principal: Principal, eventId: EventId, action: Action) {
  try {
    await execute(env, eventId, principal, action);
    return true;
  } catch (error) {
    console.warn(JSON.stringify({ warning: 'closing an account waits', event_id: eventId, error: `${error}` }));
    return false;
  }
}

function cancellableAfter(db: DrizzleD1Database, { userId, closedAt }: Closed, now: Instant, after: string) {
  // By the account itself, since it was closed; told by its history, whose lines are projected along with the rows.
  const late = exists(
    db
      .select({ id: history.id })
      .from(history)
      .where(
        and(
          eq(history.userId, userId),
          gte(history.id, firstIdAt(closedAt)),
          inArray(history.action, TAKING),
          eq(history.subjectId, reservations.id),
        ),
      ),
  );
  return db
    .select({ id: reservations.id, isLate: sql<number>`${late}` })
    .from(reservations)
    .innerJoin(events, eq(events.id, reservations.eventId))
    .where(
      and(
        eq(reservations.userId, userId),
        isNull(reservations.deletedAt),
        inArray(reservations.status, ACTIVE_STATUSES),
        or(
          sql`coalesce(${events.cancelUntil}, ${events.startTime}) > ${now}`,
          // Who only waits may leave the line at any time.
          eq(reservations.status, 'waitlisted'),
          late,
        ),
        gt(reservations.id, after as ReservationId),
      ),
    )
    .orderBy(asc(reservations.id))
    .limit(STEP);
}

async function publishedAfter(db: DrizzleD1Database, userId: UserId, now: Instant, after: string): Promise<EventId[]> {
  const rows = await db
    .select({ id: events.id })
    .from(events)
    .where(and(runsUpcoming(userId, now), gt(events.id, after as EventId)))
    .orderBy(asc(events.id))
    .limit(STEP);
  return rows.map(({ id }) => id);
}

/**
 * Deletes the attendees whom the account registered, but for those whom an event still expects; done where none is
 * left.
 */
async function forgetAttendees(db: DrizzleD1Database, userId: UserId, now: Instant, stepsMax: number) {
  const theirs = eq(attendees.userId, userId);
  let stepsTaken = 0;
  while (stepsTaken < stepsMax) {
    const rows = await db
      .select({ id: attendees.id })
      .from(attendees)
      .where(and(theirs, expectedNowhere(db, now)))
      .limit(STEP);
    const [first, ...others] = rows.flatMap(({ id }) => forgetting(db, id, userId, now, eq(attendees.id, id)));
    if (first === undefined) break;
    await db.batch([first, ...others]);
    stepsTaken += 1;
    if (rows.length < STEP) break;
  }
  const left = await db.select({ id: attendees.id }).from(attendees).where(theirs).limit(1).get();
  return { isDone: left === undefined, stepsTaken };
}
