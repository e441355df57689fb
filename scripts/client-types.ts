/**
 * Generates the types of the API for openapi-fetch from the OpenAPI document: npm run client:types
 *
 * The generator needs TypeScript 5, which the project has outgrown: it runs in a place of its own, with its versions
 * pinned here, and needs the network the first time.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Failure, readArguments, runScript } from './command-line.ts';
import { isMain, ROOT } from './paths.ts';

const USAGE = `Usage: npm run client:types

Generates the types of the API for openapi-fetch from the OpenAPI document.`;
const PACKAGES = ['typescript@5.9.3', 'openapi-typescript@7.13.0'];
const DOCUMENT = join(ROOT, 'test/http/docs/openapi.snapshot.json');
const TYPES = join(ROOT, 'test/types/api.generated.d.ts');

/** The first line of the types that are made from the document as it is now. */
export async function headline(): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(DOCUMENT))
    .digest('hex');
  return `// Made by npm run client:types from the OpenAPI document with the SHA-256 ${hash}.`;
}

async function main(args: readonly string[]): Promise<number> {
  readArguments(args, {});
  const folder = await mkdtemp(join(tmpdir(), 'seatkeeper-types-'));
  const out = join(folder, 'api.d.ts');
  const packages = PACKAGES.flatMap((name) => ['-p', name]);
  try {
    await promisify(execFile)('npx', ['-y', ...packages, 'openapi-typescript', DOCUMENT, '-o', out], { cwd: folder });
    await writeFile(TYPES, `${await headline()}\n${await readFile(out, 'utf8')}`);
  } catch (error) {
    throw new Failure(`The types could not be generated.\n${(error as { stderr?: string }).stderr ?? error}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  console.log('test/types/api.generated.d.ts is as the document is.');
  return 0;
}

if (isMain(import.meta)) await runScript(USAGE, main);
