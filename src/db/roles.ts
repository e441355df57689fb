import { eq } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import type { Role, UserId } from '../domain/model.ts';
import { users } from './tables.ts';

/**
 * The role that the account has now, or null if there is no such account. An access token keeps the role of its
 * birth for up to 15 minutes: ask here before refusing what a newer role would allow.
 * @param db the primary database (`primary` of http/database.ts), since a replica may not know the newer role yet
 */
export async function currentRole(db: DrizzleD1Database, userId: UserId): Promise<Role | null> {
  const row = await db.select({ role: users.role }).from(users).where(eq(users.id, userId)).get();
  return row?.role ?? null;
}
