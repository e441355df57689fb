import { mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Failure } from './command-line.ts';

/** The project's folder, wherever a script is called from. */
export const ROOT = join(import.meta.dirname, '..');

/** Where Wrangler keeps what runs locally: D1, actors and their alarms. All scripts and `wrangler … --local` share it. */
export const STATE = join(ROOT, '.wrangler/state/v3');

/**
 * Makes a folder and those above it, where there are none. Node's own way never ends where the system says that the
 * folder above, which is there, is not: in /proc, for one.
 * @param mode of those that are made
 * @throws Failure when there is something else of that name
 */
export function makeFolder(path: string, mode = 0o777): void {
  const folder = resolve(path);
  if (isFolder(folder)) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder), mode);
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Somebody else may have made it just now.
    if (isFolder(folder)) return;
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? new Failure(`${folder} is not a folder.`) : error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Makes the folder of local state, if there is none, for nobody else to get into: it has password hashes. */
export function makeState(folder: string): void {
  makeFolder(folder, 0o700);
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
