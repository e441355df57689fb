import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { execute } from '../../src/actor/execute.ts';
import { Outbox } from '../../src/actor/outbox.ts';
import { Store } from '../../src/actor/store.ts';
import type { Action } from '../../src/domain/commands.ts';
import { newEventId } from '../../src/http/ids.ts';
import { command, eventInD1, inActor, stopTheClock } from '../support/actor.ts';
import { details, olga, T0 } from '../support/given.ts';

beforeEach(stopTheClock);
afterEach(() => {
  vi.useRealTimers();
});

const CREATE: Action = { type: 'create_event', details: details(), status: 'draft' };
const PUBLISH: Action = { type: 'publish_event' };

/**
 * Executes one command after the other in a fresh actor's storage, each once the last is in D1.
 * @returns the bookmarks that their answers would carry
 */
function project(db: D1Database, flushed: () => Promise<void>, ...actions: readonly Action[]) {
  const id = newEventId();
  return inActor(async ({ storage }) => {
    const store = new Store(storage);
    const outbox = new Outbox(store, db, flushed, 60_000);
    const bookmarks: string[] = [];
    for (const action of actions) {
      execute(storage, store, [command(id, olga, action)], T0, outbox.projectedSeq);
      await outbox.flush();
      const seq = store.view()?.seq ?? 0;
      expect(await eventInD1(id)).toMatchObject({ seq });
      bookmarks.push((await outbox.reach(seq, 1)).bookmark ?? '');
    }
    return bookmarks;
  }, id);
}

it('answers with the bookmark of the latest projection', async () => {
  const [first = '', second = ''] = await project(env.DB, async () => undefined, CREATE, PUBLISH);
  expect(first).toMatch(/./);
  // Bookmarks sort as what they stand for came about.
  expect(second > first).toBe(true);
});

it('sends to D1 only what is on disk', async () => {
  const steps: string[] = [];
  const flushed = async () => {
    await scheduler.wait(1);
    steps.push('on disk');
  };
  const withSession = (constraint: string) => {
    steps.push('sent');
    return env.DB.withSession(constraint);
  };
  await project({ withSession } as unknown as D1Database, flushed, CREATE, PUBLISH);
  expect(steps).toEqual(['on disk', 'sent', 'on disk', 'sent']);
});
