import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { unstable_readConfig as readConfig } from 'wrangler';
import { Failure } from './command-line.ts';
import { ROOT } from './paths.ts';

/** How long others may keep the database locked; a busy server does for milliseconds. */
const PATIENCE_MS = 10_000;
const TRY_EVERY_MS = 100;

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
 * @param work is done again from its start when somebody else was writing, which can also come to light once it was done:
 *   what it has written already must not be written twice
 * @returns what the work returns
 * @throws Failure when the database stays locked
 */
export async function withLocalDatabase<T>(
  state: string,
  id: string,
  work: (d1: D1Database) => Promise<T>,
): Promise<T> {
  const worker = { name: 'local-database', modules: true, script: 'export default {}', d1Databases: { DB: id } };
  // Kept from the terminal: about a locked file, workerd writes its own stack at every attempt.
  const said: string[] = [];
  const handleStructuredLogs = ({ message }: { message: string }) => void said.push(message);
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({ resourcePersistencePath: state, cf: false, workers: [worker], handleStructuredLogs }),
  );
  try {
    const database = (await miniflare.getD1Database('DB')) as unknown as D1Database;
    return await whenUnlocked(() => work(database));
  } catch (error) {
    if (mayBeLocked(error) && [String(error), ...said].some(tellsOfLock)) {
      throw new Failure(`Another process keeps the database in ${state} locked. Try again when it has let go of it.`);
    }
    for (const message of said) if (!tellsOfLock(message)) console.error(message);
    throw error;
  } finally {
    await miniflare.dispose();
  }
}

async function whenUnlocked<T>(work: () => Promise<T>): Promise<T> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!mayBeLocked(error) || performance.now() > deadlineMs) throw error;
    }
    await sleep(TRY_EVERY_MS);
  }
}

/** A lock that D1 meets outside of the statement is an internal error to it, and only workerd's log says which. */
function mayBeLocked(error: unknown): boolean {
  return /SQLITE_BUSY|internal error/.test(String(error));
}

function tellsOfLock(text: string): boolean {
  return text.includes('SQLITE_BUSY');
}
