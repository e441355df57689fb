import { and, desc, eq, exists, getTableColumns, gt, isNull, ne, notInArray, sql } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import { historyLine } from '../db/history.ts';
import { refreshFamilies, type UserRow, users } from '../db/tables.ts';
import type { Instant, UserId } from '../domain/model.ts';
import { DEVICES_MAX, type IssuedToken, issueToken, REFRESH_TOKEN_MS, type TokenRecord } from './refresh-tokens.ts';

/** A signed-in device: whose it is, and the token that it continues with. */
export interface Device {
  readonly user: UserRow;
  readonly refreshToken: string;
}

/**
 * The statement that signs a device in, if the account is enabled and its password still the one with this hash:
 * whoever changes the password, or disables the account, ends every login that was under way.
 */
export function openFamily(
  db: DrizzleD1Database,
  token: TokenRecord,
  userId: UserId,
  passwordHash: string,
  now: Instant,
) {
  return db.insert(refreshFamilies).select(
    db
      .select({
        id: sql<string>`${token.familyId}`.as('id'),
        userId: users.id,
        tokenHash: sql<string>`${token.hash}`.as('token_hash'),
        createdAt: sql<number>`${now}`.as('created_at'),
        expiresAt: sql<number>`${now + REFRESH_TOKEN_MS}`.as('expires_at'),
      })
      .from(users)
      .where(and(eq(users.id, userId), eq(users.passwordHash, passwordHash), isNull(users.disabledAt))),
  );
}

/** The statement that forgets expired devices, and beyond DEVICES_MAX those silent for longest. */
function trimFamilies(db: DrizzleD1Database, userId: UserId, now: Instant) {
  const kept = db
    .select({ id: refreshFamilies.id })
    .from(refreshFamilies)
    .where(and(eq(refreshFamilies.userId, userId), gt(refreshFamilies.expiresAt, now)))
    .orderBy(desc(refreshFamilies.expiresAt))
    .limit(DEVICES_MAX);
  return db
    .delete(refreshFamilies)
    .where(and(eq(refreshFamilies.userId, userId), notInArray(refreshFamilies.id, kept)));
}

/** The statement that finds whose current token this is. */
function ownerOf(db: DrizzleD1Database, token: TokenRecord) {
  return db
    .select(getTableColumns(users))
    .from(refreshFamilies)
    .innerJoin(users, eq(users.id, refreshFamilies.userId))
    .where(and(eq(refreshFamilies.id, token.familyId), eq(refreshFamilies.tokenHash, token.hash)));
}

function device([user]: readonly UserRow[], token: IssuedToken): Device | null {
  return user === undefined ? null : { user, refreshToken: token.token };
}

/** Signs a new device in. Null if the account was disabled or its password isn't the one with this hash any more. */
export async function signIn(
  db: DrizzleD1Database,
  userId: UserId,
  passwordHash: string,
  now: Instant,
): Promise<Device | null> {
  const token = issueToken();
  const entry = { at: now, userId, action: 'logged_in', subjectType: 'user', subjectId: userId } as const;
  const [, , , owners] = await db.batch([
    openFamily(db, token, userId, passwordHash, now),
    historyLine(db, entry, refreshFamilies, eq(refreshFamilies.id, token.familyId)),
    trimFamilies(db, userId, now),
    ownerOf(db, token),
  ]);
  return device(owners, token);
}

/**
 * Exchanges the token of a device for its successor, in one transaction. Null if it isn't valid; then its family is
 * gone: a spent token in use again means that two hold it, and no server can tell which of them is the thief (RFC
 * 9700, 4.14.2). That goes for the loser of two simultaneous uses too; telling it apart by time would let a thief
 * who wins such a race go unnoticed.
 */
export async function rotate(db: DrizzleD1Database, spent: TokenRecord, now: Instant): Promise<Device | null> {
  const next = issueToken(spent.familyId);
  const revoked = and(eq(refreshFamilies.id, spent.familyId), ne(refreshFamilies.tokenHash, next.hash));
  const [, , , owners] = await db.batch([
    db
      .update(refreshFamilies)
      .set({ tokenHash: next.hash, expiresAt: now + REFRESH_TOKEN_MS })
      .where(
        and(
          eq(refreshFamilies.id, spent.familyId),
          eq(refreshFamilies.tokenHash, spent.hash),
          gt(refreshFamilies.expiresAt, now),
        ),
      ),
    historyLine(db, deviceEntry('session_revoked', now), refreshFamilies, revoked),
    db.delete(refreshFamilies).where(revoked),
    ownerOf(db, next),
  ]);
  return device(owners, next);
}

/** What happens to the device of a refresh family's row, done by the account that it is signed in to. */
function deviceEntry(action: 'logged_out' | 'session_revoked' | 'logged_out_everywhere', at: Instant) {
  const account = sql`${refreshFamilies.userId}`;
  return { at, userId: account, action, subjectType: 'user', subjectId: account } as const;
}

/** Signs out the device that holds, or once held, this token. */
export async function signOut(db: DrizzleD1Database, token: TokenRecord, now: Instant): Promise<void> {
  const its = eq(refreshFamilies.id, token.familyId);
  await db.batch([
    historyLine(db, deviceEntry('logged_out', now), refreshFamilies, its),
    db.delete(refreshFamilies).where(its),
  ]);
}

/** Signs out every device of the account. */
export async function signOutEverywhere(db: DrizzleD1Database, userId: UserId, now: Instant): Promise<void> {
  const theirs = eq(refreshFamilies.userId, userId);
  await db.batch([
    historyLine(db, deviceEntry('logged_out_everywhere', now), refreshFamilies, theirs),
    db.delete(refreshFamilies).where(theirs),
  ]);
}

/**
 * Replaces the password, signs every device out and a new one in, in one transaction. Null if the account is gone or
 * disabled, or its password isn't the one with `oldHash` any more; then nothing changed.
 */
export async function changePassword(
  db: DrizzleD1Database,
  userId: UserId,
  oldHash: string,
  newHash: string,
  now: Instant,
): Promise<Device | null> {
  const token = issueToken();
  // A hash has a fresh salt: if it is there, this call put it there.
  const changed = db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, userId), eq(users.passwordHash, newHash)));
  const entry = { at: now, userId, action: 'password_changed', subjectType: 'user', subjectId: userId } as const;
  const [, , , , owners] = await db.batch([
    db
      .update(users)
      .set({ passwordHash: newHash, updatedAt: now })
      .where(and(eq(users.id, userId), eq(users.passwordHash, oldHash), isNull(users.disabledAt))),
    historyLine(db, entry, users, and(eq(users.id, userId), eq(users.passwordHash, newHash))),
    db.delete(refreshFamilies).where(and(eq(refreshFamilies.userId, userId), exists(changed))),
    openFamily(db, token, userId, newHash, now),
    ownerOf(db, token),
  ]);
  return device(owners, token);
}
