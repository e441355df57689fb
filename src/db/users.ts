import { eq } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import type { UserId } from '../domain/model.ts';
import { users } from './tables.ts';

/**
 * The id of the account with this id or username, or null if there is none.
 * @param user the username as its `usernameKey`
 */
export async function findUserId(
  db: DrizzleD1Database,
  user: { readonly id: UserId } | { readonly usernameKey: string },
): Promise<UserId | null> {
  const same = 'id' in user ? eq(users.id, user.id) : eq(users.usernameKey, user.usernameKey);
  return (await db.select({ id: users.id }).from(users).where(same).get())?.id ?? null;
}
