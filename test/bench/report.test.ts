import { expect, it } from 'vitest';
import { disturbances } from '../../bench/disturbance.ts';
import type { Lane } from '../../bench/lanes.ts';
import type { Load } from '../../bench/load/job.ts';
import type { Sample } from '../../bench/measure.ts';
import { readOptions } from '../../bench/options.ts';
import { type Report, table, toJson, toText } from '../../bench/report.ts';
import { type LaneResult, resultOf } from '../../bench/rounds.ts';
import { companions, floorRatios, isMet, ratios, TARGETS, writingRatios } from '../../bench/targets.ts';
import { UsageError } from '../../scripts/command-line.ts';

const lane = (key: string): Lane => ({ key, scenario: 'hot', variant: 'v', measure: () => Promise.reject() });
const sample = (perSecond: number, more: Partial<Sample> = {}): Sample => ({
  values: { per_s: perSecond, p50_ms: 10, p99_ms: 30 },
  disturbed: [],
  failures: [],
  ...more,
});
const result = (key: string, perSecond: number): LaneResult => resultOf(lane(key), [sample(perSecond)]);

const load: Load = {
  seconds: 1,
  statuses: { 201: 10 },
  broken: 0,
  p50Ms: 1,
  p99Ms: 2,
  maxMs: 3,
  lastCreatedSeconds: 1,
  exhausted: false,
  generatorBusy: 0.5,
  generatorLagMs: 1,
};

function report(lanes: Report['lanes']): Report {
  return {
    at: '2027-01-01T00:00:00.000Z',
    quick: true,
    seconds: 1,
    rounds: 3,
    connections: 64,
    machine: { cpu: 'c', cores: 2, memoryGb: 4, system: 's', loadBefore: 0, flushMs: 1, stateInMemory: false },
    versions: { node: '24' },
    durability: { seatkeeper: 'fsync' },
    skipped: ['Redis is not installed'],
    bundleGzipKb: 200,
    lanes,
  };
}

it('takes the median of every figure, and keeps what was wrong in any round', () => {
  const disturbed = sample(200, { disturbed: ['others used 50 % of a core'] });
  const wrong = sample(110, { failures: ['3 answers were 500'] });
  const merged = resultOf(lane('seatkeeper/hot'), [sample(100), disturbed, wrong], ['before']);
  expect(merged.medians).toEqual({ per_s: 110, p50_ms: 10, p99_ms: 30 });
  expect(merged.disturbed).toEqual(['round 2: others used 50 % of a core', 'the rounds lie 91 % apart']);
  expect(merged.failures).toEqual(['before', '3 answers were 500']);
});

it('divides medians of the same run, and says null for what was not measured', () => {
  const medians = {
    'seatkeeper/hot': { per_s: 3_000 },
    'floor/noop': { per_s: 6_000 },
    'growth/cold': { beyond_empty_ms: 7 },
  };
  expect(ratios(medians)).toMatchObject({ hot_vs_noop: 0.5, hot_vs_redis: null, cold_100k_ms: 7, execute_per_s: null });
  expect(isMet(TARGETS.hot_vs_noop, 1)).toBe(true);
  expect(isMet(TARGETS.hot_vs_noop, 0.99)).toBe(false);
  expect(isMet(TARGETS.cold_100k_ms, 31)).toBe(false);
});

it('tells what the platform alone makes of a ratio, and what is left when all is written', () => {
  const own = { 'floor/shared-row': { per_s: 4_500 }, 'floor/written': { per_s: 3_600 } };
  const medians = { ...own, 'floor/noop': { per_s: 6_000 } };
  expect(floorRatios(medians)).toMatchObject({ hot_vs_noop: 0.75, hot_vs_redis: null, list_vs_router: null });
  expect(writingRatios(medians)).toMatchObject({ hot_vs_noop: 0.6, hot_vs_redis: null, soldout_vs_request: null });
});

it('measures along what the ratios of a chosen scenario are divided by, and their floors', () => {
  expect([...companions((key) => key === 'seatkeeper/list')]).toEqual(['floor/router']);
  expect([...companions((key) => key === 'seatkeeper/spread')]).toEqual([
    'floor/noop',
    'floor/rows',
    'floor/written-spread',
  ]);
});

