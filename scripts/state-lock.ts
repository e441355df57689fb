import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Failure } from './command-line.ts';
import { makeState } from './paths.ts';

const SQLITE_BUSY = 5;

/**
 * Holds the state for this process until it ends, however it ends: two servers on one state would be two writers of
 * every event.
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
  const path = join(state, 'lock.sqlite');
  let file: DatabaseSync | undefined;
  try {
    file = new DatabaseSync(path);
    file.exec('BEGIN EXCLUSIVE');
    return () => file?.close();
  } catch (error) {
    file?.close();
    const { errcode, message } = error as { errcode?: number; message: string };
    if (errcode !== SQLITE_BUSY) throw new Failure(`${path} cannot be used: ${message}.`);
    throw new Failure(`Another server is using ${state}. ${advice}`);
  }
}
