import { unstable_readConfig as readConfig } from 'wrangler';
import { copyAssets } from './assets.ts';
import { applyMigrations } from './migrations.ts';
import { makeState, ROOT, STATE } from './paths.ts';
import { ensureSecret } from './secret.ts';

/** What `wrangler dev` expects to find: its secret, the assets of the docs, and a migrated local D1. */
const databaseId = readConfig({ config: `${ROOT}/wrangler.toml` }).d1_databases[0]?.database_id;
if (databaseId === undefined) throw new Error('wrangler.toml names no D1 database.');
await makeState(STATE);
await Promise.all([ensureSecret(), copyAssets(), applyMigrations(STATE, databaseId)]);
