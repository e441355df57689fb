import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { copyAssets } from './assets.ts';
import { isMain, ROOT, WRANGLER } from './paths.ts';

const OUT = join(ROOT, 'dist');

/** The bundled Worker; its source map lies beside it. */
export const BUNDLE = join(OUT, 'worker.js');

/**
 * Bundles the Worker exactly as a deploy would. It is built aside and moved into place, so that servers which start
 * at the same time never read half a file.
 * @throws Error with the bundler's complaints
 */
export async function bundle(): Promise<void> {
  await copyAssets();
  await mkdir(OUT, { recursive: true });
  const aside = await mkdtemp(join(OUT, 'building-'));
  try {
    await promisify(execFile)(process.execPath, [WRANGLER, 'deploy', '--dry-run', '--outdir', aside], {
      cwd: ROOT,
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
    });
    await rename(join(aside, 'worker.js.map'), `${BUNDLE}.map`);
    await rename(join(aside, 'worker.js'), BUNDLE);
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`The Worker could not be bundled.\n${stdout}${stderr}`, { cause: error });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

if (isMain(import.meta)) await bundle();
