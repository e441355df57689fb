import { copyFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readArguments, runScript } from './command-line.ts';
import { isMain, ROOT } from './paths.ts';

const USAGE = `Usage: npm run predeploy

Puts the files together that the pages of the docs load; "npm run deploy" does so first.`;

const TARGET = join(ROOT, '.assets');

/** Files of packages that the pages of the docs load, by their path on the server. */
const FROM_PACKAGES = {
  'swagger-ui/swagger-ui.css': 'swagger-ui-dist/swagger-ui.css',
  'swagger-ui/swagger-ui-bundle.js': 'swagger-ui-dist/swagger-ui-bundle.js',
  'swagger-ui/LICENSE': 'swagger-ui-dist/LICENSE',
  'swagger-ui/NOTICE': 'swagger-ui-dist/NOTICE',
  'redoc/LICENSE': 'redoc/LICENSE',
} as const;

/** ReDoc has no option against fetching its maker's logo from its maker's server. With an empty one it shows none. */
const REDOC_LOGO = 'https://cdn.redoc.ly/redoc/logo-mini.svg';

/**
 * Puts together what wrangler.toml calls the assets: the pages of src/docs/static, and the packages' files under /assets.
 * @throws Error if ReDoc fetches its logo from elsewhere than this knows
 */
export async function copyAssets(): Promise<void> {
  await mkdir(TARGET, { recursive: true });
  await cp(join(ROOT, 'src/docs/static'), TARGET, { recursive: true });
  for (const [name, source] of Object.entries(FROM_PACKAGES)) {
    const target = join(TARGET, 'assets', name);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(join(ROOT, 'node_modules', source), target);
  }
  const redoc = await readFile(join(ROOT, 'node_modules/redoc/bundles/redoc.standalone.js'), 'utf8');
  if (!redoc.includes(REDOC_LOGO)) throw new Error('ReDoc has changed: find out from where it loads its logo now.');
  await writeFile(join(TARGET, 'assets/redoc/redoc.standalone.js'), redoc.replaceAll(REDOC_LOGO, 'data:,'));
}

async function main(args: readonly string[]): Promise<number> {
  readArguments(args, {});
  await copyAssets();
  return 0;
}

if (isMain(import.meta)) await runScript(USAGE, main);
