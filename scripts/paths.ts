import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The project's folder, wherever a script is called from. */
export const ROOT = join(import.meta.dirname, '..');

/** Where Wrangler keeps what runs locally: D1, actors and their alarms. All scripts and `wrangler … --local` share it. */
export const STATE = join(ROOT, '.wrangler/state/v3');

/** Sees to it that the folder of local state is there and that nobody else gets into it: it has password hashes. */
export async function makeState(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
}

/** Whether Node was asked to run this module, instead of importing it. */
export function isMain(module: { readonly filename: string }): boolean {
  return process.argv[1] === module.filename;
}
