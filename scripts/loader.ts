import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Session } from './account.ts';
import { type ApiClient, awaitServer } from './api-client.ts';
import { Failure } from './command-line.ts';
import { type Conference, recordOf } from './conference.ts';
import { attempt, everyItem } from './organizer.ts';
import { openVenueBook, type Venue, type VenueBook } from './venue-book.ts';

/** How long D1 gets to show what a request did whose answer was lost; actors catch up within a second or two. */
const GRACE_MS = 3_000;
const SERVER_PATIENCE_MS = 60_000;
/** Rounds in a row that may end without one event more. */
const IDLE_ROUNDS_MAX = 5;

/** What became of a line. */
export type Fate = 'created' | 'already_there' | { readonly refused: string };

export interface LoadOptions {
  readonly client: ApiClient;
  readonly session: Session;
  readonly concurrency: number;
  /** Whether requests of an earlier run may still be on their way into D1. */
  readonly lastRunWasCut: boolean;
  readonly onFate: (conference: Conference, fate: Fate) => void;
  /** Told of each venue that was made. */
  readonly onVenue: () => void;
  /** Told before a wait, why. */
  readonly onWait: (reason: string) => void;
}

/**
 * Creates and publishes the events that the organizer doesn't have yet, and the venues where they take place.
 *
 * The server itself remembers what is loaded: every event carries its source record in its description, and the
 * organizer's own lists are read before anything is created. So nothing is created twice, however often this is run and
 * wherever it was cut. A request whose answer was lost (or told of a failure on the other side) is never repeated
 * blindly: its line waits for the next round, which first lets D1 catch up and reads the lists again.
 * @throws Failure when the server stays away, or rounds bring nothing new any more
 */
export async function loadConferences(conferences: readonly Conference[], options: LoadOptions): Promise<void> {
  let missing = withoutRepeats(conferences, options);
  let inDoubt = options.lastRunWasCut ? 'the last run was cut off' : null;
  for (let idle = 0; missing.length > 0; ) {
    if (inDoubt !== null) await letSettle(inDoubt, options);
    const open = await withoutLoaded(missing, options);
    const venues = await openVenueBook(options.session, options.onVenue);
    const left = await inParallel(open, options.concurrency, (one) => create(one, venues, options));
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

const loadedSchema = z.object({ description: z.string() });

/** The source records of the organizer's events. */
async function listLoaded(session: Session): Promise<Set<string>> {
  const events = await everyItem(session, '/api/events', loadedSchema);
  return new Set(events.map(({ description }) => recordOf(description)).filter((record) => record !== null));
}

/** @returns null when the line's fate is known, else why it isn't */
async function create(conference: Conference, venues: VenueBook, options: LoadOptions): Promise<string | null> {
  const { place, event } = conference;
  const venue = place === null ? null : await venues.at(place, event.capacity);
  const outcome = venue !== null && venue.kind !== 'done' ? venue : await publish(event, venue?.made, options);
  if (outcome.kind === 'in_doubt') {
    await requireReturn(options.client);
    return outcome.reason;
  }
  options.onFate(conference, outcome.kind === 'done' ? 'created' : { refused: outcome.reason });
  return null;
}

function publish(event: Conference['event'], venue: Venue | undefined, { session }: LoadOptions) {
  const body = { ...event, status: 'published', ...(venue !== undefined && { venue_id: venue.id }) };
  return attempt(session, 'POST', '/api/events', body, z.unknown());
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
