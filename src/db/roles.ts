import { and, eq, isNull } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import type { Principal, Role, UserId } from '../domain/model.ts';
import { users } from './tables.ts';

/**
 * The role that the account has now, or null if there is no such account or it is disabled. An access token keeps the
 * role of its birth for up to 15 minutes: ask here before refusing what a newer role would allow.
 * @param db the primary database (`primary` of http/database.ts), since a replica may not know the newer role yet
 */
export async function currentRole(db: DrizzleD1Database, userId: UserId): Promise<Role | null> {
  const enabled = and(eq(users.id, userId), isNull(users.disabledAt));
  const row = await db.select({ role: users.role }).from(users).where(enabled).get();
  return row?.role ?? null;
}

/**
 * Whether the account is an admin's by now, whatever its token says: who lost that power has it no longer for the rest of
 * the token's life, and who got it need not wait for another.
 * @param db the primary database, as for `currentRole`
 */
export async function isAdminNow(db: DrizzleD1Database, { userId }: Principal): Promise<boolean> {
  return (await currentRole(db, userId)) === 'admin';
}

/** The caller in the role that they have by now, where the token's allows less than a newer one might. */
export async function inCurrentRole(db: DrizzleD1Database, principal: Principal): Promise<Principal> {
  if (principal.role !== 'customer') return principal;
  const role = await currentRole(db, principal.userId);
  return role === null ? principal : { ...principal, role };
}
