import { expect, it } from 'vitest';
import { isUnsteady } from '../../bench/disturbance.ts';
import { Histogram } from '../../bench/load/histogram.ts';
import { format, median, spread } from '../../bench/statistics.ts';

it('takes the middle of an odd number of values and the mean of the two middle ones of an even number', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

it('calls rounds that lie far apart unsteady', () => {
  expect(spread([90, 100, 110])).toBeCloseTo(0.2);
  expect(isUnsteady([90, 100, 110])).toBe(false);
  expect(isUnsteady([60, 100, 110])).toBe(true);
  expect(isUnsteady([100])).toBe(false);
});

it('writes numbers with three digits, and big ones in full', () => {
  expect([0.17512, 12.345, 1234.5, Number.NaN].map(format)).toEqual(['0.175', '12.3', '1,235', '–']);
});

it('knows every quantile of a histogram to one part in 64', () => {
  const histogram = new Histogram();
  const values = Array.from({ length: 10_000 }, (_, index) => (index + 1) ** 2);
  for (const value of values) histogram.record(value);
  for (const share of [0.01, 0.5, 0.9, 0.99, 1]) {
    const exact = values[Math.ceil(share * values.length) - 1] as number;
    expect(histogram.quantile(share)).toBeGreaterThanOrEqual(exact);
    expect(histogram.quantile(share)).toBeLessThanOrEqual(exact * (1 + 1 / 64) + 1);
  }
  expect(histogram.total).toBe(10_000);
});

it('keeps small values exactly and bounds absurd ones', () => {
  const histogram = new Histogram();
  histogram.record(-1);
  histogram.record(127);
  histogram.record(1e12);
  expect([0.3, 0.6, 1].map((share) => histogram.quantile(share))).toEqual([0, 127, 2 ** 31 - 1]);
  expect(new Histogram().quantile(0.5)).toBeNaN();
});
