/** Medians of a run: lane, then figure. */
export type Medians = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** A promise about speed, as a ratio of two lanes of the same run or as one figure. */
export interface Target {
  readonly lane: string;
  readonly figure: string;
  /** The lane that it is divided by. */
  readonly by?: string;
  /** The lane that does nothing but the platform's part: what it makes of the ratio is the most that can be hoped for. */
  readonly floor?: string | undefined;
  /** The lane that besides writes all that is promised, and decides and tells nothing. */
  readonly writing?: string | undefined;
  readonly least?: number;
  readonly most?: number;
}

const per = (lane: string, by: string, least: number, floor?: string, writing?: string): Target => ({
  lane,
  figure: 'per_s',
  by,
  least,
  floor,
  writing,
});

/** What the project promises, by the keys of `ratios` in the JSON. */
export const TARGETS = {
  hot_vs_noop: per('seatkeeper/hot', 'floor/noop', 1, 'floor/shared-row', 'floor/written'),
  hot256_vs_request: per('seatkeeper/hot256', 'floor/request', 0.6, 'floor/shared-row', 'floor/written'),
  hot_vs_postgres: per('seatkeeper/hot', 'postgres/hot', 2, 'floor/shared-row', 'floor/written'),
  hot_vs_redis: per('seatkeeper/hot', 'redis/hot', 0.4, 'floor/shared-row', 'floor/written'),
  soldout_vs_request: per('seatkeeper/sold-out', 'floor/request', 0.7, 'floor/shared'),
  soldout_vs_postgres: per('seatkeeper/sold-out', 'postgres/sold-out', 1.5, 'floor/shared'),
  spread_vs_noop: per('seatkeeper/spread', 'floor/noop', 0.6, 'floor/rows', 'floor/written-spread'),
  detail_vs_router: per('seatkeeper/detail', 'floor/router', 0.5),
  list_vs_router: per('seatkeeper/list', 'floor/router', 0.5),
  growth_1m: per('growth/1m', 'growth/none', 0.9),
  execute_per_s: { lane: 'seatkeeper/execute', figure: 'per_s', least: 30_000 },
  cold_100k_ms: { lane: 'growth/cold', figure: 'beyond_empty_ms', most: 30 },
} as const satisfies Record<string, Target>;

export type TargetKey = keyof typeof TARGETS;

/** Every target's value; null where a lane was not measured. */
export function ratios(medians: Medians): Record<TargetKey, number | null> {
  return valuesOf(medians, (target) => target.lane);
}

/** What the platform's part alone makes of every target; null where there is no such lane, or it was not measured. */
export function floorRatios(medians: Medians): Record<TargetKey, number | null> {
  return valuesOf(medians, (target) => target.floor);
}

/** The same with all that is written of a reservation. */
export function writingRatios(medians: Medians): Record<TargetKey, number | null> {
  return valuesOf(medians, (target) => target.writing);
}

function valuesOf(medians: Medians, laneOf: (target: Target) => string | undefined): Record<TargetKey, number | null> {
  const entries = Object.entries(TARGETS).map(([key, target]: [string, Target]) => {
    const lane = laneOf(target);
    return [key, lane === undefined ? null : figureOf({ ...target, lane }, medians)];
  });
  return Object.fromEntries(entries) as Record<TargetKey, number | null>;
}

function figureOf({ lane, figure, by }: Target, medians: Medians): number | null {
  const value = medians[lane]?.[figure];
  if (by === undefined) return value ?? null;
  const below = medians[by]?.[figure];
  return value === undefined || !below ? null : value / below;
}

/** Whether a value keeps the promise. */
export function isMet({ least, most }: Target, value: number): boolean {
  return value >= (least ?? Number.NEGATIVE_INFINITY) && value <= (most ?? Number.POSITIVE_INFINITY);
}

/** The lanes that a choice of scenarios needs besides its own: what its ratios are divided by, and their floors. */
export function companions(isChosen: (lane: string) => boolean): Set<string> {
  const targets: readonly Target[] = Object.values(TARGETS);
  const needed = targets.filter(({ lane }) => isChosen(lane)).flatMap(({ by, floor, writing }) => [by, floor, writing]);
  return new Set(needed.filter((lane) => lane !== undefined));
}
