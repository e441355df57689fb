import { DatabaseSync } from 'node:sqlite';
import { Failure } from './command-line.ts';

const SQLITE_BUSY = 5;

/**
 * Holds a file for this process until it ends, however it ends: by SQLite's lock, which the system takes back from the dead.
 * @param path the file, which is made if there is none
 * @returns a function that lets go of it; null where another process holds it
 * @throws Failure when nothing can be written there
 */
export function holdFile(path: string): (() => void) | null {
  let file: DatabaseSync | undefined;
  try {
    file = new DatabaseSync(path);
    file.exec('BEGIN EXCLUSIVE');
    return () => file?.close();
  } catch (error) {
    file?.close();
    const { errcode, message } = error as { errcode?: number; message: string };
    if (errcode === SQLITE_BUSY) return null;
    throw new Failure(`${path} cannot be used: ${message}.`);
  }
}
