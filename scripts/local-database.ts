import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { unstable_readConfig as readConfig } from 'wrangler';
import { ROOT } from './paths.ts';

/** The id of D1 in wrangler.toml; it names the file in the local state. */
export function databaseId(): string {
  const id = readConfig({ config: `${ROOT}/wrangler.toml` }).d1_databases[0]?.database_id;
  if (id === undefined) throw new Error('wrangler.toml names no D1 database.');
  return id;
}

/** Whether a server has ever kept anything in the state. To open it makes what is not there. */
export function hasDatabase(state: string): boolean {
  return existsSync(join(state, 'd1'));
}

/**
 * Works on the local D1 through a Worker of its own, whether a server has it too or not.
 * @param state folder of the local state
 * @param id of D1 in wrangler.toml
 * @returns what the work returns
 */
export async function withLocalDatabase<T>(
  state: string,
  id: string,
  work: (d1: D1Database) => Promise<T>,
): Promise<T> {
  const worker = { name: 'local-database', modules: true, script: 'export default {}', d1Databases: { DB: id } };
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({ resourcePersistencePath: state, cf: false, workers: [worker] }),
  );
  try {
    return await work((await miniflare.getD1Database('DB')) as unknown as D1Database);
  } finally {
    await miniflare.dispose();
  }
}
