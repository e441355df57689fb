import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { getSystemErrorMessage } from 'node:util';
import { LIMITS } from '../src/domain/model.ts';
import { loaderAccount, type Session, sessionWithPassword, sessionWithToken } from './account.ts';
import { type ApiClient, apiClient } from './api-client.ts';
import {
  DEFAULT_URL,
  Failure,
  readArguments,
  requireServer,
  runScript,
  serverUrl,
  wholeNumber,
} from './command-line.ts';
import { type Conference, type Mapping, parseConference } from './conference.ts';
import { type Fate, loadConferences } from './loader.ts';
import { ROOT } from './paths.ts';
import { bar, counted, createScreen, type Screen } from './progress.ts';
import { takeRunLock } from './run-lock.ts';

const USAGE = `Usage: npm run load -- FILE.jsonl [options]

Creates and publishes an event for every line: {"name", "start_date", and if known "end_date", "url", "city", "country",
"online", "topics"}, and a venue for every city. Days are taken as UTC, from 09:00 to 17:00. Running it again creates only
what is missing.

  --shift-years N   move every date by at least N years (default 0); past ones move by as few whole years as it takes
  --capacity N      seats of each event and each new venue (default 100)
  --url URL         the server (default ${DEFAULT_URL})
  --token T         an organizer's access token; default: SEATKEEPER_USERNAME and SEATKEEPER_PASSWORD, else an
                    account "loader" that is made for you
  --connections N   requests at the same time (default 16)
  --keep DIR        where that account and the lock are kept (default .wrangler/load)`;

const PLAIN_LINE_EVERY = 500;

interface Options {
  readonly file: string;
  readonly url: string;
  readonly token: string | undefined;
  readonly connections: number;
  readonly keep: string;
  readonly mapping: Mapping;
}

function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const options = { 'shift-years': text, capacity: text, url: text, token: text, connections: text, keep: text };
  const { values, operands } = readArguments(args, options, 'FILE.jsonl');
  const [file] = operands;
  return {
    file,
    url: serverUrl(values.url),
    token: values.token,
    connections: wholeNumber('connections', values.connections, 16, 1, 256),
    keep: values.keep ?? join(ROOT, '.wrangler/load'),
    mapping: {
      now: Date.now(),
      shiftYearsMin: wholeNumber('shift-years', values['shift-years'], 0, 0, 100),
      capacity: wholeNumber('capacity', values.capacity, 100, 1, LIMITS.capacityMax),
    },
  };
}

interface Tally {
  total: number;
  created: number;
  alreadyThere: number;
  skipped: number;
  venues: number;
}

function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Failure(`${file} cannot be read: ${getSystemErrorMessage(error.errno ?? 0)}.`);
  });
}

function conferencesOf(text: string, mapping: Mapping, onBad: (line: number, reason: string) => void): Conference[] {
  const conferences: Conference[] = [];
  let line = 0;
  for (const source of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    line++;
    if (source.trim() === '') continue;
    const parsed = parseConference(source, line, mapping);
    if (parsed.ok) conferences.push(parsed.conference);
    else onBad(line, parsed.reason);
  }
  return conferences;
}

async function openSession(client: ApiClient, options: Options): Promise<Session> {
  if (options.token !== undefined) return sessionWithToken(client, options.token);
  return sessionWithPassword(client, await loaderAccount(client, join(options.keep, 'account.json')));
}

/** Shows how far the load is: a bar, or a line each 500 where nobody watches. */
function progressOf(tally: Tally, screen: Screen) {
  const startMs = performance.now();
  const done = () => tally.created + tally.alreadyThere;
  const lines = () => {
    const rate = Math.round((1_000 * tally.created) / (performance.now() - startMs));
    return [`${bar(done(), tally.total)}  ${tally.created} created at ${rate}/s, ${tally.alreadyThere} already there`];
  };
  return {
    step: () => {
      screen.draw(lines);
      if (!screen.live && done() % PLAIN_LINE_EVERY === 0) screen.print(`${done()} of ${tally.total}`);
    },
    finish: () => screen.finish(lines),
    seconds: () => ((performance.now() - startMs) / 1_000).toFixed(1),
  };
}

function summary({ created, alreadyThere, skipped, venues }: Tally): string {
  return [
    `${created} created`,
    `${alreadyThere} already there`,
    `${counted(skipped, 'line')} skipped`,
    counted(venues, 'new venue'),
  ].join(', ');
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  const client = apiClient(options.url, options.connections);
  const screen = createScreen();
  const tally: Tally = { total: 0, created: 0, alreadyThere: 0, skipped: 0, venues: 0 };
  const skip = (line: number, reason: string) => {
    tally.skipped++;
    screen.print(`line ${line} skipped: ${reason}`);
  };
  const text = await readText(options.file);
  // Before the lines: what is wrong with them is no news while nothing can be loaded.
  await requireServer(client);
  const conferences = conferencesOf(text, options.mapping, skip);
  tally.total = conferences.length;
  const session = await openSession(client, options);
  // One load at a time per server: two would both find the same events missing.
  const lockName = createHash('sha256').update(client.url).digest('hex').slice(0, 16);
  const lock = takeRunLock(join(options.keep, `${lockName}.sqlite`));
  const progress = progressOf(tally, screen);
  const onFate = (conference: Conference, fate: Fate) => {
    if (fate === 'created') tally.created++;
    else if (fate === 'already_there') tally.alreadyThere++;
    else {
      tally.total--;
      skip(conference.line, fate.refused);
    }
    progress.step();
  };
  await loadConferences(conferences, {
    client,
    session,
    concurrency: options.connections,
    lastRunWasCut: lock.lastRunWasCut,
    onFate,
    onVenue: () => tally.venues++,
    onWait: (reason) => screen.print(`${reason} …`),
  });
  progress.finish();
  lock.release();
  client.close();
  screen.print(`${summary(tally)}, in ${progress.seconds()} s`);
  return 0;
}

await runScript(USAGE, main);
