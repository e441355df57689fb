import { expect, it } from 'vitest';
import { execute } from '../../src/actor/execute.ts';
import { Feed, type Hub } from '../../src/actor/feed.ts';
import { Store } from '../../src/actor/store.ts';
import type { Heard, Showing } from '../../src/domain/model.ts';
import { command, inActor } from '../support/actor.ts';
import { details, EVENT, olga } from '../support/given.ts';

it('keeps a subscription that is newer than the news that nobody watches', async () => {
  await inActor(async ({ storage }) => {
    const store = new Store(storage);
    const create = { type: 'create_event', details: details(), status: 'published' } as const;
    execute(storage, store, [command(EVENT, olga, create)], Date.now(), 0);
    const { promise: nobody, resolve: answer } = Promise.withResolvers<Heard>();
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const hub: Hub = {
      show() {
        ask();
        return nobody;
      },
    };
    const showing = { availability: { eventId: EVENT, seq: 1 } } as Showing;
    const feed = new Feed(
      store,
      () => showing,
      () => hub,
    );
    feed.watch(Date.now());
    feed.changed();
    await asked;
    feed.watch(Date.now());
    answer(null);
    await scheduler.wait(1);
    expect(store.watchedUntil()).toBeGreaterThan(Date.now());
  });
});
