import { expect, it } from 'vitest';
import type { Answer, ApiClient } from '../../scripts/api-client.ts';
import { percentile, rush } from '../../scripts/rush.ts';

/** A server that gives these answers, one after the other, whatever it is asked. */
function serverOf(...answers: readonly Pick<Answer, 'status' | 'body'>[]): ApiClient {
  const left = answers.values();
  const send = async () => {
    const next = left.next();
    if (next.done) throw new Error('asked more often than expected');
    const headers = { 'content-type': 'application/problem+json', 'retry-after': '0.001' };
    return { ...next.value, headers, tookMs: 1 };
  };
  return { url: '', send, close: () => undefined };
}

it('takes a reservation that is there already for its own only where it had asked before', async () => {
  const taken = { status: 409, body: { code: 'already_reserved', reservation_id: 'rsv_1' } };
  const crowd = [{ userId: 'usr_1', token: '', quantity: 2 }];
  const options = { connections: 1, patienceMs: 0 };
  const first = await rush(serverOf(taken), 'evt_1', crowd, options);
  expect([first.acknowledged, [...first.other]]).toEqual([[], [['already_reserved', 1]]]);
  const again = await rush(serverOf({ status: 503, body: {} }, taken), 'evt_1', crowd, options);
  const acknowledged = { reservationId: 'rsv_1', userId: 'usr_1', quantity: 2 };
  expect([again.acknowledged, [...again.other]]).toEqual([[acknowledged], []]);
});

it.each([
  [[], 0.5, 0],
  [[7], 0.99, 7],
  [[4, 3, 2, 1], 0.5, 2],
  [[4, 3, 2, 1], 0.99, 4],
  [[10, 9], 0.5, 9],
  [[4, 3, 2, 1], 0, 1],
])('of %j, a share of %d lies up to %d', (numbers, share, value) => {
  expect(percentile(numbers, share)).toBe(value);
});
