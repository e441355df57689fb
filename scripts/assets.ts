import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMain, ROOT } from './paths.ts';

/** What the Worker serves under `/assets`, and which file of which package each is. */
const ASSETS = {
  'swagger-ui/swagger-ui.css': 'swagger-ui-dist/swagger-ui.css',
  'swagger-ui/swagger-ui-bundle.js': 'swagger-ui-dist/swagger-ui-bundle.js',
  'swagger-ui/LICENSE': 'swagger-ui-dist/LICENSE',
  'swagger-ui/NOTICE': 'swagger-ui-dist/NOTICE',
  'redoc/redoc.standalone.js': 'redoc/bundles/redoc.standalone.js',
  'redoc/LICENSE': 'redoc/LICENSE',
} as const;

/** Copies the scripts and styles of /docs and /redoc from their packages to where wrangler.toml looks for them. */
export async function copyAssets(): Promise<void> {
  await Promise.all(
    Object.entries(ASSETS).map(async ([name, source]) => {
      const target = join(ROOT, '.assets/assets', name);
      await mkdir(dirname(target), { recursive: true });
      await copyFile(join(ROOT, 'node_modules', source), target);
    }),
  );
}

if (isMain(import.meta)) await copyAssets();
