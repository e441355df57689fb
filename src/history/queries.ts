import { and, desc, eq, gte, lt, type SQL, sql } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import { unionAll } from 'drizzle-orm/sqlite-core';
import { firstIdAt } from '../db/history.ts';
import { history } from '../db/tables.ts';
import type { UserId } from '../domain/model.ts';
import { decodeCursor, listName, pageOf } from '../http/cursor.ts';
import type { HistoryQuery } from './schema.ts';

type HistoryRow = typeof history.$inferSelect;

interface Page {
  readonly lines: readonly HistoryRow[];
  readonly nextCursor: string | null;
}

/**
 * A page of everybody's history, newest first.
 * @throws Problem `validation_failed` for another list's cursor
 */
export async function listHistory(db: DrizzleD1Database, query: HistoryQuery): Promise<Page> {
  const page = pageAsked('history', query);
  const { user_id, event_id } = query;
  const rows = await db
    .select()
    .from(history)
    .where(
      and(
        page.where,
        event_id === undefined ? undefined : eq(history.eventId, event_id),
        user_id === undefined ? undefined : narrowing(history.userId, user_id, event_id === undefined),
        query.action === undefined
          ? undefined
          : narrowing(history.action, query.action, event_id === undefined && user_id === undefined),
      ),
    )
    .orderBy(desc(history.id))
    .limit(page.limit + 1);
  return page.of(rows);
}

/**
 * A page of what a user did and what others or time did to what is theirs, newest first.
 * @throws Problem `validation_failed` for another list's cursor
 */
export async function listMyHistory(db: DrizzleD1Database, userId: UserId, query: HistoryQuery): Promise<Page> {
  const page = pageAsked(`history of ${userId}`, query);
  const action = query.action === undefined ? undefined : sql`+${history.action} = ${query.action}`;
  // A page of each, because SQLite walks an index in order for one column but not for either of two.
  const among = (column: typeof history.userId | typeof history.ownerId) => {
    const rows = db
      .select({ id: history.id })
      .from(history)
      .where(and(eq(column, userId), action, page.where))
      .orderBy(desc(history.id))
      .limit(page.limit + 1)
      .as('page');
    return db.select({ id: rows.id }).from(rows);
  };
  const ids = unionAll(among(history.userId), among(history.ownerId));
  const rows = await db
    .select()
    .from(history)
    .where(sql`${history.id} IN ${ids}`)
    .orderBy(desc(history.id))
    .limit(page.limit + 1);
  return page.of(rows);
}

/** A filter that finds its lines by an index, or by `+` only sorts out what a more selective one found. */
function narrowing(column: typeof history.userId | typeof history.action, value: string, byIndex: boolean): SQL {
  return byIndex ? sql`${column} = ${value}` : sql`+${column} = ${value}`;
}

function pageAsked(name: string, { limit, cursor, ...filters }: HistoryQuery) {
  const list = listName(name, filters);
  const after = decodeCursor(list, ['string'], cursor)?.[0];
  const where = and(
    filters.from === undefined ? undefined : gte(history.id, firstIdAt(filters.from)),
    filters.to === undefined ? undefined : lt(history.id, firstIdAt(filters.to)),
    after === undefined ? undefined : lt(history.id, String(after)),
  );
  const of = (rows: readonly HistoryRow[]): Page => {
    const page = pageOf(list, rows, limit, (row) => [row.id]);
    return { lines: page.rows, nextCursor: page.nextCursor };
  };
  return { limit, where, of };
}
