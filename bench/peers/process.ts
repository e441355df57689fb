import { type ChildProcess, fork, type SpawnOptions, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { endWithUs } from '../../scripts/watchdog.ts';
import type { PeerEnv } from './serve.ts';

/** A server process of ours. */
export interface Running {
  stop(): Promise<void>;
}

const STOP_LIMIT_MS = 10_000;

/** A port of 127.0.0.1 that nobody uses now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Starts a peer's app and waits until it serves. */
export async function startApp(file: string, env: PeerEnv): Promise<Running> {
  const child = fork(join(import.meta.dirname, file), { env: { ...process.env, ...env, NODE_ENV: 'production' } });
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
  });
  return { stop: () => end(child, 'SIGTERM') };
}

/** Starts a database server; it is up when `answers` stops failing. */
export async function startDatabase(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
  stopSignal: NodeJS.Signals,
  answers: () => Promise<unknown>,
): Promise<Running> {
  const child = spawn(command, args, { ...options, stdio: 'ignore' });
  endWithUs(child, 'KILL');
  const died = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}`)));
  });
  died.catch(() => {});
  await Promise.race([died, untilItSucceeds(answers)]);
  return { stop: () => end(child, stopSignal) };
}

async function untilItSucceeds(attempt: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await ended;
  clearTimeout(killer);
}
