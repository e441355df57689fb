import { popular, searches } from './catalogue.ts';
import type { Load, Plan } from './load/job.ts';
import { answers, type Bench, customersFor, customersPlan, extended, measure, type Sample } from './measure.ts';
import { reservationsPath, type Subject } from './subject.ts';

/** One thing to measure on a subject. */
export type Scenario = (bench: Bench, subject: Subject) => Promise<Sample>;

const HUGE = 1_000_000;
/** Events of the scenario *spread*. */
export const SPREAD_EVENTS = 200;
const RUSH = { customers: 2_000, seats: 500, connections: 256, limitSeconds: 60 };
const LOOKS = 20_000;
const PAGE = 25;

const CREATED = 201;
const OK = 200;
const CONFLICT = 409;

/** What an event's database says against what was answered; empty if all agrees. */
async function verify(subject: Subject, eventId: string, accepted: number): Promise<string[]> {
  const { capacity, reserved, stored } = await subject.counts(eventId);
  const failures: string[] = [];
  if (accepted > capacity) failures.push(`OVERSOLD: ${accepted} accepted of ${capacity} seats`);
  if (reserved !== accepted) failures.push(`${accepted} were accepted, the counter says ${reserved}`);
  if (stored !== accepted) failures.push(`${accepted} were accepted, ${stored} are stored`);
  return failures;
}

/** Connections that broke leave requests of which nobody knows whether they were carried out. */
function unknown(load: Load): string[] {
  return load.broken === 0 ? [] : [`${load.broken} requests were never answered`];
}

/** Distinct customers, one event, seats for everybody. */
function hotWith(connections: number | null): Scenario {
  return async (bench, subject) => {
    const [event = ''] = await subject.createEvents(1, HUGE);
    return loadEvent(bench, subject, event, 0, connections ?? bench.connections);
  };
}

/**
 * Reserves on an event that may have reservations already.
 * @param before how many
 */
export async function loadEvent(
  bench: Bench,
  subject: Subject,
  event: string,
  before: number,
  connections: number,
): Promise<Sample> {
  const key = `${subject.name} hot`;
  const plan = customersPlan(bench, key, [reservationsPath(subject, event)]);
  const { load, sample } = await measure(bench, key, { port: subject.port, connections, plan }, [CREATED]);
  const answeredAt = performance.now();
  await subject.settle(event);
  const settledMs = performance.now() - answeredAt;
  const failures = [...unknown(load), ...(await verify(subject, event, before + answers(load, [CREATED])))];
  return extended(sample, { settled_ms: settledMs }, failures);
}

/** Four times as many customers as seats, all at once: how long until the last seat is sold, and until all know. */
const rush: Scenario = async (bench, subject) => {
  const [event = ''] = await subject.createEvents(1, RUSH.seats);
  const plan: Plan = { kind: 'reserve', paths: [reservationsPath(subject, event)], customers: RUSH.customers };
  const job = { port: subject.port, connections: RUSH.connections, seconds: RUSH.limitSeconds, plan };
  const { load, sample } = await measure(bench, `${subject.name} rush`, job, [CREATED, CONFLICT]);
  const accepted = answers(load, [CREATED]);
  const failures = [...unknown(load), ...(await verify(subject, event, accepted))];
  if (accepted !== RUSH.seats) failures.push(`${accepted} of ${RUSH.seats} seats were sold`);
  return extended(sample, { sold_out_ms: load.lastCreatedSeconds * 1_000, all_ms: load.seconds * 1_000 }, failures);
};

/** Nothing is left: refusals only. */
const soldOut: Scenario = async (bench, subject) => {
  const [event = ''] = await subject.createEvents(1, 1);
  const key = `${subject.name} sold-out`;
  const path = reservationsPath(subject, event);
  const one = { connections: 1, seconds: 10, port: subject.port };
  await bench.generator.run({ ...one, plan: { kind: 'reserve', paths: [path], customers: 1 } });
  await subject.settle(event);
  const job = { port: subject.port, plan: customersPlan(bench, key, [path]) };
  const { load, sample } = await measure(bench, key, job, [CONFLICT]);
  return extended(sample, {}, [...unknown(load), ...(await verify(subject, event, 1))]);
};

/** Two hundred events at once, distinct customers. */
const spread: Scenario = async (bench, subject) => {
  const events = await subject.createEvents(SPREAD_EVENTS, HUGE);
  const key = `${subject.name} spread`;
  const plan = customersPlan(
    bench,
    key,
    events.map((event) => reservationsPath(subject, event)),
  );
  const { load, sample } = await measure(bench, key, { port: subject.port, plan }, [CREATED]);
  const counts = await Promise.all(events.map((event) => subject.counts(event)));
  const reserved = counts.reduce((sum, one) => sum + one.reserved, 0);
  const stored = counts.reduce((sum, one) => sum + one.stored, 0);
  const accepted = answers(load, [CREATED]);
  const failures = unknown(load);
  if (reserved !== accepted || stored !== accepted) {
    failures.push(`${accepted} were accepted, the counters say ${reserved}, ${stored} are stored`);
  }
  return extended(sample, {}, failures);
};

/** Every customer reserves and then cancels. */
const mix: Scenario = async (bench, subject) => {
  const [event = ''] = await subject.createEvents(1, HUGE);
  const key = `${subject.name} mix`;
  const customers = customersFor(key, bench.seconds);
  const plan: Plan = { kind: 'reserve_and_cancel', path: reservationsPath(subject, event), customers };
  const { load, sample } = await measure(bench, key, { port: subject.port, plan }, [CREATED, OK]);
  const left = answers(load, [CREATED]) - answers(load, [OK]);
  return extended(sample, {}, [...unknown(load), ...(await verify(subject, event, left))]);
};

function reading(name: string, pathsOf: (subject: Subject) => string[]): Scenario {
  return async (bench, subject) => {
    const plan: Plan = { kind: 'get', paths: pathsOf(subject) };
    const { sample } = await measure(bench, `${subject.name} ${name}`, { port: subject.port, plan }, [OK]);
    return sample;
  };
}

/** Events as visitors look at them: few often, most seldom. */
const detail = reading('detail', ({ catalogueIds }) =>
  popular(catalogueIds.length, LOOKS).map((index) => `/api/events/${catalogueIds[index]}`),
);

const list = reading('list', () => [`/api/events?limit=${PAGE}`]);

const search = reading('search', () =>
  searches().map((words) => `/api/events?limit=${PAGE}&q=${encodeURIComponent(words)}`),
);

/** Every scenario on a subject, by the name that `--only` takes. */
export const SCENARIOS = {
  hot: hotWith(null),
  hot256: hotWith(256),
  rush,
  'sold-out': soldOut,
  spread,
  mix,
  detail,
  list,
  search,
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;
