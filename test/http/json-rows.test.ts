import { expect, it } from 'vitest';
import { jsonParts } from '../../src/db/json-rows.ts';

/** Most bytes that D1 takes as one bound value. */
const BOUND_MAX = 2_000_000;

it.each([
  ['short', 'a', 1],
  ['long', '語'.repeat(1_400), 4],
])('a thousand %s rows go, in their order, into as many values as it takes', (_, text, count) => {
  const rows = Array.from({ length: 1_000 }, (_, index) => [index, text]);
  const parts = jsonParts(rows);
  expect(parts).toHaveLength(count);
  expect(parts.flatMap((part) => JSON.parse(part))).toEqual(rows);
  for (const part of parts) expect(new TextEncoder().encode(part).byteLength).toBeLessThanOrEqual(BOUND_MAX);
});

it('no rows are no value', () => {
  expect(jsonParts([])).toEqual([]);
});
