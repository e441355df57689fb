import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unstable_splitSqlQuery as splitSql } from 'wrangler';
import { withLocalDatabase } from './local-database.ts';
import { ROOT } from './paths.ts';

/** Wrangler's own bookkeeping, so that `wrangler d1 migrations list --local` agrees with what was applied here. */
const BOOKKEEPING = `CREATE TABLE IF NOT EXISTS d1_migrations(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

/**
 * Brings the local D1 up to date: each migration that it doesn't have yet, in order, in one transaction each. Runs on a
 * Worker of its own, so that the real one never meets a half-migrated database.
 * @param state folder of the local state
 * @param databaseId of D1 in wrangler.toml; it names the file
 */
export async function applyMigrations(state: string, databaseId: string): Promise<void> {
  const folder = join(ROOT, 'migrations');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  await withLocalDatabase(state, databaseId, async (database) => {
    await database.prepare(BOOKKEEPING).run();
    const { results } = await database.prepare('SELECT name FROM d1_migrations').all<{ name: string }>();
    const applied = new Set(results.map((row) => row.name));
    const missing = names.filter((name) => !applied.has(name));
    for (const name of missing) {
      const statements = splitSql(await readFile(join(folder, name), 'utf8')).map((sql) => database.prepare(sql));
      const record = database.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name);
      await database.batch([...statements, record]);
    }
  });
}
