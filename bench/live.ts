import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type ApiClient, apiClient } from '../scripts/api-client.ts';
import { signedStranger } from '../scripts/local-secret.ts';
import { startServer } from '../scripts/server.ts';
import type { Ask, Sight } from './watchers.ts';

/**
 * What watchers cost: the same number of reservations with nobody and with a crowd watching, in alternating rounds on
 * the built bundle on workerd; a fresh event each round. Ends with 1 if, in the median pair of rounds, the crowd costs
 * more than a tenth.
 */
const { values } = parseArgs({
  options: {
    watchers: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    reservations: { type: 'string', default: '4000' },
    connections: { type: 'string', default: '64' },
  },
});
const WATCHERS = Number(values.watchers);
const ROUNDS = Number(values.rounds);
const RESERVATIONS = Number(values.reservations);
const CONNECTIONS = Number(values.connections);
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

/** Reservations a second, all of them made. */
async function rateOf(client: ApiClient, eventId: string, tokens: readonly string[]): Promise<number> {
  const queue = tokens.values();
  const startMs = performance.now();
  const worker = async () => {
    for (const token of queue) {
      const { status } = await client.send('POST', `/api/events/${eventId}/reservations`, { token, body: {} });
      if (status !== 201) throw new Error(`a reservation was answered ${status}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return tokens.length / ((performance.now() - startMs) / 1_000);
}

async function tell<T>(crowd: ChildProcess, ask: Ask): Promise<T> {
  crowd.send(ask);
  const [answer] = await once(crowd, 'message');
  return answer as T;
}

function median(rates: readonly number[]): number {
  return [...rates].sort((a, b) => a - b)[Math.floor(rates.length / 2)] ?? Number.NaN;
}

/** One round: how fast reservations were, and what the crowd saw of it. */
async function round(
  client: ApiClient,
  crowd: ChildProcess,
  organizer: string,
  tokens: readonly string[],
  watchers: number,
) {
  const eventId = await createEvent(client, organizer);
  const watch = `${client.url.replace('http', 'ws')}/api/events/${eventId}/live`;
  if (watchers > 0) await tell(crowd, { watch, count: watchers });
  await sleep(500);
  const rate = await rateOf(client, eventId, tokens);
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

const state = await mkdtemp(join(tmpdir(), 'seatkeeper-bench-'));
const server = await startServer({ state, vars: { JWT_SECRET: SECRET } });
const crowd = fork(join(import.meta.dirname, 'watchers.ts'));
const client = apiClient(server.url, CONNECTIONS);
try {
  const organizer = (await signedStranger(SECRET, 'organizer')).token;
  const customers = await Promise.all(Array.from({ length: RESERVATIONS }, () => signedStranger(SECRET, 'customer')));
  const tokens = customers.map(({ token }) => token);
  await rateOf(client, await createEvent(client, organizer), tokens);
  const alone: number[] = [];
  const watched: number[] = [];
  const ratios: number[] = [];
  for (let index = 0; index < ROUNDS; index += 1) {
    // Whoever comes second in a pair finds the machine warmer, so they take turns.
    for (const watchers of index % 2 === 0 ? [0, WATCHERS] : [WATCHERS, 0]) {
      const rate = await round(client, crowd, organizer, tokens, watchers);
      (watchers === 0 ? alone : watched).push(rate);
    }
    ratios.push((watched.at(-1) ?? 0) / (alone.at(-1) ?? 0));
  }
  const ratio = median(ratios);
  console.log(
    `median ${median(alone).toFixed(0)} alone, ${median(watched).toFixed(0)} watched: ratio ${ratio.toFixed(3)}`,
  );
  if (ratio < RATIO_MIN) process.exitCode = 1;
} finally {
  client.close();
  crowd.disconnect();
  await server.stop();
  await rm(state, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
