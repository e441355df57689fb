import { env } from 'cloudflare:workers';
import { getTableColumns, getTableName, is } from 'drizzle-orm';
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { expect, it } from 'vitest';
import * as tables from '../../src/db/tables.ts';

interface Column {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly pk: number;
}

/** A primary key of a STRICT table is never null, whether or not the migration says so; a rowid is its own case. */
const described = ({ name, type, notnull, pk }: Column) => ({ name, type, notNull: notnull === 1 || pk > 0 });

const all = Object.values(tables).filter((value) => is(value, SQLiteTable));

it.each(
  all.map((table) => [getTableName(table), table] as const),
)('the table %s has the columns, types and not-nulls that the migrations make', async (name, table) => {
  const { results } = await env.DB.prepare('SELECT name, type, "notnull", pk FROM pragma_table_info(?)')
    .bind(name)
    .all<Column>();
  const { primaryKeys } = getTableConfig(table);
  const keys = primaryKeys.flatMap((key) => key.columns.map((column) => column.name));
  const declared = Object.values(getTableColumns(table)).map((column) => ({
    name: column.name,
    type: column.getSQLType().toUpperCase(),
    notNull: column.notNull || column.primary || keys.includes(column.name),
  }));
  expect(declared).toEqual(results.map(described));
});

it('every table of the migrations is declared that not only they read', async () => {
  const { results } = await env.DB.prepare(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%\\_fts%' ESCAPE '\\' AND name NOT LIKE '\\_%' ESCAPE '\\'
     AND name NOT LIKE 'sqlite_%' AND name NOT IN ('d1_migrations', 'plain_letters')`,
  ).all<{ name: string }>();
  expect(all.map(getTableName).sort()).toEqual(results.map(({ name }) => name).sort());
});
