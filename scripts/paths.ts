import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** The project's folder, wherever a script is called from. */
export const ROOT = join(import.meta.dirname, '..');

/** Where Wrangler keeps what runs locally: D1, actors and their alarms. All scripts and `wrangler … --local` share it. */
export const STATE = join(ROOT, '.wrangler/state/v3');

/** Makes the folder of local state, if there is none, for nobody else to get into: it has password hashes. */
export async function makeState(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/** The folder of the state that `--state` names, or the usual one when it wasn't given. */
export function stateFolder(text: string | undefined): string {
  return text === undefined ? STATE : resolve(text);
}

/** Wrangler's program, for Node. */
export const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');

/** Whether Node was asked to run this module, instead of importing it. */
export function isMain(module: { readonly filename: string }): boolean {
  return process.argv[1] === module.filename;
}
