import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyAssets } from './assets.ts';
import { readArguments, runScript, wholeNumber } from './command-line.ts';
import { assertFree } from './door.ts';
import { databaseId } from './local-database.ts';
import { applyMigrations } from './migrations.ts';
import { ROOT, STATE, WRANGLER } from './paths.ts';
import { ensureSecret } from './secret.ts';
import { lockState } from './state-lock.ts';
import { whenAskedToStop } from './stop-signals.ts';
import { endWithUs } from './watchdog.ts';

const USAGE = `Usage: npm run dev [-- --port N]

Serves through "wrangler dev", which reloads when the code changes. It does not run cron triggers; "npm start" does.

  --port N  port to listen on (default 8787)`;

/** What `wrangler dev` expects to find: its secret, the assets of the docs, and a migrated local D1. */
async function prepare(): Promise<void> {
  await Promise.all([ensureSecret(), copyAssets(), applyMigrations(STATE, databaseId())]);
}

/** Wrangler itself locks nothing, so this process holds the state for as long as Wrangler runs. */
async function main(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, { port: { type: 'string' } });
  const port = wholeNumber('port', values.port, 8787, 1, 65_535);
  const unlock = await lockState(STATE);
  await assertFree(port, 'Another one will do with: npm run dev -- --port N');
  await prepare();
  const wrangler = spawn(process.execPath, [WRANGLER, 'dev', '--port', `${port}`], {
    cwd: ROOT,
    stdio: 'inherit',
    // As `cf: false` for Miniflare: it shall not ask Cloudflare where it runs.
    env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
  });
  endWithUs(wrangler, 'TERM');
  whenAskedToStop(() => wrangler.kill('SIGTERM'));
  const [code] = (await once(wrangler, 'exit')) as [number | null];
  unlock();
  return code ?? 1;
}

await runScript(USAGE, main);
