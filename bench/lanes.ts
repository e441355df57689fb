import type { Floors } from './floors.ts';
import type { Plan } from './load/job.ts';
import { answers, type Bench, customersPlan, extended, measure, type Sample, undisturbed } from './measure.ts';
import { SCENARIOS, type ScenarioName, SPREAD_EVENTS } from './scenarios.ts';
import type { Seatkeeper } from './seatkeeper.ts';
import type { Subject } from './subject.ts';

/** One line of the table: a scenario on a subject, measured once a round. */
export interface Lane {
  /** Such as `seatkeeper/hot`. */
  readonly key: string;
  readonly scenario: string;
  /** How the subject is run; the best variant of a peer is known after the warm-up. */
  variant: string;
  measure(bench: Bench): Promise<Sample>;
}

/** Commands that one measurement of `execute` sends, 1,000 a batch, and batches on their way at once. */
const EXECUTED = 20_000;
const EXECUTED_PARALLEL = 4;

/** Scenario on a subject, with the memory that the server has afterwards. */
export function subjectLane(subject: Subject, scenario: ScenarioName): Lane {
  return {
    key: `${subject.name}/${scenario}`,
    scenario,
    variant: subject.variant,
    async measure(bench) {
      const sample = await SCENARIOS[scenario](bench, subject);
      const memory = subject.memoryMb();
      return memory === null ? sample : extended(sample, { memory_mb: memory });
    },
  };
}

/** The better of a peer's variants: the warm-up runs them all, the rounds only the fastest. */
export function bestLane(variants: readonly Lane[], warmUp: ReadonlyMap<Lane, Sample>): Lane {
  const rate = (lane: Lane) => warmUp.get(lane)?.values.per_s ?? 0;
  return variants.reduce((best, lane) => (rate(lane) > rate(best) ? lane : best));
}

/** Commands through the actor's own verb: what it decides and commits a second without HTTP. */
export function executeLane(seatkeeper: Seatkeeper): Lane {
  return {
    key: 'seatkeeper/execute',
    scenario: 'execute',
    variant: `batches of 1,000, ${EXECUTED_PARALLEL} at once`,
    measure: () => undisturbed(() => executeSample(seatkeeper)),
  };
}

async function executeSample(seatkeeper: Seatkeeper): Promise<Omit<Sample, 'disturbed'>> {
  const [event = ''] = await seatkeeper.createEvents(1, 1_000_000);
  const { accepted, seconds } = await seatkeeper.fill(event, EXECUTED, EXECUTED_PARALLEL);
  const { stored } = await seatkeeper.counts(event);
  const failures = stored === EXECUTED ? [] : [`${EXECUTED} were sent, ${accepted} accepted, ${stored} stored`];
  return { values: { per_s: accepted / seconds }, failures };
}

/** The floors: each does one step more of what a reservation takes. */
export function floorLanes(floors: Floors): Lane[] {
  const lane = (scenario: string, variant: string, run: Lane['measure']): Lane => ({
    key: `floor/${scenario}`,
    scenario,
    variant,
    measure: run,
  });
  const post = async (bench: Bench, step: string, actors: readonly string[]) => {
    const paths = actors.map((actor) => `/api/${step}/events/${actor}/reservations`);
    const plan = customersPlan(bench, `floor ${step} ${actors.length}`, paths);
    return measure(bench, `floor ${step} ${actors.length}`, { port: floors.port, plan }, [201]);
  };
  const rows = async (bench: Bench, step: string, actors: readonly string[]) => {
    const kind = step === 'written' ? step : 'rows';
    const stored = async () => {
      const counts = await Promise.all(actors.map((actor) => floors.rows(actor, kind)));
      return counts.reduce((sum, count) => sum + count, 0);
    };
    // As an event's actor is made when the event is, and not by its first reservation.
    await stored();
    const { load, sample } = await post(bench, step, actors);
    const [accepted, inserted] = [answers(load, [201]), await stored()];
    const failures = accepted === inserted ? [] : [`${accepted} were accepted, ${inserted} rows are stored`];
    return extended(sample, {}, failures);
  };
  const fresh = (count: number) => Array.from({ length: count }, () => floors.fresh());
  return [
    lane('router', 'GET, no work', async (bench) => {
      const plan: Plan = { kind: 'get', paths: ['/api/nothing'] };
      return (await measure(bench, 'floor router', { port: floors.port, plan }, [200])).sample;
    }),
    lane('request', 'POST, token, validation', async (bench) => (await post(bench, 'request', fresh(1))).sample),
    lane('noop', 'and one empty actor call', async (bench) => (await post(bench, 'noop', fresh(1))).sample),
    lane('row', 'and one row inserted', (bench) => rows(bench, 'row', fresh(1))),
    lane('rows', `the same, ${SPREAD_EVENTS} actors`, (bench) => rows(bench, 'row', fresh(SPREAD_EVENTS))),
    lane('shared', 'no-op, calls shared', async (bench) => (await post(bench, 'shared', fresh(1))).sample),
    lane('shared-row', 'one row inserted, calls shared', (bench) => rows(bench, 'shared-row', fresh(1))),
    lane('written', 'all that a reservation writes, calls shared', (bench) => rows(bench, 'written', fresh(1))),
    lane('written-spread', `the same, ${SPREAD_EVENTS} actors`, (bench) =>
      rows(bench, 'written', fresh(SPREAD_EVENTS)),
    ),
  ];
}
