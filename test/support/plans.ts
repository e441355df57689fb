import { env } from 'cloudflare:workers';
import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1';
import { expect } from 'vitest';

/** How SQLite would run what `ask` asks; fails unless it asks exactly once. */
export async function planOf(ask: (db: DrizzleD1Database) => Promise<unknown>): Promise<string[]> {
  const asked: { sql: string; params: unknown[] }[] = [];
  await ask(drizzle(env.DB, { logger: { logQuery: (sql, params) => asked.push({ sql, params }) } }));
  expect(asked).toHaveLength(1);
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${asked[0]?.sql}`)
    .bind(...(asked[0]?.params ?? []))
    .all<{ detail: string }>();
  return results.map(({ detail }) => detail);
}
