import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1';
import { Problem, validationProblem } from './problem.ts';

const RETRY_AFTER_SECONDS = 5;
/** What SQLite says of its disk or of others at work; all else that it says, it says of the statement. */
const SQLITE_OUT_OF_ORDER = /SQLITE_(?:BUSY|LOCKED|IOERR|FULL|CANTOPEN|NOMEM|INTERRUPT|CORRUPT|PROTOCOL)/;
/** A statement that can't be right: SQLite's verdict, or that of the binding before it asked. */
const BAD_STATEMENT = /SQLITE_[A-Z]+|Wrong number of parameter bindings/;
/** In place of a bookmark: a session that begins at the primary. */
export const AT_PRIMARY = 'first-primary';
const BOOKMARK = new RegExp(`^(?:${AT_PRIMARY}|[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32})$`);

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
  const opened = c.env.DB.withSession(AT_PRIMARY);
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

/** That D1 does not answer, and when to come again. */
export function databaseUnavailable(): Problem {
  return new Problem('database_unavailable', undefined, {}, { 'retry-after': String(RETRY_AFTER_SECONDS) });
}

/**
 * Whether an error says that D1 failed or is out of reach, rather than that we asked it something wrong. D1's errors
 * have no class and no code of their own: "D1_ERROR: ", then words of D1 ("D1 DB is overloaded. Requests queued for too
 * long.") or of SQLite, which end with its code ("no such table: x: SQLITE_ERROR"). A connection that is lost before D1
 * was reached has the platform's bare words. Drizzle puts either into the `cause` of an error of its own.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { message, cause } = error;
  if (message.startsWith('Network connection lost')) return true;
  if (!message.startsWith('D1_ERROR: ')) return isDatabaseUnavailable(cause);
  return SQLITE_OUT_OF_ORDER.test(message) || !BAD_STATEMENT.test(message);
}
