import { join } from 'node:path';
import { Failure } from './command-line.ts';
import { holdFile } from './held-file.ts';
import { makeState } from './paths.ts';

/**
 * Holds the state for this process until it ends: two servers on one state would be two writers of every event.
 * @param state folder of the local state; it is made if there is none
 * @param advice what to do where another server holds it
 * @returns a function that lets go of it
 * @throws Failure when another server holds the state, or nothing can be written there
 */
export async function lockState(
  state: string,
  advice = 'Stop it first; "npm start -- --state DIR" serves from another folder.',
): Promise<() => void> {
  makeState(state);
  const letGo = holdFile(join(state, 'lock.sqlite'));
  if (letGo === null) throw new Failure(`Another server is using ${state}. ${advice}`);
  return letGo;
}
