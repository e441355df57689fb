import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Session } from './account.ts';
import { type Answer, type ApiClient, awaitServer, explain, pauseMs, persist, Unanswered } from './api-client.ts';
import { Failure } from './command-line.ts';
import { type Conference, recordOf } from './conference.ts';

/** How long D1 gets to show what a request did whose answer was lost; actors catch up within a second or two. */
const GRACE_MS = 3_000;
const SERVER_PATIENCE_MS = 60_000;
/** Rounds in a row that may end without one event more. */
const IDLE_ROUNDS_MAX = 5;
const PAGE = 100;

/** What became of a line. */
export type Fate = 'created' | 'already_there' | { readonly refused: string };

export interface LoadOptions {
  readonly client: ApiClient;
  readonly session: Session;
  readonly concurrency: number;
  /** Whether requests of an earlier run may still be on their way into D1. */
  readonly lastRunWasCut: boolean;
  readonly onFate: (conference: Conference, fate: Fate) => void;
  /** Told before a wait, why. */
  readonly onWait: (reason: string) => void;
}

/**
 * Creates and publishes the events that the organizer doesn't have yet.
 *
 * The server itself remembers what is loaded: every event carries its source record in its description, and the
 * organizer's own list is read before anything is created. So nothing is created twice, however often this is run and
 * wherever it was cut. A request whose answer was lost (or told of a failure on the other side) is never repeated
 * blindly: its line waits for the next round, which first lets D1 catch up and reads the list again.
 * @throws Failure when the server stays away, or rounds bring nothing new any more
 */
export async function loadConferences(conferences: readonly Conference[], options: LoadOptions): Promise<void> {
  let missing = withoutRepeats(conferences, options);
  let inDoubt = options.lastRunWasCut ? 'the last run was cut off' : null;
  for (let idle = 0; missing.length > 0; ) {
    if (inDoubt !== null) await letSettle(inDoubt, options);
    const open = await withoutLoaded(missing, options);
    const left = await inParallel(open, options.concurrency, (one) => create(one, options));
    inDoubt = left[0]?.reason ?? null;
    idle = left.length < missing.length ? 0 : idle + 1;
    if (idle === IDLE_ROUNDS_MAX) throw new Failure(`${left.length} events could not be created: ${inDoubt}`);
    missing = left.map(({ item }) => item);
  }
}

/** The file may hold a line twice; it is one event. */
function withoutRepeats(conferences: readonly Conference[], { onFate }: LoadOptions): Conference[] {
  const seen = new Set<string>();
  return conferences.filter((conference) => {
    const isRepeat = seen.has(conference.record);
    seen.add(conference.record);
    if (isRepeat) onFate(conference, 'already_there');
    return !isRepeat;
  });
}

async function letSettle(reason: string, { client, onWait }: LoadOptions): Promise<void> {
  onWait(`${reason}; waiting for the server to settle`);
  await requireReturn(client);
  await sleep(GRACE_MS);
}

async function requireReturn(client: ApiClient): Promise<void> {
  if (await awaitServer(client, SERVER_PATIENCE_MS)) return;
  throw new Failure(`${client.url} does not answer any more. Run the same command again to go on.`);
}

async function withoutLoaded(conferences: readonly Conference[], options: LoadOptions): Promise<Conference[]> {
  const loaded = await listLoaded(options.session);
  for (const conference of conferences) {
    if (loaded.has(conference.record)) options.onFate(conference, 'already_there');
  }
  return conferences.filter((conference) => !loaded.has(conference.record));
}

const pageSchema = z.object({
  items: z.array(z.object({ description: z.string() })),
  next_cursor: z.string().nullable(),
});

/** The source records of the organizer's events. */
async function listLoaded(session: Session): Promise<Set<string>> {
  const loaded = new Set<string>();
  let cursor: string | null = null;
  do {
    const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await persist(() => session.send('GET', `/api/events?mine=true&limit=${PAGE}${after}`));
    if (answer.status !== 200) throw new Failure(`Could not list the organizer's events: ${explain(answer)}`);
    const page = pageSchema.parse(answer.body);
    for (const event of page.items) {
      const record = recordOf(event.description);
      if (record !== null) loaded.add(record);
    }
    cursor = page.next_cursor;
  } while (cursor !== null);
  return loaded;
}

/** @returns null when the line's fate is known, else why it isn't */
async function create(conference: Conference, { session, client, onFate }: LoadOptions): Promise<string | null> {
  let answer: Answer;
  try {
    answer = await sendOnce(session, conference);
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    await requireReturn(client);
    return `a connection was lost (${error.message})`;
  }
  if (answer.status >= 500) {
    await sleep(pauseMs(answer, 0));
    return explain(answer);
  }
  if (answer.status === 401 || answer.status === 403) throw new Failure(`May not create events: ${explain(answer)}`);
  onFate(conference, answer.status === 201 ? 'created' : { refused: explain(answer) });
  return null;
}

/** A 429 says that nothing was done, so that one may be repeated. */
async function sendOnce(session: Session, conference: Conference): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const answer = await session.send('POST', '/api/events', { ...conference.event, status: 'published' });
    if (answer.status !== 429) return answer;
    await sleep(pauseMs(answer, attempt));
  }
}

/** Works on `concurrency` items at a time; gives the items that are left with the reason that `work` gave. */
async function inParallel<Item>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<string | null>,
): Promise<{ item: Item; reason: string }[]> {
  const left: { item: Item; reason: string }[] = [];
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) {
      const reason = await work(item);
      if (reason !== null) left.push({ item, reason });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return left;
}
