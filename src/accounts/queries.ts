import { and, eq, ne, notExists, or, type SQL, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import { alias } from 'drizzle-orm/sqlite-core';
import { changedAt, differs } from '../db/changes.ts';
import { historyLine } from '../db/history.ts';
import { type UserRow, users } from '../db/tables.ts';
import type { Instant, UserId } from '../domain/model.ts';
import { snakeCase } from '../domain/names.ts';
import { identifierKey, isEmail } from '../http/identifiers.ts';
import { openFamily } from './devices.ts';
import type { TokenRecord } from './refresh-tokens.ts';

/** Why a name can't be had. */
export type Taken = 'username_taken' | 'email_taken';

/** What a person chooses about the account; the keys follow from the names. */
type Profile = Pick<UserRow, 'username' | 'email' | 'organizationName' | 'businessAddress'>;

/** The account as it will be stored. */
export function newUser(
  chosen: Profile & Pick<UserRow, 'role'>,
  id: UserId,
  passwordHash: string,
  now: Instant,
): UserRow {
  const keys = { usernameKey: identifierKey(chosen.username), emailKey: identifierKey(chosen.email) };
  return { ...chosen, ...keys, id, passwordHash, disabledAt: null, createdAt: now, updatedAt: now };
}

/** Whether the account is there. */
export function userExists({ id }: UserRow): SQL {
  return sql`exists (select 1 from ${users} where ${users.id} = ${id})`;
}

/**
 * Creates the account and signs its first device in, in one transaction, or tells which name can't be had. Uniqueness
 * is the table's to judge, so that of two simultaneous sign-ups exactly one wins.
 * @param keep what else belongs into the transaction
 */
export async function createUser(
  db: DrizzleD1Database,
  user: UserRow,
  token: TokenRecord,
  keep: readonly BatchItem<'sqlite'>[],
): Promise<Taken | null> {
  const { usernameKey, emailKey } = user;
  const entry = { ...own(user.id, user.createdAt), action: 'signed_up', details: { role: user.role } };
  const [, , , found] = await db.batch([
    db.insert(users).values(user).onConflictDoNothing(),
    historyLine(db, entry, users, eq(users.id, user.id)),
    openFamily(db, token, user.id, user.passwordHash, user.createdAt),
    db
      .select()
      .from(users)
      .where(or(eq(users.usernameKey, usernameKey), eq(users.emailKey, emailKey))),
    ...keep,
  ]);
  return found.some((row) => row.id === user.id) ? null : takenBy(found, usernameKey);
}

/** What somebody does to their own account. */
function own(id: UserId, at: Instant) {
  return { at, userId: id, subjectType: 'user', subjectId: id } as const;
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

/** Changes what is named of the account's profile, unless it is so already; null if there is no such account. */
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
  const free = and(eq(users.id, id), notExists(db.select({ id: other.id }).from(other).where(sameName)));
  const entry = { ...own(id, now), action: 'profile_edited', details: { fields: Object.keys(changes).map(snakeCase) } };
  const isChange = differs(users, changes);
  const [, [updated], others] = await db.batch([
    historyLine(db, entry, users, and(free, isChange)),
    db
      .update(users)
      .set({ ...changes, ...keys, updatedAt: changedAt(isChange, now, users.updatedAt) })
      .where(free)
      .returning(),
    db.select().from(other).where(sameName),
  ]);
  if (updated) return updated;
  return others.length > 0 ? takenBy(others, keys.usernameKey) : null;
}

/**
 * Gives the account its organization and, unless it is more already, the role of an organizer; null if unknown. An
 * organizer's own organization is no change.
 */
export async function becomeOrganizer(
  db: DrizzleD1Database,
  id: UserId,
  organization: { readonly organizationName: string; readonly businessAddress: string | null },
  now: Instant,
): Promise<UserRow | null> {
  const role = sql`CASE ${users.role} WHEN 'customer' THEN 'organizer' ELSE ${users.role} END`;
  const action = sql`CASE ${users.role} WHEN 'customer' THEN 'became_organizer' ELSE 'organization_changed' END`;
  const changes = { ...organization, role };
  const isChange = differs(users, changes);
  const [, [row]] = await db.batch([
    historyLine(db, { ...own(id, now), action }, users, and(eq(users.id, id), isChange)),
    db
      .update(users)
      .set({ ...changes, updatedAt: changedAt(isChange, now, users.updatedAt) })
      .where(eq(users.id, id))
      .returning(),
  ]);
  return row ?? null;
}

/** Puts a newer hash of the same password in place of the one that was just verified. */
export async function replaceHash(db: DrizzleD1Database, id: UserId, oldHash: string, newHash: string): Promise<void> {
  await db
    .update(users)
    .set({ passwordHash: newHash })
    .where(and(eq(users.id, id), eq(users.passwordHash, oldHash)));
}
