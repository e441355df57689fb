import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApiClient } from '../../scripts/api-client.ts';
import { ROOT } from '../../scripts/paths.ts';
import { type FreshServer, freshServer } from '../support/child-server.ts';
import { stranger } from '../support/crowd.ts';

const LOAD = join(ROOT, 'scripts/load.ts');
const CITIES = 5;
const SAMPLE = join(ROOT, 'examples/conferences.jsonl');

let server: FreshServer;
let client: ApiClient;
beforeAll(async () => {
  server = await freshServer(8);
  ({ client } = server);
});
afterAll(() => server.end());

interface Ended {
  readonly code: number | null;
  readonly out: string;
}

/** `npm run load` with these arguments, in a process of its own. */
function load(...args: string[]): Promise<Ended> & { child: ChildProcess } {
  const all = [LOAD, '--keep', join(server.path, 'load'), '--url', server.url, ...args];
  const child = execFile(process.execPath, all, { timeout: 240_000 });
  const text: string[] = [];
  child.stdout?.on('data', (chunk: string) => text.push(chunk));
  child.stderr?.on('data', (chunk: string) => text.push(chunk));
  const ended = once(child, 'close').then(([code]) => ({ code, out: text.join('') }) as Ended);
  return Object.assign(ended, { child });
}

interface Loaded {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly venue: { readonly id: string } | null;
  readonly country_code: string | null;
}

