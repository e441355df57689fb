import { and, desc, eq, exists, gte, isNotNull, isNull, lt, ne, or, type SQL, sql } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import { alias } from 'drizzle-orm/sqlite-core';
import { changedAt, differs } from '../db/changes.ts';
import { historyLine } from '../db/history.ts';
import { refreshFamilies, type UserRow, users } from '../db/tables.ts';
import type { Instant, UserId } from '../domain/model.ts';
import { decodeCursor, listName, pageOf } from '../http/cursor.ts';
import { identifierKey } from '../http/identifiers.ts';
import { Problem } from '../http/problem.ts';
import type { UserChanges, UserQuery } from './users-schema.ts';

/** Sorts behind every text that begins with the same letters. */
const LAST_CHARACTER = '\u{10ffff}';

/**
 * A page of the accounts, newest first.
 * @throws Problem `validation_failed` for another list's cursor
 */
export async function listUsers(
  db: DrizzleD1Database,
  query: UserQuery,
): Promise<{ rows: readonly UserRow[]; nextCursor: string | null }> {
  const { limit, cursor, ...filters } = query;
  const list = listName('users', filters);
  const after = decodeCursor(list, ['string'], cursor);
  const { q, role, disabled } = filters;
  const rows = await db
    .select()
    .from(users)
    .where(
      and(
        q === undefined ? undefined : isCalled(identifierKey(q)),
        // The `+` lets SQLite begin with those that are disabled, who are few.
        role === undefined ? undefined : disabled ? sql`+${users.role} = ${role}` : eq(users.role, role),
        disabled === undefined ? undefined : disabled ? isNotNull(users.disabledAt) : isNull(users.disabledAt),
        after === null ? undefined : lt(users.id, after[0] as UserId),
      ),
    )
    // A user's id begins with the time of sign-up.
    .orderBy(desc(users.id))
    .limit(limit + 1);
  return pageOf(list, rows, limit, (row) => [row.id]);
}

/** Ranges rather than LIKE, whose case rules keep SQLite from using the indexes. */
function isCalled(prefix: string): SQL | undefined {
  const end = prefix + LAST_CHARACTER;
  return or(
    and(gte(users.usernameKey, prefix), lt(users.usernameKey, end)),
    and(gte(users.emailKey, prefix), lt(users.emailKey, end)),
  );
}

/**
 * Gives an account another role, or disables or enables it, in one statement: of two admins who demote each other at
 * once, one stays. Whoever is disabled is signed out everywhere. What the account is already is no change.
 * @param actorId the admin
 * @throws Problem `user_not_found`, `last_admin`, or `validation_failed` for an organizer without an organization
 */
export async function updateUser(
  db: DrizzleD1Database,
  id: UserId,
  { role, disabled }: UserChanges,
  actorId: UserId,
  now: Instant,
): Promise<UserRow> {
  const disabledAt = disabled ? sql`coalesce(${users.disabledAt}, ${now})` : null;
  const changes = {
    ...(role !== undefined && { role }),
    // Every organizer has an organization; its owner names it better with PUT /me/organizer.
    ...(role === 'organizer' && { organizationName: sql`coalesce(${users.organizationName}, ${users.username})` }),
    ...(disabled !== undefined && { disabledAt }),
  };
  const weakens = disabled === true || (role !== undefined && role !== 'admin');
  const allowed = weakens ? or(ne(users.role, 'admin'), isNotNull(users.disabledAt), hasOtherAdmin(db, id)) : undefined;
  const isDisabled = db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, id), isNotNull(users.disabledAt)));
  const those = and(eq(users.id, id), allowed);
  const isChange = differs(users, changes);
  const entry = {
    at: now,
    userId: actorId,
    ownerId: id,
    action: 'account_changed',
    subjectType: 'user',
    subjectId: id,
    details: { role, disabled },
  } as const;
  const [, [updated], , [row]] = await db.batch([
    historyLine(db, entry, users, and(those, isChange)),
    db
      .update(users)
      .set({ ...changes, updatedAt: changedAt(isChange, now, users.updatedAt) })
      .where(those)
      .returning(),
    db.delete(refreshFamilies).where(and(eq(refreshFamilies.userId, id), exists(isDisabled))),
    db.select().from(users).where(eq(users.id, id)),
  ]);
  if (updated) return updated;
  if (row === undefined) throw new Problem('user_not_found');
  throw new Problem('last_admin');
}

/** Whether another account is an admin and may log in. */
export function hasOtherAdmin(db: DrizzleD1Database, id: UserId): SQL {
  const other = alias(users, 'other');
  return exists(
    db
      .select({ id: other.id })
      .from(other)
      .where(and(eq(other.role, 'admin'), ne(other.id, id), isNull(other.disabledAt))),
  );
}
