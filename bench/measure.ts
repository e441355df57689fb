import { disturbances, watchOthers } from './disturbance.ts';
import type { Generator } from './load/client.ts';
import type { Job, Load, Plan } from './load/job.ts';

/** What one measurement gave. */
export interface Sample {
  /** The figures by name, such as `per_s` and `p99_ms`. */
  readonly values: Readonly<Record<string, number>>;
  /** Why it may be wrong. */
  readonly disturbed: readonly string[];
  /** What was answered or stored and should not have been. Any makes the whole run fail. */
  readonly failures: readonly string[];
}

/** What every measurement shares. */
export interface Bench {
  readonly generator: Generator;
  /** Length of one measurement. */
  readonly seconds: number;
  readonly connections: number;
}

/** Customers a second that are made ready before anything is known of the rate. */
const FIRST_GUESS_PER_SECOND = 9_000;
const HEADROOM = 1.4;
const rates = new Map<string, number>();

/** How many customers to make ready for a measurement, by what it needed last time. */
export function customersFor(key: string, seconds: number): number {
  return Math.ceil((rates.get(key) ?? FIRST_GUESS_PER_SECOND) * HEADROOM * seconds) + 500;
}

/** A load together with what it means. */
export interface Measured {
  readonly load: Load;
  readonly sample: Sample;
}

/**
 * Runs a load and counts the answers with the wanted statuses; any other answer is a failure.
 * @param key names the measurement from round to round
 */
export async function measure(
  bench: Bench,
  key: string,
  job: Omit<Job, 'connections' | 'seconds'> & Partial<Job>,
  wanted: readonly number[],
): Promise<Measured> {
  const stop = watchOthers();
  const load = await bench.generator.run({ connections: bench.connections, seconds: bench.seconds, ...job });
  const others = stop();
  const perSecond = answers(load, wanted) / load.seconds;
  rates.set(key, Math.max(perSecond, rates.get(key) ?? 0));
  const failures = Object.keys(load.statuses)
    .filter((status) => !wanted.includes(Number(status)))
    .map((status) => `${load.statuses[status]} answers were ${status}`);
  const values = { per_s: perSecond, p50_ms: load.p50Ms, p99_ms: load.p99Ms, generator_busy: load.generatorBusy };
  return { load, sample: { values, disturbed: disturbances(load, others), failures } };
}

/** Does work that is no load of the generator's, and tells what disturbed it. */
export async function undisturbed(work: () => Promise<Omit<Sample, 'disturbed'>>): Promise<Sample> {
  const stop = watchOthers();
  const sample = await work();
  return { ...sample, disturbed: disturbances(null, stop()) };
}

/** How many answers had one of the statuses. */
export function answers(load: Load, wanted: readonly number[]): number {
  return wanted.reduce((sum, status) => sum + (load.statuses[status] ?? 0), 0);
}

/** The sample with more figures and failures. */
export function extended(sample: Sample, values: Record<string, number>, failures: readonly string[] = []): Sample {
  return { ...sample, values: { ...sample.values, ...values }, failures: [...sample.failures, ...failures] };
}

/** One POST a fresh customer over these paths. */
export function customersPlan(bench: Bench, key: string, paths: readonly string[]): Plan {
  return { kind: 'reserve', paths, customers: customersFor(key, bench.seconds) };
}
