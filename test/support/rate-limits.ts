import { expect } from 'vitest';
import type { Reply } from './api.ts';

/** The limits count by the minutes of the clock: these don't begin with the first call. */
const minute = () => Math.floor(Date.now() / 60_000);

/**
 * Checks that just `limit` calls a minute are let through. Where a minute ends among them, more may be: they are made again.
 * @param limit calls a minute
 */
export async function expectLimit(limit: number, call: (index: number) => Promise<Reply>): Promise<void> {
  let served = 0;
  for (;;) {
    const began = minute();
    const replies = await Promise.all(Array.from({ length: 2 * limit }, (_, index) => call(index)));
    const refused = replies.filter(({ status }) => status === 429).length;
    served += replies.length - refused;
    if (minute() !== began) continue;
    expect(refused).toBeGreaterThanOrEqual(limit);
    expect(served).toBeGreaterThanOrEqual(limit);
    return;
  }
}

/**
 * What a call is answered when a limit is used up. Where a minute ends in between, both are done again.
 * @param key what the limit counts by
 */
export async function whenUsedUp(limit: RateLimit, key: string, call: () => Promise<Reply>): Promise<Reply> {
  for (;;) {
    const began = minute();
    while ((await limit.limit({ key })).success);
    const reply = await call();
    if (reply.status === 429 || minute() === began) return reply;
  }
}
