import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from './command-line.ts';
import { makeFolder } from './paths.ts';

/** Held while a script runs, so that two don't do the same work at once. */
export interface RunLock {
  /** Whether the last run ended without releasing it: it was killed, and its last requests may or may not count. */
  readonly lastRunWasCut: boolean;
  release(): void;
}

/**
 * Takes the lock, from a dead process too.
 * @throws Failure when another process holds it
 */
export function takeRunLock(file: string): RunLock {
  makeFolder(dirname(file));
  const lastRunWasCut = !create(file);
  if (lastRunWasCut) {
    const pid = Number(readFileSync(file, 'utf8'));
    if (pid > 0 && isAlive(pid)) throw new Failure(`Another load (process ${pid}) is running; its lock is ${file}.`);
    rmSync(file);
    if (!create(file)) throw new Failure(`Another load has just started; its lock is ${file}.`);
  }
  return { lastRunWasCut, release: () => rmSync(file, { force: true }) };
}

function create(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
