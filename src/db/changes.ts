import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Instant } from '../domain/model.ts';

/**
 * Whether a row of the table has anything else than these values: asked in the statement that writes them, so that what
 * is there already counts as no change, whatever was written meanwhile.
 * @param values by the names that Drizzle has for the columns; undefined: not asked
 */
export function differs(table: SQLiteTable, values: Readonly<Record<string, unknown>>): SQL<number> {
  const columns = getTableColumns(table);
  const others = Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => sql`${columns[name]} is not ${sql.param(value, columns[name])}`);
  return sql`(${sql.join([sql`false`, ...others], sql` or `)})`;
}

/** When a row was changed last, by what it is set to: now, or as its column has it if that is no change. */
export function changedAt(isChange: SQL, now: Instant, before: SQLiteColumn): SQL {
  return sql`iif(${isChange}, ${now}, ${before})`;
}
