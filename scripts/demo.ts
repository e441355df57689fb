import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { z } from 'zod';
import { LIMITS } from '../src/domain/model.ts';
import { signUpOrganizer } from './account.ts';
import { type ApiClient, apiClient, explain, persist } from './api-client.ts';
import {
  DEFAULT_URL,
  Failure,
  readArguments,
  requireServer,
  runScript,
  serverUrl,
  wholeNumber,
} from './command-line.ts';
import { localSecret, requireSameSecret, signedStranger } from './local-secret.ts';
import { bar, counted, createScreen, type Screen } from './progress.ts';
import { type Customer, percentile, rush, type Told } from './rush.ts';
import { judge, seatsOf } from './verdict.ts';
import { gatherEvidence } from './witnesses.ts';

const USAGE = `Usage: npm run demo -- [options]

A crowd races for the seats of one event; then the answers given, the actor's count and D1's rows are compared.
Kill the server with -9 meanwhile and start it again, if you like.

  --customers N     how many want a seat (default 500)
  --seats N         how many seats there are (default 100)
  --quantity N      each wants 1 to N seats, at random (default 1)
  --connections N   HTTP connections (default 64)
  --url URL         this machine's server (default ${DEFAULT_URL})`;

const SERVER_PATIENCE_MS = 60_000;
const D1_PATIENCE_MS = 30_000;
const PLAIN_LINES = 10;

interface Options {
  readonly url: string;
  readonly customers: number;
  readonly seats: number;
  readonly quantity: number;
  readonly connections: number;
}

function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const options = { url: text, customers: text, seats: text, quantity: text, connections: text };
  const { values } = readArguments(args, options);
  return {
    url: serverUrl(values.url),
    customers: wholeNumber('customers', values.customers, 500, 1, 100_000),
    seats: wholeNumber('seats', values.seats, 100, 1, LIMITS.capacityMax),
    quantity: wholeNumber('quantity', values.quantity, 1, 1, LIMITS.maxQuantityDefault),
    connections: wholeNumber('connections', values.connections, 64, 1, 1_000),
  };
}

const idSchema = z.object({ id: z.string() });
const signedUpSchema = z.object({ access_token: z.string() });

async function openEvent(client: ApiClient, seats: number): Promise<{ eventId: string; organizerToken: string }> {
  const username = `demo-${randomBytes(6).toString('hex')}`;
  const password = randomBytes(24).toString('base64url');
  const signedUp = await signUpOrganizer(client, { username, password }, 'Demo');
  if (signedUp.status !== 201) throw new Failure(`The organizer could not sign up: ${explain(signedUp)}`);
  const { access_token: token } = signedUpSchema.parse(signedUp.body);
  const startMs = Date.now() + 30 * 24 * 3_600_000;
  const body = {
    title: `Rush for ${counted(seats, 'seat')}`,
    start_time: new Date(startMs).toISOString(),
    end_time: new Date(startMs + 2 * 3_600_000).toISOString(),
    time_zone: 'UTC',
    capacity: seats,
  };
  const created = await client.send('POST', '/api/events', { token, body });
  if (created.status !== 201) throw new Failure(`The event could not be created: ${explain(created)}`);
  const { id: eventId } = idSchema.parse(created.body);
  const published = await persist(() => client.send('POST', `/api/events/${eventId}/publish`, { token }));
  if (published.status !== 200) throw new Failure(`The event could not be published: ${explain(published)}`);
  return { eventId, organizerToken: token };
}

async function gatherCrowd(client: ApiClient, options: Options): Promise<Customer[]> {
  const secret = await localSecret();
  const crowd = await Promise.all(
    Array.from({ length: options.customers }, async () => ({
      ...(await signedStranger(secret, 'customer')),
      quantity: 1 + Math.floor(Math.random() * options.quantity),
    })),
  );
  if (crowd[0]) await requireSameSecret(client, crowd[0]);
  return crowd;
}

function heard(told: Told): number {
  return told.latenciesMs.length + told.unanswered.length;
}

function progressLines(told: Told, options: Options, startMs: number): string[] {
  const rate = Math.round((1_000 * told.latenciesMs.length) / (performance.now() - startMs));
  return [
    `customers ${bar(heard(told), options.customers)}  ${rate} answers/s`,
    `seats     ${bar(seatsOf(told.acknowledged), options.seats)}  taken`,
    `          ${told.soldOut.length} told sold out, ${told.unanswered.length} left without an answer`,
  ];
}

async function race(client: ApiClient, eventId: string, crowd: Customer[], options: Options, screen: Screen) {
  const startMs = performance.now();
  const plainEvery = Math.max(1, Math.ceil(crowd.length / PLAIN_LINES));
  const told = await rush(client, eventId, crowd, {
    connections: options.connections,
    patienceMs: SERVER_PATIENCE_MS,
    onStep: (soFar) => {
      screen.draw(() => progressLines(soFar, options, startMs));
      if (screen.live || heard(soFar) % plainEvery > 0) return;
      screen.print(`${heard(soFar)} of ${crowd.length} heard, ${counted(seatsOf(soFar.acknowledged), 'seat')} taken`);
    },
    onServer: (isBack) => screen.print(isBack ? 'The server is back.' : 'The server is gone; waiting for it …'),
  });
  const seconds = (performance.now() - startMs) / 1_000;
  screen.finish(() => progressLines(told, options, startMs));
  return { told, seconds };
}

function report(told: Told, seconds: number): string {
  const { acknowledged, soldOut, unanswered, latenciesMs } = told;
  const ms = (share: number) => `${percentile(latenciesMs, share).toFixed(1)} ms`;
  return [
    `${acknowledged.length} × 201 (${counted(seatsOf(acknowledged), 'seat')}), ${soldOut.length} × 409 sold_out, ${unanswered.length} unanswered`,
    `${Math.round(latenciesMs.length / seconds)} answers/s, latency p50 ${ms(0.5)}, p99 ${ms(0.99)}`,
  ].join('\n');
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  const client = apiClient(options.url, options.connections);
  const screen = createScreen();
  await requireServer(client);
  const crowd = await gatherCrowd(client, options);
  const { eventId, organizerToken } = await openEvent(client, options.seats);
  const seats = counted(options.seats, 'seat');
  screen.print(`A race of ${counted(options.customers, 'customer')} for ${seats} of ${eventId} at ${client.url}`);
  screen.print('Their tokens are signed here with JWT_SECRET of .dev.vars: sign-up is limited to 60 a minute.');
  const { told, seconds } = await race(client, eventId, crowd, options, screen);
  screen.print(report(told, seconds));
  const scene = { client, eventId, capacity: options.seats, organizerToken, told };
  const evidence = await gatherEvidence(scene, D1_PATIENCE_MS);
  client.close();
  const findings = judge(evidence);
  for (const { holds, text } of findings) screen.print(`${holds ? '✓' : '✗'} ${text}`);
  const isGood = findings.every(({ holds }) => holds);
  screen.print(isGood ? 'All three agree: nothing lost, nothing doubled.' : 'THEY DIFFER: see the lines with ✗.');
  return isGood ? 0 : 1;
}

await runScript(USAGE, main);
