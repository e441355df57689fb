import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { createClient } from 'redis';
import type { Subject } from '../subject.ts';
import { freePort, type Running, startApp, startDatabase } from './process.ts';

/** Redis on a private port and folder, and the peer's app on it with one process and with two. */
export interface Redis {
  readonly version: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly subjects: readonly Subject[];
  stop(): Promise<void>;
}

const SETTINGS = { appendonly: 'yes', appendfsync: 'always', save: '' };

type Connection = ReturnType<typeof connection>;

function connection(url: string) {
  return createClient({ url, socket: { reconnectStrategy: 50 } });
}

/** Null where Redis is not installed. */
export async function startRedis(folder: string, secret: string): Promise<Redis | null> {
  const version = await installedVersion();
  if (version === null) return null;
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  for (const [name, value] of Object.entries(SETTINGS)) args.push(`--${name}`, value);
  const url = `redis://127.0.0.1:${port}`;
  const client = connection(url);
  client.on('error', () => {});
  const server = await startDatabase('redis-server', args, { cwd: folder }, 'SIGTERM', async () => {
    if (!client.isOpen) await client.connect();
    await client.ping();
  });
  const apps = await Promise.all([1, 2].map((processes) => startVariant(processes, url, secret, client)));
  return {
    version,
    settings: SETTINGS,
    subjects: apps.map(({ subject }) => subject),
    async stop() {
      await Promise.all(apps.map(({ app }) => app.stop()));
      client.destroy();
      await server.stop();
    },
  };
}

async function installedVersion(): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('redis-server', ['--version']);
    return /v=(\S+)/.exec(stdout)?.[1] ?? stdout;
  } catch {
    return null;
  }
}

async function startVariant(
  processes: number,
  url: string,
  secret: string,
  client: Connection,
): Promise<{ app: Running; subject: Subject }> {
  const port = await freePort();
  const env = { PORT: String(port), PROCESSES: String(processes), JWT_SECRET: secret, DATABASE: url };
  const app = await startApp('redis-app.ts', env);
  const subject: Subject = {
    name: 'redis',
    variant: processes === 1 ? '1 process' : `${processes} processes`,
    port,
    prefix: '',
    scenarios: ['hot', 'sold-out'],
    catalogueIds: [],
    async createEvents(count, capacity) {
      const ids = Array.from({ length: count }, () => randomUUID());
      for (const id of ids) await client.hSet(`event:${id}`, { capacity, reserved: 0 });
      return ids;
    },
    settle: async () => {},
    async counts(eventId) {
      const { capacity, reserved } = await client.hGetAll(`event:${eventId}`);
      const stored = await client.sCard(`holders:${eventId}`);
      return { capacity: Number(capacity), reserved: Number(reserved), stored };
    },
    memoryMb: () => null,
  };
  return { app, subject };
}
