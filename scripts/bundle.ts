import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { copyAssets } from './assets.ts';
import { Failure, readArguments, runScript } from './command-line.ts';
import { isMain, ROOT, WRANGLER } from './paths.ts';

const USAGE = `Usage: npm run build

Bundles the Worker into dist/, as a deploy would, and tells its size.`;

const OUT = join(ROOT, 'dist');

/** The bundled Worker; its source map lies beside it. */
export const BUNDLE = join(OUT, 'worker.js');

/**
 * Bundles the Worker exactly as a deploy would. It is built aside and moved into place, so that servers which start
 * at the same time never read half a file.
 * @throws Failure with the bundler's complaints
 */
export async function bundle(): Promise<void> {
  await copyAssets();
  await mkdir(OUT, { recursive: true });
  const aside = await mkdtemp(join(OUT, 'building-'));
  try {
    await dryRun(aside);
    await rename(join(aside, 'worker.js.map'), `${BUNDLE}.map`);
    await rename(join(aside, 'worker.js'), BUNDLE);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/**
 * Does all of a deploy but deploying, which leaves what would be deployed in a folder.
 * @param options more of them for `wrangler deploy`
 * @throws Failure with the bundler's complaints
 */
export async function dryRun(outdir: string, ...options: string[]): Promise<void> {
  const args = [WRANGLER, 'deploy', '--dry-run', '--outdir', outdir, ...options];
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false' };
  try {
    await promisify(execFile)(process.execPath, args, { cwd: ROOT, env });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Failure(`The Worker could not be bundled.\n${stdout}${stderr}`, { cause: error });
  }
}

/** How large the bundle is, in bytes: as it is, and compressed as Cloudflare counts it. */
export async function bundleSize(): Promise<{ plain: number; gzipped: number }> {
  const code = await readFile(BUNDLE);
  return { plain: code.byteLength, gzipped: gzipSync(code).byteLength };
}

async function main(args: readonly string[]): Promise<number> {
  readArguments(args, {});
  await bundle();
  const { plain, gzipped } = await bundleSize();
  const kb = (bytes: number) => `${(bytes / 1_024).toFixed(0)} KB`;
  console.log(`The Worker is in ${relative(process.cwd(), BUNDLE)}: ${kb(plain)}, ${kb(gzipped)} gzipped.`);
  return 0;
}

if (isMain(import.meta)) await runScript(USAGE, main);
