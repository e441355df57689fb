import { counted } from '../scripts/progress.ts';
import type { Machine } from './machine.ts';
import type { LaneResult, Results } from './rounds.ts';
import { format } from './statistics.ts';
import { floorRatios, isMet, ratios, TARGETS, type Target, writingRatios } from './targets.ts';

/** All that a run says; what `--json` writes. */
export interface Report {
  readonly at: string;
  readonly quick: boolean;
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly durability: Readonly<Record<string, string>>;
  /** Peers that could not be measured, and why. */
  readonly skipped: readonly string[];
  readonly bundleGzipKb: number;
  readonly lanes: Results;
}

/** The JSON file: the report with the ratios worked out, and beside them what their floors make of them. */
export function toJson(report: Report): string {
  const { lanes } = report;
  const body = {
    ...report,
    ratios: ratios(mediansOf(lanes)),
    floors: floorRatios(mediansOf(lanes)),
    writing: writingRatios(mediansOf(lanes)),
    hot_p99_vs_p50: tailOf(lanes, TARGETS.hot_vs_noop.lane),
    verified: failuresOf(lanes).length === 0,
    disturbed: disturbancesOf(lanes),
  };
  return `${JSON.stringify(body, null, 2)}\n`;
}

function mediansOf(lanes: Results): Record<string, LaneResult['medians']> {
  return Object.fromEntries(Object.entries(lanes).map(([key, { medians }]) => [key, medians]));
}

/** How many times the usual answer a slow one takes, p99 ÷ p50; null where the lane was not measured. */
function tailOf(lanes: Results, key: string | undefined): number | null {
  const { p50_ms: p50, p99_ms: p99 } = lanes[key ?? '']?.medians ?? {};
  return p50 === undefined || p99 === undefined ? null : p99 / p50;
}

/** What was answered or stored and should not have been, over all lanes. */
export function failuresOf(lanes: Results): string[] {
  return Object.entries(lanes).flatMap(([key, { failures }]) => failures.map((why) => `${key}: ${why}`));
}

function disturbancesOf(lanes: Results): string[] {
  return Object.entries(lanes).flatMap(([key, { disturbed }]) => disturbed.map((why) => `${key}: ${why}`));
}

/** One line a lane: what was noticed first, and how much more there is in the JSON. */
function briefly(lanes: Results): string[] {
  return Object.entries(lanes).flatMap(
    ([
      key,
      {
        disturbed: [first, ...others],
      },
    ]) => {
      if (first === undefined) return [];
      return `${key}: ${first}${others.length === 0 ? '' : ` (and ${others.length} more)`}`;
    },
  );
}

/** Columns of text, the first to the left and the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const cell = (text: string, column: number) => {
    const width = widths[column] ?? 0;
    return column === 0 ? text.padEnd(width) : text.padStart(width);
  };
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}

/** A figure, or a dash where there is none. */
function say(value: number | null | undefined): string {
  return format(value ?? Number.NaN);
}

function laneTable(lanes: Results): string {
  const head = ['', 'per second', 'p50 ms', 'p99 ms', 'spread', 'memory MB', 'variant'];
  const rows = Object.entries(lanes).map(([key, { medians, spread, variant, disturbed, failures }]) => [
    `${key}${failures.length > 0 ? ' ✗' : disturbed.length > 0 ? ' ~' : ''}`,
    ...[medians.per_s, medians.p50_ms, medians.p99_ms].map(say),
    `${Math.round(spread * 100)} %`,
    say(medians.memory_mb),
    variant,
  ]);
  return table([head, ...rows]);
}

function ratioTable(lanes: Results): string {
  const values = ratios(mediansOf(lanes));
  const floors = floorRatios(mediansOf(lanes));
  const writing = writingRatios(mediansOf(lanes));
  const rows = Object.entries(TARGETS).map(([name, target]: [string, Target]) => {
    const key = name as keyof typeof TARGETS;
    const value = values[key];
    const wanted = target.least === undefined ? `≤ ${format(target.most ?? 0)}` : `≥ ${format(target.least)}`;
    const verdict = verdictOf(target, value, floors[key], writing[key]);
    return [key, say(value), say(floors[key]), say(writing[key]), wanted, verdict];
  });
  return table([['ratio', 'value', 'floor', 'writing', 'wanted', ''], ...rows]);
}

/** Whether a promise is kept, and if not, whether what does less than the product keeps it. */
function verdictOf(target: Target, value: number | null, floor: number | null, writing: number | null): string {
  if (value === null) return 'not measured';
  if (isMet(target, value)) return 'met';
  if (floor !== null && !isMet(target, floor)) return 'MISSED, as by its floor';
  return writing !== null && !isMet(target, writing) ? 'MISSED, as by writing' : 'MISSED';
}

function more(lanes: Results): string[] {
  const hotLanes: Target = TARGETS.hot_vs_noop;
  const rush = lanes['seatkeeper/rush']?.medians;
  const hot = lanes['seatkeeper/hot']?.medians;
  const cold = lanes['growth/cold']?.medians;
  const lines: string[] = [];
  if (rush)
    lines.push(
      `rush: the last of 500 seats sold after ${say(rush.sold_out_ms)} ms, all 2,000 answered after ${say(rush.all_ms)} ms`,
    );
  if (hot) {
    const [own, floor, writing] = [hotLanes.lane, hotLanes.floor, hotLanes.writing].map((key) => tailOf(lanes, key));
    lines.push(
      `hot: p99 is ${say(own)} times p50 (wanted: at most 4; floor ${say(floor)}, writing ${say(writing)}); D1 had it all ${say(hot.settled_ms)} ms after the last answer`,
    );
  }
  if (cold)
    lines.push(
      `cold: first answer after ${say(cold.first_ms)} ms with 100,000 reservations, ${say(cold.empty_first_ms)} ms with none`,
    );
  return lines;
}

/** The run for people. */
export function toText(report: Report): string {
  const { machine, lanes } = report;
  const failures = failuresOf(lanes);
  const disturbed = briefly(lanes);
  const pairs = (record: Readonly<Record<string, string>>) =>
    Object.entries(record).map(([name, value]) => `  ${name}: ${value}`);
  return [
    `${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, ${machine.system}; a flush takes ${format(machine.flushMs)} ms; load before ${format(machine.loadBefore)}`,
    `versions: ${Object.entries(report.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
    'durability:',
    ...pairs(report.durability),
    ...report.skipped.map((why) => `skipped: ${why}`),
    `${counted(report.rounds, 'round')} of ${report.seconds} s, ${report.connections} connections unless named otherwise; bundle ${format(report.bundleGzipKb)} KB gzipped`,
    '',
    laneTable(lanes),
    '',
    ...more(lanes),
    '',
    ratioTable(lanes),
    '',
    ...(failures.length > 0 ? ['WRONG RESULTS:', ...failures.map((why) => `  ${why}`)] : ['All results verified.']),
    ...(disturbed.length > 0
      ? ['DISTURBED (~): repeat the run on a quiet machine.', ...disturbed.map((why) => `  ${why}`)]
      : ['Nothing disturbed the run.']),
  ].join('\n');
}
