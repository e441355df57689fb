import { and, eq, ne, notExists, or, sql } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import { alias } from 'drizzle-orm/sqlite-core';
import { type UserRow, users } from '../db/tables.ts';
import type { Instant, UserId } from '../domain/model.ts';
import { identifierKey, isEmail } from '../http/identifiers.ts';
import { type Device, openFamily } from './devices.ts';
import { issueToken } from './refresh-tokens.ts';

/** Why a name can't be had. */
export type Taken = 'username_taken' | 'email_taken';

/** What a person chooses about the account; the keys follow from the names. */
type Profile = Pick<UserRow, 'username' | 'email' | 'organizationName' | 'businessAddress'>;
export type NewUser = Profile & Pick<UserRow, 'id' | 'passwordHash' | 'role'>;

/**
 * Creates the account and signs its first device in, in one transaction. Uniqueness is the table's to judge, so that
 * of two simultaneous sign-ups exactly one wins.
 */
export async function createUser(db: DrizzleD1Database, user: NewUser, now: Instant): Promise<Device | Taken> {
  const token = issueToken();
  const usernameKey = identifierKey(user.username);
  const emailKey = identifierKey(user.email);
  const [, , found] = await db.batch([
    db
      .insert(users)
      .values({ ...user, usernameKey, emailKey, createdAt: now, updatedAt: now })
      .onConflictDoNothing(),
    openFamily(db, token, user.id, user.passwordHash, now),
    db
      .select()
      .from(users)
      .where(or(eq(users.usernameKey, usernameKey), eq(users.emailKey, emailKey))),
  ]);
  const created = found.find((row) => row.id === user.id);
  return created ? { user: created, refreshToken: token.token } : takenBy(found, usernameKey);
}

function takenBy(others: readonly UserRow[], usernameKey: string | undefined): Taken {
  return others.some((other) => other.usernameKey === usernameKey) ? 'username_taken' : 'email_taken';
}

/** The account with this id, or null. */
export async function findUser(db: DrizzleD1Database, id: UserId): Promise<UserRow | null> {
  return (await db.select().from(users).where(eq(users.id, id)).get()) ?? null;
}

/**
 * The account with this username or e-mail address, or null.
 * @param key the identifier's `identifierKey`
 */
export async function findUserByKey(db: DrizzleD1Database, key: string): Promise<UserRow | null> {
  const column = isEmail(key) ? users.emailKey : users.usernameKey;
  return (await db.select().from(users).where(eq(column, key)).get()) ?? null;
}

/** Changes what is named of the account's profile; null if there is no such account. */
export async function updateProfile(
  db: DrizzleD1Database,
  id: UserId,
  changes: { readonly [Field in keyof Profile]?: Profile[Field] | undefined },
  now: Instant,
): Promise<UserRow | Taken | null> {
  const keys = {
    ...(changes.username !== undefined && { usernameKey: identifierKey(changes.username) }),
    ...(changes.email !== undefined && { emailKey: identifierKey(changes.email) }),
  };
  const other = alias(users, 'other');
  const sameName = and(
    ne(other.id, id),
    or(
      keys.usernameKey === undefined ? sql`false` : eq(other.usernameKey, keys.usernameKey),
      keys.emailKey === undefined ? sql`false` : eq(other.emailKey, keys.emailKey),
    ),
  );
  const [[updated], others] = await db.batch([
    db
      .update(users)
      .set({ ...changes, ...keys, updatedAt: now })
      .where(and(eq(users.id, id), notExists(db.select({ id: other.id }).from(other).where(sameName))))
      .returning(),
    db.select().from(other).where(sameName),
  ]);
  if (updated) return updated;
  return others.length > 0 ? takenBy(others, keys.usernameKey) : null;
}

/** Gives the account its organization and, unless it is more already, the role of an organizer; null if unknown. */
export async function becomeOrganizer(
  db: DrizzleD1Database,
  id: UserId,
  organization: { readonly organizationName: string; readonly businessAddress: string | null },
  now: Instant,
): Promise<UserRow | null> {
  const role = sql`CASE ${users.role} WHEN 'customer' THEN 'organizer' ELSE ${users.role} END`;
  const [row] = await db
    .update(users)
    .set({ ...organization, role, updatedAt: now })
    .where(eq(users.id, id))
    .returning();
  return row ?? null;
}

/** Puts a newer hash of the same password in place of the one that was just verified. */
export async function replaceHash(db: DrizzleD1Database, id: UserId, oldHash: string, newHash: string): Promise<void> {
  await db
    .update(users)
    .set({ passwordHash: newHash })
    .where(and(eq(users.id, id), eq(users.passwordHash, oldHash)));
}
