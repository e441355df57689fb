import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, readFileSync, statfsSync, writeSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../scripts/paths.ts';
import { median } from './statistics.ts';

const TMPFS = 0x01021994;
const FLUSHES = 30;

/** What a run was made on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  /** Load average of the last minute before the run. */
  readonly loadBefore: number;
  /** How long the disk under the state takes to flush a few bytes, median, ms. */
  readonly flushMs: number;
  /** Whether the state lies in memory: then no figure speaks of durable writes. */
  readonly stateInMemory: boolean;
}

/** @param folder where the run keeps its state */
export function describeMachine(folder: string): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    loadBefore: loadavg()[0] ?? 0,
    flushMs: flushMs(folder),
    stateInMemory: platform() === 'linux' && statfsSync(folder).type === TMPFS,
  };
}

function flushMs(folder: string): number {
  const file = openSync(join(folder, 'flush-probe'), 'w');
  const times = Array.from({ length: FLUSHES }, () => {
    const start = performance.now();
    writeSync(file, 'a few bytes');
    fdatasyncSync(file);
    return performance.now() - start;
  });
  closeSync(file);
  return median(times);
}

/** Versions of what was measured. */
export function versions(): Record<string, string> {
  const installed = (name: string): string =>
    JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')).version;
  const packages = ['workerd', 'miniflare', 'wrangler', 'hono', 'pg', 'redis', '@hono/node-server'];
  return {
    node: process.versions.node,
    seatkeeper: commit(),
    ...Object.fromEntries(packages.map((name) => [name, installed(name)])),
  };
}

function commit(): string {
  try {
    const run = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' }).trim();
    return run('rev-parse', '--short', 'HEAD') + (run('status', '--porcelain', 'src') === '' ? '' : ' with changes');
  } catch {
    return 'unknown';
  }
}
