import { createHash } from 'node:crypto';
import { and, eq, gt, inArray, lte, notExists, type SQL, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import { type AttendeeId, type Instant, LIMITS, type UserId } from '../domain/model.ts';
import { seal, unseal } from './seal.ts';
import { attendees, idempotencyKeys } from './tables.ts';

/** A client's name for its request within its scope, and what it asks for. */
export interface Key {
  readonly key: string;
  readonly fingerprint: string;
  /** The account whose deletion takes the answer along; absent or null: it holds nothing personal, or nobody's. */
  readonly userId?: UserId | null;
  /** The attendee who takes the answer along when they are forgotten; absent: it is about none. */
  readonly attendeeId?: AttendeeId;
}

/** An answer, and whether an earlier request with the same key got it first. */
export interface Once<T> {
  readonly answer: T;
  readonly replayed: boolean;
}

/** The key was used for another request. */
export type Reused = 'idempotency_key_reused';

const REUSED: Reused = 'idempotency_key_reused';
/** Expired keys that one request forgets, so that the table stays as small as a day's use. */
const PRUNED_PER_REQUEST = 100;
const BATCHES_PER_RUN = 50;

/**
 * Creates something in D1 once per key, however often and however simultaneously that is asked: the answer is kept in
 * the same batch as the effect.
 * @param secret encrypts the answer at rest
 * @param key undefined: the client sent none, so each request has its effect
 * @param answer what to answer if this request is the first
 * @param commit runs one batch with its own statements and then `keep`; it answers null, or why nothing was created
 * @param created whether the effect took place, for batches that may do nothing without failing
 */
export async function once<T, Refusal extends string = never>(
  db: DrizzleD1Database,
  secret: string,
  key: Key | undefined,
  now: Instant,
  answer: T,
  commit: (keep: readonly BatchItem<'sqlite'>[]) => Promise<Refusal | null>,
  created: SQL = sql`true`,
): Promise<Once<T> | Refusal | Reused> {
  if (key === undefined) return (await commit([])) ?? { answer, replayed: false };
  const before = await recall<T>(db, secret, key, now);
  if (before !== null) return before;
  const keep = await keeping(db, secret, key, now, answer, created);
  try {
    const refusal = await commit(keep);
    if (refusal === null) return { answer, replayed: false };
    // What stands in the way may be what another request with this key has just created.
    return (await recall<T>(db, secret, key, now)) ?? refusal;
  } catch (error) {
    const meanwhile = await recall<T>(db, secret, key, now);
    if (meanwhile === null) throw error;
    return meanwhile;
  }
}

/**
 * The id to create something under that isn't in D1: one for all equal requests with the key, until it is forgotten.
 * @param fresh the id if this request is the first
 * @returns whether it was claimed for the same request
 */
export async function claimId<Id extends string>(
  db: DrizzleD1Database,
  { key, fingerprint }: Key,
  fresh: Id,
  now: Instant,
): Promise<{ readonly id: Id; readonly isSame: boolean }> {
  const expiredAt = now - LIMITS.idempotencyMs;
  const set = { at: now, fingerprint, answer: fresh };
  const [, , [claim]] = await db.batch([
    prune(db, expiredAt),
    db
      .insert(idempotencyKeys)
      .values({ key: hashed(key), ...set })
      .onConflictDoUpdate({ target: idempotencyKeys.key, set, setWhere: lte(idempotencyKeys.at, expiredAt) }),
    db
      .select()
      .from(idempotencyKeys)
      .where(eq(idempotencyKeys.key, hashed(key))),
  ]);
  if (claim === undefined) throw new Error('a claim was written and is not there');
  return { id: claim.answer as Id, isSame: claim.fingerprint === fingerprint };
}

/** The id that was claimed with the key for the same request; null: none that is remembered. */
export async function claimedId<Id extends string>(
  db: DrizzleD1Database,
  { key, fingerprint }: Key,
  now: Instant,
): Promise<Id | null> {
  const claim = await remembered(db, key, now);
  return claim?.fingerprint === fingerprint ? (claim.answer as Id) : null;
}

/** Claims an id anew for a request, if the key still belongs to the one that came to nothing. */
export async function replaceClaim(
  db: DrizzleD1Database,
  { key, fingerprint }: Key,
  id: string,
  fresh: string,
  now: Instant,
): Promise<void> {
  const its = and(eq(idempotencyKeys.key, hashed(key)), eq(idempotencyKeys.answer, id));
  await db.update(idempotencyKeys).set({ at: now, fingerprint, answer: fresh }).where(its);
}

/** What is kept under the key, unless it is too old to count. */
function remembered(db: DrizzleD1Database, key: string, now: Instant) {
  const fresh = gt(idempotencyKeys.at, now - LIMITS.idempotencyMs);
  return db
    .select()
    .from(idempotencyKeys)
    .where(and(eq(idempotencyKeys.key, hashed(key)), fresh))
    .get();
}

async function recall<T>(
  db: DrizzleD1Database,
  secret: string,
  { key, fingerprint }: Key,
  now: Instant,
): Promise<Once<T> | Reused | null> {
  const kept = await remembered(db, key, now);
  if (kept === undefined) return null;
  if (kept.fingerprint !== fingerprint) return REUSED;
  return { answer: JSON.parse(await unseal(secret, key, kept.answer)) as T, replayed: true };
}

/** The statements that keep the answer; they fail, and the batch with them, if the key has been used meanwhile. */
async function keeping(
  db: DrizzleD1Database,
  secret: string,
  { key, fingerprint, userId = null, attendeeId }: Key,
  now: Instant,
  answer: unknown,
  created: SQL,
): Promise<readonly BatchItem<'sqlite'>[]> {
  const expiredAt = now - LIMITS.idempotencyMs;
  const sealed = await seal(secret, key, JSON.stringify(answer));
  const account = userId === null ? null : hashed(userId);
  const attendee = attendeeId === undefined ? null : hashed(attendeeId);
  return [
    prune(db, expiredAt),
    db.delete(idempotencyKeys).where(and(eq(idempotencyKeys.key, hashed(key)), lte(idempotencyKeys.at, expiredAt))),
    db
      .insert(idempotencyKeys)
      .select(sql`select ${hashed(key)}, ${now}, ${fingerprint}, ${sealed}, ${account}, ${attendee} where ${created}`),
  ];
}

/** The statement that forgets what was answered about the account. */
export function forgetAnswers(db: DrizzleD1Database, userId: UserId, where: SQL | undefined) {
  return db.delete(idempotencyKeys).where(and(eq(idempotencyKeys.account, hashed(userId)), where));
}

/** The statement that forgets what was answered about the attendee, if by then they are forgotten. */
export function forgetAnswersAbout(db: DrizzleD1Database, id: AttendeeId) {
  const still = db.select({ id: attendees.id }).from(attendees).where(eq(attendees.id, id));
  return db.delete(idempotencyKeys).where(and(eq(idempotencyKeys.attendee, hashed(id)), notExists(still)));
}

/** Forgets keys that no request came to forget: what was answered holds personal data. The next run goes on. */
export async function pruneKeys(db: DrizzleD1Database, now: Instant): Promise<void> {
  for (let batch = 0; batch < BATCHES_PER_RUN; batch += 1) {
    const { meta } = await prune(db, now - LIMITS.idempotencyMs).run();
    if (meta.changes < PRUNED_PER_REQUEST) return;
  }
}

function prune(db: DrizzleD1Database, expiredAt: Instant) {
  const oldest = db
    .select({ key: idempotencyKeys.key })
    .from(idempotencyKeys)
    .where(lte(idempotencyKeys.at, expiredAt))
    .orderBy(idempotencyKeys.at)
    .limit(PRUNED_PER_REQUEST);
  return db.delete(idempotencyKeys).where(inArray(idempotencyKeys.key, oldest));
}

function hashed(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
