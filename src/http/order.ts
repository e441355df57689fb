import { asc, desc, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { CursorKey } from './cursor.ts';

/** The order of a list, total because it ends with the id. */
export interface ListOrder {
  readonly by: SQL[];
  /** What comes after a cursor's key. */
  readonly after: (key: CursorKey) => SQL;
}

/** Orders by a column and then by id, both the same way, so that one index serves either direction. */
export function orderedBy(column: AnySQLiteColumn, id: AnySQLiteColumn, direction: 'asc' | 'desc'): ListOrder {
  const way = direction === 'asc' ? asc : desc;
  const beyond = direction === 'asc' ? sql`>` : sql`<`;
  return {
    by: [way(column), way(id)],
    after: ([value, last]) => sql`(${column}, ${id}) ${beyond} (${value}, ${last})`,
  };
}

/** Whether a column has one of these values, however many: a statement has room for 100 of its own. */
export function isOneOf(column: AnySQLiteColumn, values: readonly number[]): SQL {
  return sql`${column} in (select value from json_each(${JSON.stringify(values)}))`;
}

/** Of the rows that an FTS5 table matches, the numbers: a table `found (num)` to begin a cross join with. */
export function foundIn(table: string, match: string): SQLWrapper & SQL {
  const fts = sql.raw(table);
  return sql`(select rowid as num from ${fts} where ${fts} match ${match}) as found`;
}
