import { env } from 'cloudflare:workers';
import { beforeAll, expect, it } from 'vitest';
import { commonest, costOf, listCases } from '../../scripts/list-cases.ts';
import { crowdDatabase } from '../support/crowded-database.ts';

const DURATION_MS_MAX = 50;

const now = Date.now();
beforeAll(() => crowdDatabase(now));

it('each list stays under 50 ms of D1 time', async () => {
  const slow = [];
  for (const list of listCases(await commonest(env.DB), now)) {
    const cost = await costOf(env.DB, list);
    // The best time, for what else runs on this machine is not D1's.
    if ((cost.durationsMs[0] ?? 0) >= DURATION_MS_MAX) slow.push({ list: list.name, ...cost });
  }
  expect(slow).toEqual([]);
});
