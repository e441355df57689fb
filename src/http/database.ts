import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1';
import { validationProblem } from './problem.ts';

const BOOKMARK = /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/;

/** What a session needs of a request's context, whether or not its caller had to sign in. */
interface RequestContext {
  readonly env: Pick<Env, 'DB'>;
  readonly req: { header(name: string): string | undefined };
  get(key: 'session'): D1DatabaseSession | undefined;
  set(key: 'session', value: D1DatabaseSession): void;
}

/**
 * This request's D1 session: it reads at least as fresh as the bookmark in `X-D1-Bookmark`, if one was sent, and the
 * response carries its own bookmark.
 * @throws Problem `validation_failed` for a bookmark that D1 never gave
 */
function session(c: RequestContext): D1DatabaseSession {
  const open = c.get('session');
  if (open) return open;
  const sent = c.req.header('x-d1-bookmark');
  if (sent !== undefined && !BOOKMARK.test(sent)) {
    throw validationProblem([{ pointer: '/X-D1-Bookmark', code: 'invalid_format', detail: 'Not a D1 bookmark.' }]);
  }
  const opened = c.env.DB.withSession(sent ?? 'first-unconstrained');
  c.set('session', opened);
  return opened;
}

/** Drizzle over this request's session. Of D1's interface it uses `prepare` and `batch`, which a session has too. */
export function database(c: RequestContext): DrizzleD1Database {
  return drizzle(session(c) as unknown as D1Database);
}

/**
 * Drizzle over a session of this request that begins at the primary, for what D1 itself is the record of: it judges
 * by what is true now, and the response's bookmark lets the client's next read see what was written.
 */
export function freshDatabase(c: RequestContext): DrizzleD1Database {
  const opened = c.env.DB.withSession('first-primary');
  c.set('session', opened);
  return drizzle(opened as unknown as D1Database);
}

/**
 * Drizzle over D1's primary, past any replica and any session: for what commands judge by as it is now, such as roles,
 * where the answer's bookmark is the actor's. What is asked outside a session goes to the primary (D1 documentation,
 * "Global read replication").
 */
export function primary(env: Env): DrizzleD1Database {
  return drizzle(env.DB);
}

/** Drizzle over a session of its own that reads from the nearest replica, for what several requests ask together. */
export function unboundDatabase(env: Env): { db: DrizzleD1Database; bookmark: () => string | null } {
  const session = env.DB.withSession('first-unconstrained');
  return { db: drizzle(session as unknown as D1Database), bookmark: () => session.getBookmark() };
}
