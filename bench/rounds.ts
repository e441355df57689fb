import { isUnsteady } from './disturbance.ts';
import { bestLane, type Lane } from './lanes.ts';
import type { Bench, Sample } from './measure.ts';
import { median, spread } from './statistics.ts';

/** What became of a lane over all rounds. */
export interface LaneResult {
  readonly variant: string;
  /** Median of every figure. */
  readonly medians: Readonly<Record<string, number>>;
  /** Answers a second, round by round. */
  readonly rounds: readonly number[];
  /** (highest − lowest) ÷ median of the rounds. */
  readonly spread: number;
  /** What may make it wrong; empty: nothing was noticed. */
  readonly disturbed: readonly string[];
  readonly failures: readonly string[];
}

/** Lanes with the same key are variants of a peer. */
export type Results = Record<string, LaneResult>;

const WARM_UP_SECONDS_MAX = 0.4;

/**
 * Warms every lane up, keeps the best variant of each peer, and measures the rest in alternating order: forwards,
 * backwards, forwards. So a machine that slows down or speeds up does it to all alike.
 */
export async function runRounds(
  bench: Bench,
  lanes: readonly Lane[],
  rounds: number,
  log: (line: string) => void,
): Promise<Results> {
  const warmUp = new Map<Lane, Sample>();
  const seconds = Math.min(WARM_UP_SECONDS_MAX, bench.seconds / 2);
  for (const lane of lanes) {
    log(`warm-up: ${lane.key} (${lane.variant})`);
    warmUp.set(lane, await lane.measure({ ...bench, seconds }));
  }
  const chosen = [...Map.groupBy(lanes, ({ key }) => key).values()].map((variants) => bestLane(variants, warmUp));
  const samples = new Map(chosen.map((lane) => [lane, [] as Sample[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (const lane of round % 2 === 0 ? chosen : chosen.toReversed()) {
      const sample = await lane.measure(bench);
      samples.get(lane)?.push(sample);
      log(`round ${round + 1} of ${rounds}: ${lane.key} ${Math.round(sample.values.per_s ?? 0)}/s`);
    }
  }
  const failedWarm = (key: string) =>
    lanes.filter((lane) => lane.key === key).flatMap((lane) => warmUp.get(lane)?.failures ?? []);
  return Object.fromEntries([...samples].map(([lane, all]) => [lane.key, resultOf(lane, all, failedWarm(lane.key))]));
}

/** A lane's medians, and what is to be said against them. */
export function resultOf(lane: Lane, samples: readonly Sample[], failuresBefore: readonly string[] = []): LaneResult {
  const names = new Set(samples.flatMap(({ values }) => Object.keys(values)));
  const figure = (name: string) => samples.flatMap(({ values }) => values[name] ?? []);
  const rounds = figure('per_s');
  const disturbed = samples.flatMap((sample, round) => sample.disturbed.map((why) => `round ${round + 1}: ${why}`));
  if (isUnsteady(rounds)) disturbed.push(`the rounds lie ${Math.round(spread(rounds) * 100)} % apart`);
  return {
    variant: lane.variant,
    medians: Object.fromEntries([...names].map((name) => [name, median(figure(name))])),
    rounds,
    spread: spread(rounds),
    disturbed,
    failures: [...failuresBefore, ...samples.flatMap(({ failures }) => failures)],
  };
}
