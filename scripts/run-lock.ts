import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from './command-line.ts';
import { holdFile } from './held-file.ts';
import { makeFolder } from './paths.ts';

/** Held while a script runs, so that two don't do the same work at once. */
export interface RunLock {
  /** Whether the last run ended without releasing it: it was killed, and its last requests may or may not count. */
  readonly lastRunWasCut: boolean;
  release(): void;
}

/**
 * Takes the lock; beside it stands a file `….running` from then on until it is released.
 * @throws Failure when another process holds it, or nothing can be written there
 */
export function takeRunLock(file: string): RunLock {
  makeFolder(dirname(file));
  const letGo = holdFile(file);
  if (letGo === null) throw new Failure(`Another load is running; its lock is ${file}.`);
  const mark = `${file}.running`;
  const lastRunWasCut = existsSync(mark);
  writeFileSync(mark, '');
  const release = () => {
    rmSync(mark, { force: true });
    letGo();
  };
  return { lastRunWasCut, release };
}