it('writes the ratios under their keys, and whether all results were right', () => {
  const lanes = { 'seatkeeper/hot': result('seatkeeper/hot', 500), 'floor/noop': result('floor/noop', 1_000) };
  const json = JSON.parse(toJson(report(lanes)));
  expect(Object.keys(json.ratios)).toEqual(Object.keys(TARGETS));
  expect(json.ratios.hot_vs_noop).toBe(0.5);
  expect(json.hot_p99_vs_p50).toBe(3);
  expect(json.verified).toBe(true);
});

it('shows people what was missed, wrong, disturbed and left out', () => {
  const wrong = resultOf(lane('seatkeeper/hot'), [
    sample(500, { failures: ['OVERSOLD'], disturbed: ['noise', 'din'] }),
  ]);
  const rates = { 'floor/noop': 1_000, 'floor/shared-row': 900, 'floor/written': 800 };
  const floors = Object.fromEntries(Object.entries(rates).map(([key, rate]) => [key, result(key, rate)]));
  const text = toText(report({ 'seatkeeper/hot': wrong, ...floors }));
  expect(text).toMatch(/hot_vs_noop +0.5 +0.9 +0.8 +≥ 1 +MISSED, as by its floor$/m);
  expect(text).toMatch(/list_vs_router +– +– +– +≥ 0.5 +not measured/);
  expect(text).toContain('hot: p99 is 3 times p50 (wanted: at most 4; floor 3, writing 3)');
  expect(text).toContain('seatkeeper/hot: OVERSOLD');
  expect(text).toContain('seatkeeper/hot: round 1: noise (and 1 more)');
  expect(text).toContain('skipped: Redis is not installed');
});

it.each([
  [2_000, 1_100, 'MISSED'],
  [2_000, 900, 'MISSED, as by writing'],
  [900, 800, 'MISSED, as by its floor'],
])('says what a floor of %i/s and writing of %i/s make of a promise that is missed', (floor, writing, verdict) => {
  const rates = { 'seatkeeper/hot': 500, 'floor/noop': 1_000, 'floor/shared-row': floor, 'floor/written': writing };
  const lanes = Object.fromEntries(Object.entries(rates).map(([key, rate]) => [key, result(key, rate)]));
  expect(toText(report(lanes))).toMatch(new RegExp(`hot_vs_noop .* ≥ 1 +${verdict}$`, 'm'));
});

it('lines columns up', () => {
  expect(
    table([
      ['a', 'bb'],
      ['ccc', 'd'],
    ]),
  ).toBe('a    bb\nccc   d');
});

it('names what makes a measurement doubtful', () => {
  expect(disturbances(load, { busy: 0.01, stolen: 0 })).toEqual([]);
  expect(disturbances(load, null)).toEqual([]);
  const doubtful = { ...load, generatorBusy: 0.99, generatorLagMs: 50, broken: 1 };
  expect(disturbances(doubtful, { busy: 0.5, stolen: 0.2 })).toEqual([
    'others used 50 % of a core',
    'the host took 20 % of a core',
    'the generator was 99 % busy',
    'the generator lagged 50 ms',
    '1 connections broke',
  ]);
});

it('reads the command line, and refuses what it does not know', () => {
  expect(readOptions([])).toMatchObject({
    quick: false,
    only: [],
    connections: 64,
    seconds: 4,
    rounds: 5,
    json: null,
  });
  expect(readOptions(['--quick', '--only', 'hot', '--json', 'a.json'])).toMatchObject({ only: ['hot'], rounds: 3 });
  expect(() => readOptions(['--only', 'lukewarm'])).toThrow(UsageError);
  expect(() => readOptions(['--seconds', 'many'])).toThrow('--seconds must be a number above 0, not "many".');
  expect(() => readOptions(['--seconds', 'Infinity'])).toThrow('above 0');
  expect(() => readOptions(['--fast'])).toThrow(UsageError);
  for (const option of ['--rounds', '--connections']) {
    expect(() => readOptions([option, '0.5'])).toThrow(`${option} must be a whole number`);
  }
});
