import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, apiClient } from '../scripts/api-client.ts';
import { readArguments, runScript, wholeNumber } from '../scripts/command-line.ts';
import { signedStranger } from '../scripts/local-secret.ts';
import { startServer } from '../scripts/server.ts';
import { median } from './statistics.ts';
import type { Ask, Sight } from './watchers.ts';

const USAGE = `Usage: npm run bench:live -- [options]

What watchers cost: the same number of reservations with nobody and with a crowd watching, in alternating rounds on the
built bundle on workerd; a fresh event each round. Ends with 1 if, in the median pair of rounds, the crowd costs more than
a tenth.

  --watchers N      how many watch (default 1000)
  --rounds N        pairs of rounds (default 5)
  --reservations N  how many are made in each round (default 4000)
  --connections N   HTTP connections (default 64)`;

interface Options {
  readonly watchers: number;
  readonly rounds: number;
  readonly reservations: number;
  readonly connections: number;
}

function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const { values } = readArguments(args, { watchers: text, rounds: text, reservations: text, connections: text });
  return {
    watchers: wholeNumber('watchers', values.watchers, 1_000, 1, 10_000),
    rounds: wholeNumber('rounds', values.rounds, 5, 1, 1_000),
    reservations: wholeNumber('reservations', values.reservations, 4_000, 1, 1_000_000),
    connections: wholeNumber('connections', values.connections, 64, 1, 10_000),
  };
}

const RATIO_MIN = 0.9;
const SECRET = 'a secret for benchmarks only, at least 32 bytes';
/** How long the last broadcast may take to reach everybody. */
const SETTLE_MS = 2_500;

const HOUR_MS = 3_600_000;
const time = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString();

async function createEvent(client: ApiClient, token: string): Promise<string> {
  const body = {
    ...{ title: 'Watched', start_time: time(24), end_time: time(25) },
    ...{ capacity: 1_000_000, status: 'published' },
  };
  const answer = await client.send('POST', '/api/events', { token, body });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return (answer.body as { id: string }).id;
}

/** Who is there in every round. */
interface Cast {
  readonly client: ApiClient;
  readonly connections: number;
  readonly crowd: ChildProcess;
  readonly organizer: string;
  /** Of the customers, one for each reservation. */
  readonly tokens: readonly string[];
}

/** Reservations a second, all of them made. */
async function rateOf({ client, connections, tokens }: Cast, eventId: string): Promise<number> {
  const queue = tokens.values();
  const startMs = performance.now();
  const worker = async () => {
    for (const token of queue) {
      const { status } = await client.send('POST', `/api/events/${eventId}/reservations`, { token, body: {} });
      if (status !== 201) throw new Error(`a reservation was answered ${status}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return tokens.length / ((performance.now() - startMs) / 1_000);
}

async function tell<T>(crowd: ChildProcess, ask: Ask): Promise<T> {
  crowd.send(ask);
  const [answer] = await once(crowd, 'message');
  return answer as T;
}

/** One round: how fast reservations were, and what the crowd saw of it. */
async function round(cast: Cast, watchers: number): Promise<number> {
  const { client, crowd, organizer, tokens } = cast;
  const eventId = await createEvent(client, organizer);
  const watch = `${client.url.replace('http', 'ws')}/api/events/${eventId}/live`;
  if (watchers > 0) await tell(crowd, { watch, count: watchers });
  await sleep(500);
  const rate = await rateOf(cast, eventId);
  await sleep(SETTLE_MS);
  const sight = watchers > 0 ? await tell<Sight>(crowd, { leave: true }) : null;
  if (sight !== null && (sight.disordered > 0 || sight.last.join() !== `${tokens.length}` || sight.mostInASecond > 4)) {
    throw new Error(`the crowd saw what it may not: ${JSON.stringify(sight)}`);
  }
  const seen =
    sight === null ? '' : `, ${sight.messages.join(' to ')} messages each, at most ${sight.mostInASecond} a second`;
  console.log(`${`${watchers}`.padStart(5)} watchers: ${rate.toFixed(0).padStart(6)} reservations/s${seen}`);
  return rate;
}

/** All rounds; gives the exit code. */
async function compare(cast: Cast, { rounds, watchers: many }: Options): Promise<number> {
  await rateOf(cast, await createEvent(cast.client, cast.organizer));
  const alone: number[] = [];
  const watched: number[] = [];
  const ratios: number[] = [];
  for (let index = 0; index < rounds; index += 1) {
    // Whoever comes second in a pair finds the machine warmer, so they take turns.
    for (const watchers of index % 2 === 0 ? [0, many] : [many, 0]) {
      const rate = await round(cast, watchers);
      (watchers === 0 ? alone : watched).push(rate);
    }
    ratios.push((watched.at(-1) ?? 0) / (alone.at(-1) ?? 0));
  }
  const ratio = median(ratios);
  console.log(
    `median ${median(alone).toFixed(0)} alone, ${median(watched).toFixed(0)} watched: ratio ${ratio.toFixed(3)}`,
  );
  return ratio < RATIO_MIN ? 1 : 0;
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  const { connections, reservations } = options;
  const state = await mkdtemp(join(tmpdir(), 'seatkeeper-bench-'));
  const server = await startServer({ state, vars: { JWT_SECRET: SECRET } });
  const crowd = fork(join(import.meta.dirname, 'watchers.ts'));
  const client = apiClient(server.url, connections);
  try {
    const organizer = (await signedStranger(SECRET, 'organizer')).token;
    const customers = await Promise.all(Array.from({ length: reservations }, () => signedStranger(SECRET, 'customer')));
    const tokens = customers.map(({ token }) => token);
    return await compare({ client, connections, crowd, organizer, tokens }, options);
  } finally {
    client.close();
    crowd.disconnect();
    await server.stop();
    await rm(state, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

await runScript(USAGE, main);
