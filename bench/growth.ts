import { signAccessToken } from '../src/http/auth.ts';
import { newUserId } from '../src/http/ids.ts';
import type { Lane } from './lanes.ts';
import { extended, type Sample, undisturbed } from './measure.ts';
import { loadEvent } from './scenarios.ts';
import { SECRET, type Seatkeeper } from './seatkeeper.ts';
import { median } from './statistics.ts';

const CAPACITY = 1_000_000;
/** The largest event has a million reservations; these of them are cancelled, so that there are seats to measure with. */
const CANCELLED_OF_MILLION = 200_000;
const FILLED_AT_ONCE = 20_000;
const FILL_PARALLEL = 4;
const COLD_TRIES = 7;
const SECONDS_MAX = 2;

/** A server with what has grown on it. */
interface Grown {
  readonly event: string;
  /** Reservations that take seats. */
  active: number;
}

/**
 * Lanes of one event that grows: hot with ever more reservations already there. `full` has the filled events, `fresh`
 * is a server of the same kind without them: each has its own D1, so that the size of the read model counts too.
 */
export async function growthLanes(
  full: Seatkeeper,
  fresh: Seatkeeper,
  quick: boolean,
  log: (line: string) => void,
): Promise<Lane[]> {
  log('filling an event with 10,000 reservations');
  const small = await filled(full, 10_000);
  log('filling an event with 100,000 reservations');
  const middle = await filled(full, 100_000);
  const lanes = [hotLane('none', fresh, null), hotLane('10k', full, small), hotLane('100k', full, middle)];
  if (!quick) {
    log('filling an event with 1,000,000 reservations');
    lanes.push(hotLane('1m', full, await filled(full, 1_000_000, CANCELLED_OF_MILLION)));
  }
  return [...lanes, coldLane(full, middle)];
}

async function filled(seatkeeper: Seatkeeper, size: number, cancelled = 0): Promise<Grown> {
  const [event = ''] = await seatkeeper.createEvents(1, CAPACITY);
  for (let there = 0; there < size; there += FILLED_AT_ONCE) {
    const count = Math.min(FILLED_AT_ONCE, size - there);
    await seatkeeper.fill(event, count, FILL_PARALLEL, there < cancelled);
  }
  await seatkeeper.settle(event);
  return { event, active: size - cancelled };
}

/** @param grown null: an event of its own each time */
function hotLane(level: string, seatkeeper: Seatkeeper, grown: Grown | null): Lane {
  return {
    key: `growth/${level}`,
    scenario: 'growth',
    variant: 'reservations already there',
    async measure(bench) {
      const on = grown ?? { event: (await seatkeeper.createEvents(1, CAPACITY))[0] ?? '', active: 0 };
      const short = { ...bench, seconds: Math.min(bench.seconds, SECONDS_MAX) };
      const sample = await loadEvent(short, seatkeeper, on.event, on.active, bench.connections);
      on.active = (await seatkeeper.counts(on.event)).reserved;
      return extended(sample, { memory_mb: seatkeeper.memoryMb() ?? Number.NaN });
    },
  };
}

/** How much later the first answer of an unloaded actor comes when it has 100,000 reservations than when it has none. */
function coldLane(seatkeeper: Seatkeeper, grown: Grown): Lane {
  return {
    key: 'growth/cold',
    scenario: 'growth',
    variant: 'first answer with 100k reservations',
    measure: () => undisturbed(() => coldSample(seatkeeper, grown)),
  };
}

async function coldSample(seatkeeper: Seatkeeper, grown: Grown): Promise<Omit<Sample, 'disturbed'>> {
  const [empty = ''] = await seatkeeper.createEvents(1, CAPACITY);
  const [full, none]: [number[], number[]] = [[], []];
  for (let tries = 0; tries < COLD_TRIES; tries += 1) {
    none.push(await firstAnswerMs(seatkeeper, empty));
    full.push(await firstAnswerMs(seatkeeper, grown.event));
    grown.active += 1;
  }
  const [fullMs, emptyMs] = [median(full), median(none)];
  return { values: { first_ms: fullMs, empty_first_ms: emptyMs, beyond_empty_ms: fullMs - emptyMs }, failures: [] };
}

async function firstAnswerMs(seatkeeper: Seatkeeper, event: string): Promise<number> {
  const token = await signAccessToken(SECRET, { userId: newUserId(), role: 'customer' });
  await seatkeeper.evict(event);
  const start = performance.now();
  const reply = await seatkeeper.request('POST', `/api/events/${event}/reservations`, token, {});
  await reply.arrayBuffer();
  if (reply.status !== 201) throw new Error(`a cold actor answered ${reply.status}`);
  return performance.now() - start;
}