/** All events of the token's user, page by page. */
async function eventsOf(token: string): Promise<Loaded[]> {
  const events: Loaded[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const after: string = cursor && `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await client.send('GET', `/api/events?mine=true&limit=37${after}`, { token });
    const page = answer.body as { items: Loaded[]; next_cursor: string | null };
    events.push(...page.items);
    cursor = page.next_cursor;
  }
  return events;
}

interface Venue {
  readonly id: string;
  readonly name: string;
  readonly country_code: string;
  readonly capacity: number;
}

async function venuesOf(token: string): Promise<Venue[]> {
  const { body } = await client.send('GET', '/api/venues?mine=true&limit=100', { token });
  return (body as { items: Venue[] }).items;
}

/** Looks until the user has so many events (at most 100). */
async function untilThereAre(count: number, token: string): Promise<void> {
  for (;;) {
    const { body } = await client.send('GET', '/api/events?mine=true&limit=100', { token });
    if ((body as { items: unknown[] }).items.length >= count) return;
    await sleep(10);
  }
}

async function fileOf(count: number): Promise<string> {
  const file = join(server.path, `${count}.jsonl`);
  const lines = Array.from({ length: count }, (_, index) => ({
    name: `Conference ${index}`,
    start_date: '2031-01-01',
    city: `City ${index % CITIES}`,
    country: 'Norway',
  }));
  await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'));
  return file;
}

function titles(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `Conference ${index}`).sort();
}

it('creates and publishes every good line once, reports the bad ones by number, and does nothing the second time', async () => {
  const { token } = await stranger('organizer');
  const sample = (await readFile(SAMPLE, 'utf8')).trim().split('\n');
  const file = join(server.path, 'mixed.jsonl');
  const bad = ['{"name": "cut off', '{"name": "No day"}', '{"name": "\\u0007", "start_date": "2031-01-01"}'];
  await writeFile(file, ['\uFEFF', bad[0], '', ...sample, bad[1], sample[0], bad[2], ''].join('\n'));

  const first = await load(file, '--token', token);
  expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/^8 created, 1 already there, 3 lines skipped/m) });
  expect(first.out).toMatch(/^line 2 skipped: not JSON/m);
  expect(first.out).toMatch(/^line 12 skipped: start_date: /m);
  expect(first.out).toMatch(/^line 14 skipped: validation_failed: \/title /m);

  const second = await load(file, '--token', token);
  expect(second).toMatchObject({ code: 0, out: expect.stringMatching(/^0 created, 9 already there, 3 lines/m) });
  const events = await eventsOf(token);
  expect(events.map(({ title }) => title).sort()).toEqual(sample.map((line) => JSON.parse(line).name).sort());
  expect(new Set(events.map(({ status }) => status))).toEqual(new Set(['published']));
});

it('makes one venue for each city and country, and uses it again', async () => {
  const { token } = await stranger('organizer');
  const file = join(server.path, 'places.jsonl');
  const at = (name: string, place: object) => JSON.stringify({ name, start_date: '2031-01-01', ...place });
  const seoul = at('Third', { city: 'Seoul', country: 'South Korea' });
  const lines = [
    at('First', { city: 'Porto', country: 'Portugal' }),
    at('Second', { city: 'Porto', country: 'Portugal', online: true }),
    seoul,
    at('Fourth', { city: 'Seoul', country: 'Korea' }),
    at('Fifth', { online: true }),
    at('Sixth', { city: 'Poseidonis', country: 'Atlantis' }),
  ];
  await writeFile(file, lines.slice(0, 5).join('\n'));
  const first = await load(file, '--token', token);
  expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/^5 created, .*, 2 new venues, in /m) });
  const venues = await venuesOf(token);
  expect(venues).toMatchObject([
    { name: 'Porto', country_code: 'PT', capacity: 100 },
    { name: 'Seoul', country_code: 'KR', capacity: 100 },
  ]);
  const events = await eventsOf(token);
  const placeOf = (title: string) => {
    const { venue, country_code } = events.find((event) => event.title === title) ?? {};
    return [venue?.id, country_code];
  };
  expect(['First', 'Second', 'Third', 'Fourth', 'Fifth'].map(placeOf)).toEqual([
    [venues[0]?.id, 'PT'],
    [venues[0]?.id, 'PT'],
    [venues[1]?.id, 'KR'],
    [venues[1]?.id, 'KR'],
    [undefined, null],
  ]);

  // More seats than the venue has: the venue is the loader's own, and grows.
  await writeFile(file, [...lines, seoul.replace('Third', 'Seventh')].join('\n'));
  const second = await load(file, '--token', token, '--capacity', '250');
  expect(second).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^2 created, 5 already there, .*, 0 new venues/m),
  });
  expect(await venuesOf(token)).toMatchObject([
    { name: 'Porto', capacity: 100 },
    { id: venues[1]?.id, capacity: 250 },
  ]);
});

it('goes on where it was killed, and creates nothing twice', async () => {
  const { token } = await stranger('organizer');
  const file = await fileOf(200);
  const cut = load(file, '--token', token);
  await untilThereAre(30, token);
  cut.child.kill('SIGKILL');
  await cut;
  const resumed = await load(file, '--token', token);
  expect(resumed.out).toMatch(/the last run was cut off/);
  const [, created, already] = /^(\d+) created, (\d+) already there/m.exec(resumed.out) ?? [];
  expect(Number(created)).toBeGreaterThan(0);
  expect(Number(already)).toBeGreaterThanOrEqual(30);
  const events = await eventsOf(token);
  expect(events.map(({ title }) => title).sort()).toEqual(titles(200));
  expect(new Set(events.map(({ id }) => id)).size).toBe(200);
  expect(await venuesOf(token)).toHaveLength(CITIES);
});

it('waits for a server that is killed meanwhile, and creates nothing twice then either', async () => {
  const { token } = await stranger('organizer');
  const running = load(await fileOf(150), '--token', token);
  await untilThereAre(30, token);
  await server.child.kill();
  await server.startAgain();
  const { code, out } = await running;
  expect(code, out).toBe(0);
  expect(out).toMatch(/a connection was lost/);
  expect((await eventsOf(token)).map(({ title }) => title).sort()).toEqual(titles(150));
  expect(await venuesOf(token)).toHaveLength(CITIES);
});

it('makes itself an account when it is given none, and keeps its password to itself', async () => {
  const first = await load(SAMPLE);
  expect(first, first.out).toMatchObject({ code: 0, out: expect.stringMatching(/^8 created, 0 already there/m) });
  const again = await load(SAMPLE, '--shift-years', '5');
  expect(again).toMatchObject({ code: 0, out: expect.stringMatching(/^0 created, 8 already there/m) });
  expect((await stat(join(server.path, 'load/account.json'))).mode & 0o777).toBe(0o600);
});

it('refuses a second load at the same time, a file that is not there and a server that is not running', async () => {
  const { token } = await stranger('organizer');
  const one = load(await fileOf(300), '--token', token);
  await untilThereAre(1, token);
  one.child.kill('SIGSTOP');
  expect(await load(SAMPLE, '--token', token)).toMatchObject({
    code: 1,
    out: expect.stringMatching(/is running; its lock is/),
  });
  one.child.kill('SIGCONT');
  expect((await one).code).toBe(0);
  expect(await load('nowhere.jsonl')).toMatchObject({
    code: 1,
    out: 'nowhere.jsonl cannot be read: no such file or directory.\n',
  });
  const nobody = await load(SAMPLE, '--url', 'http://127.0.0.1:9');
  expect(nobody).toMatchObject({ code: 1, out: expect.stringMatching(/Nothing answers .* "npm start"/) });
});
