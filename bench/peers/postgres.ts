import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { catalogue } from '../catalogue.ts';
import type { ScenarioName } from '../scenarios.ts';
import type { Counts, Subject } from '../subject.ts';
import { freePort, type Running, startApp, startDatabase } from './process.ts';

const run = promisify(execFile);
const DEBIAN = '/usr/lib/postgresql';
/** Root may not run PostgreSQL; Debian's package makes this user for it. */
const USER = 'postgres';

const WRITING: readonly ScenarioName[] = ['hot', 'rush', 'sold-out'];

const SCHEMA = `
  CREATE TABLE events (
    id uuid PRIMARY KEY, title text NOT NULL, description text NOT NULL, tags text[] NOT NULL,
    start_time timestamptz NOT NULL, end_time timestamptz NOT NULL, listed boolean NOT NULL,
    capacity int NOT NULL, reserved int NOT NULL DEFAULT 0 CHECK (reserved BETWEEN 0 AND capacity)
  ) WITH (fillfactor = 50);
  CREATE INDEX events_by_start ON events (start_time, id) WHERE listed;
  CREATE TABLE reservations (
    id uuid PRIMARY KEY, event_id uuid NOT NULL REFERENCES events, user_id text NOT NULL,
    quantity int NOT NULL CHECK (quantity > 0), status text NOT NULL, ticket_code text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE UNIQUE INDEX one_active_per_holder ON reservations (event_id, user_id) WHERE status <> 'cancelled';`;

/** PostgreSQL on a private port and folder, and the peer's app on it in each of its variants. */
export interface Postgres {
  readonly version: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly subjects: readonly Subject[];
  stop(): Promise<void>;
}

/** Folder of the newest PostgreSQL that Debian's packages installed, or null. */
function programs(): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const newest = versions.map((version) => join(DEBIAN, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
  return newest ?? null;
}

/** Whom to run it as: null for ourselves. */
async function serverUser(): Promise<{ uid: number; gid: number } | null> {
  if (userInfo().uid !== 0) return null;
  const id = async (flag: string) => Number((await run('id', [flag, USER])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

/** Null where PostgreSQL is not installed. */
export async function startPostgres(folder: string, secret: string): Promise<Postgres | null> {
  const bin = programs();
  if (bin === null) return null;
  const user = await serverUser();
  if (user !== null) await chown(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const options = { ...(user ?? {}), cwd: folder };
  await run(join(bin, 'initdb'), ['-D', data, '-A', 'trust', '-U', USER, '-E', 'UTF8', '--no-sync'], options);
  const port = await freePort();
  const url = `postgres://${USER}@127.0.0.1:${port}/postgres`;
  const args = ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-k', folder];
  const durable = ['-c', 'fsync=on', '-c', 'synchronous_commit=on', '-c', 'shared_buffers=256MB'];
  const connect = () => pool.query('SELECT 1');
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on('error', () => {});
  const server = await startDatabase(join(bin, 'postgres'), [...args, ...durable], options, 'SIGINT', connect);
  await pool.query(SCHEMA);
  const ids = await seed(pool);
  const apps = await Promise.all([1, 2].map((processes) => startVariants(processes, url, secret, pool, ids)));
  return {
    version: await setting(pool, 'server_version'),
    settings: {
      fsync: await setting(pool, 'fsync'),
      synchronous_commit: await setting(pool, 'synchronous_commit'),
      full_page_writes: await setting(pool, 'full_page_writes'),
      wal_sync_method: await setting(pool, 'wal_sync_method'),
    },
    subjects: apps.flatMap(({ subjects }) => subjects),
    async stop() {
      await Promise.all(apps.map(({ app }) => app.stop()));
      await pool.end();
      await server.stop();
    },
  };
}

async function setting(pool: pg.Pool, name: string): Promise<string> {
  const { rows } = await pool.query('SELECT current_setting($1) AS value', [name]);
  return rows[0].value;
}

const INSERT_EVENTS = `
  INSERT INTO events (id, title, description, tags, start_time, end_time, listed, capacity, reserved)
  SELECT gen_random_uuid(), e ->> 'title', e ->> 'description',
    ARRAY(SELECT jsonb_array_elements_text(e -> 'tags')), to_timestamp((e ->> 'startTime')::bigint / 1000.0),
    to_timestamp((e ->> 'endTime')::bigint / 1000.0), true, (e ->> 'capacity')::int, (e ->> 'reserved')::int
  FROM jsonb_array_elements($1) AS e RETURNING id`;

async function seed(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query(INSERT_EVENTS, [JSON.stringify(catalogue(Date.now()))]);
  await pool.query('ANALYZE');
  return rows.map((row) => row.id);
}

async function startVariants(
  processes: number,
  url: string,
  secret: string,
  pool: pg.Pool,
  catalogueIds: readonly string[],
): Promise<{ app: Running; subjects: Subject[] }> {
  const port = await freePort();
  const env = { PORT: String(port), PROCESSES: String(processes), JWT_SECRET: secret, DATABASE: url };
  const app = await startApp('postgres-app.ts', env);
  const subject = (prefix: string, statements: string, scenarios: readonly ScenarioName[]): Subject => ({
    name: 'postgres',
    variant: `${statements}, ${processes} ${processes === 1 ? 'process' : 'processes'}`,
    port,
    prefix,
    scenarios,
    catalogueIds,
    createEvents: (count, capacity) => createEvents(pool, count, capacity),
    settle: async () => {},
    counts: (eventId) => counts(pool, eventId),
    memoryMb: () => null,
  });
  const lock = subject('/lock', 'row lock', WRITING);
  return { app, subjects: [lock, subject('/condition', 'conditional statement', [...WRITING, 'detail', 'list'])] };
}

async function createEvents(pool: pg.Pool, count: number, capacity: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await pool.query(
    `INSERT INTO events SELECT id::uuid, 'Opening night', '', '{}', now(), now(), false, $2 FROM unnest($1::text[]) id`,
    [ids, capacity],
  );
  return ids;
}

async function counts(pool: pg.Pool, eventId: string): Promise<Counts> {
  const { rows } = await pool.query(
    `SELECT capacity, reserved, (SELECT count(*)::int FROM reservations WHERE event_id = $1 AND status <> 'cancelled')
     AS stored FROM events WHERE id = $1`,
    [eventId],
  );
  return rows[0] as Counts;
}
