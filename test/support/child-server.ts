import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiClient, apiClient } from '../../scripts/api-client.ts';

/** The secret of all servers under test. */
export const SECRET = 'a secret for tests only, at least 32 bytes';

/** A server in a process group of its own. */
export interface ChildServer {
  readonly url: string;
  /** What it has written to its console. */
  readonly said: readonly string[];
  /** SIGKILL to the whole group, node and workerd, as a crash of the machine would. */
  kill(): Promise<void>;
  /** Stops it in an orderly way. */
  stop(): Promise<void>;
}

/** A folder for one server's state, and what removes it. */
export async function temporaryState(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'seatkeeper-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) };
}

/** Starts the built bundle on the state; `port` 0 is any free one. */
async function startChildServer(
  state: string,
  port = 0,
  vars: Readonly<Record<string, string>> = {},
): Promise<ChildServer> {
  const child = fork(join(import.meta.dirname, 'serve.ts'), ['--state', state, '--port', String(port)], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...vars, JWT_SECRET: SECRET },
  });
  // What it complains about belongs to the tests that break it; only a failure to start is shown.
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => said.push(String(chunk)));
  const ended = once(child, 'exit');
  const ready = once(child, 'message').then(([message]) => (message as { url: string }).url);
  const url = await Promise.race([ready, ended.then(() => null)]);
  if (url === null) throw new Error(`the server did not start on ${state}: ${said.join('')}`);
  return {
    url,
    said,
    kill: async () => {
      killGroup(child);
      await ended;
    },
    stop: async () => {
      child.disconnect();
      await ended;
    },
  };
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  process.kill(-child.pid, 'SIGKILL');
}

/** A server on a fresh state, and a client of it. */
export interface FreshServer {
  readonly client: ApiClient;
  readonly url: string;
  /** The folder of its state. */
  readonly path: string;
  /** The process that serves now. */
  readonly child: ChildServer;
  /** Serves the same state at the same address, once the process has ended. */
  startAgain(): Promise<void>;
  /** Ends and removes all of it. */
  end(): Promise<void>;
}

/**
 * Starts a server on a fresh state.
 * @param connections how many the client has
 * @param vars of the Worker, in place of those in wrangler.toml; `serve.ts` knows which
 */
export async function freshServer(connections = 64, vars: Readonly<Record<string, string>> = {}): Promise<FreshServer> {
  const state = await temporaryState();
  let child = await startChildServer(state.path, 0, vars);
  const { url } = child;
  const client = apiClient(url, connections);
  return {
    client,
    url,
    path: state.path,
    get child() {
      return child;
    },
    startAgain: async () => {
      child = await startChildServer(state.path, Number(new URL(url).port), vars);
    },
    end: async () => {
      client.close();
      await child.stop();
      await state.remove();
    },
  };
}
