import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import type { Hub } from '../../../src/actor/feed.ts';
import type { Showing } from '../../../src/domain/model.ts';
import { newEventId } from '../../../src/http/ids.ts';
import { request, somebody } from '../../support/api.ts';
import { createEvent } from '../../support/events.ts';
import { ask, hubOf, type Seen, sees, type Watching, watchByEvents, watchBySocket } from '../../support/live.ts';

const organizer = await somebody('organizer');
const { token } = organizer;
const actorOf = (id: string) => env.EVENT_ACTOR.get(env.EVENT_ACTOR.idFromName(id));

async function reserve(id: string, body: Record<string, unknown> = {}) {
  const customer = await somebody();
  const { body: made } = await request('POST', `/api/events/${id}/reservations`, { token: customer.token, body });
  return { ...made, token: customer.token };
}

/** What every watcher may rely on. */
function expectOrder(seen: readonly Seen[]): void {
  for (const [index, { seq, at }] of seen.entries()) {
    if (index > 0) expect(seq).toBeGreaterThan(seen[index - 1].seq);
    // On a busy machine messages arrive more unevenly than they were sent, so a little less than a second is looked at.
    const inThisSecond = seen.filter((other) => other.at >= at && other.at < at + 800);
    expect(inThisSecond.length).toBeLessThanOrEqual(4);
  }
}

describe.each([
  ['a WebSocket', watchBySocket],
  ['server-sent events', watchByEvents],
])('%s', (_, watch: typeof watchBySocket) => {
  it('tells the state at once, as availability does, and then each change', async () => {
    const { id } = await createEvent(token, { capacity: 5 });
    const watching = await watch(id);
    await sees(watching, { available_slots: 5 });
    const { at: _at, id: _id, ...first } = watching.seen[0];
    expect(first).toEqual((await request('GET', `/api/events/${id}/availability`)).body);

    const made = await reserve(id, { quantity: 2 });
    await sees(watching, { reserved_slots: 2, available_slots: 3 });
    await request('POST', `/api/reservations/${made.id}/cancel`, { token: made.token });
    await sees(watching, { reserved_slots: 0, available_slots: 5 });
    await request('POST', `/api/events/${id}/cancel`, { token });
    await sees(watching, { status: 'cancelled' });
    expectOrder(watching.seen);
    watching.leave();
  });

  it('gets at most four messages a second under a storm, in order, and the final truth last', async () => {
    const { id } = await createEvent(token, { capacity: 100_000 });
    const watching = await watch(id);
    await sees(watching, { reserved_slots: 0 });
    const until = Date.now() + 2_000;
    let made = 0;
    // A slow machine may be busy for longer with the same few requests.
    while (Date.now() < until || watching.seen.length < 5) {
      await Promise.all(Array.from({ length: 8 }, () => reserve(id)));
      made += 8;
      // All of this is one process: while it always has something to do, no timer comes due in it.
      await scheduler.wait(1);
    }
    await sees(watching, { reserved_slots: made });
    expect(watching.seen.length).toBeGreaterThanOrEqual(5);
    expect(watching.seen.length).toBeLessThanOrEqual(2 + (4 * (Date.now() - until + 2_000)) / 1_000);
    expectOrder(watching.seen);
    watching.leave();
  });

  it('does not repeat what Last-Event-ID says the client has, and tells what came after it', async () => {
    const { id } = await createEvent(token);
    await reserve(id);
    const { seq } = (await request('GET', `/api/events/${id}/availability`)).body;
    const has = await watch(id, { lastEventId: `${seq}` });
    const hasNot = await watch(id, { lastEventId: `${seq - 1}` });
    const lies = await watch(id, { lastEventId: `${seq + 1_000}` });
    const garbles = await watch(id, { lastEventId: 'x' });
    for (const watching of [hasNot, lies, garbles]) await sees(watching, { seq });
    await reserve(id);
    for (const watching of [has, hasNot, lies, garbles]) await sees(watching, { seq: seq + 1 });
    expect(has.seen.map((one: Seen) => one.seq)).toEqual([seq + 1]);
    for (const watching of [has, hasNot, lies, garbles]) watching.leave();
  });

  it('loses nothing when the hub is evicted', async () => {
    const { id } = await createEvent(token);
    const watching = await watch(id);
    await sees(watching, { reserved_slots: 0 });
    for (let reserved = 1; reserved <= 3; reserved += 1) {
      await evictDurableObject(hubOf(id), { webSockets: 'hibernate' });
      await reserve(id);
      await sees(watching, { reserved_slots: reserved });
    }
    expectOrder(watching.seen);
    watching.leave();
  });

  it('loses nothing when the actor is evicted', async () => {
    const { id } = await createEvent(token);
    const watching = await watch(id);
    await sees(watching, { reserved_slots: 0 });
    for (let reserved = 1; reserved <= 3; reserved += 1) {
      await reserve(id);
      await evictDurableObject(actorOf(id));
      await sees(watching, { reserved_slots: reserved });
    }
    expectOrder(watching.seen);
    watching.leave();
  });

  it('is for the organizer only while the event is a draft, and for everybody once it is published', async () => {
    const { id } = await createEvent(token, { status: 'draft' });
    expect((await ask(id)).status).toBe(404);
    const own = await watch(id, { token });
    await sees(own, { status: 'draft' });
    expect((await ask(id)).status).toBe(404);
    expect((await ask(id, { upgrade: 'websocket' }, (await somebody()).token)).status).toBe(404);
    await request('POST', `/api/events/${id}/publish`, { token });
    const anybody = await watch(id);
    for (const watching of [own, anybody]) await sees(watching, { status: 'published' });
    for (const watching of [own, anybody]) watching.leave();
  });

  it('ends when its watcher leaves, also one that the hub has slept beside', async () => {
    const { id } = await createEvent(token);
    for (const sleeps of [false, true]) {
      const watching = await watch(id);
      await sees(watching, { reserved_slots: 0 });
      if (sleeps) await evictDurableObject(hubOf(id), { webSockets: 'hibernate' });
      watching.leave();
      await vi.waitFor(() => expect(watching.ended()).toBe(1000), { timeout: 30_000 });
    }
  });

  it('ends when the event is deleted, and then there is nothing to watch', async () => {
    const { id } = await createEvent(token);
    const watching = await watch(id);
    await sees(watching, { reserved_slots: 0 });
    await request('DELETE', `/api/events/${id}`, { token });
    await vi.waitFor(() => expect(watching.ended()).not.toBeNull(), { timeout: 30_000 });
    expect((await ask(id)).status).toBe(404);
  });
});

it('shows who comes when all others have left what is, and what changes', async () => {
  const { id } = await createEvent(token);
  const first = await watchBySocket(id);
  await sees(first, { reserved_slots: 0 });
  first.leave();
  await vi.waitFor(() => expect(first.ended()).toBe(1000), { timeout: 30_000 });
  // The hub hears of the first of these, and that nobody is there.
  for (let reserved = 1; reserved <= 2; reserved += 1) {
    await reserve(id);
    await scheduler.wait(600);
  }
  const next = await watchBySocket(id);
  await sees(next, { reserved_slots: 2 });
  await reserve(id);
  await sees(next, { reserved_slots: 3 });
  next.leave();
});

it('opens no stream for who asks for its head', async () => {
  const { id } = await createEvent(token);
  const draft = await createEvent(token, { status: 'draft' });
  const head = await request('HEAD', `/api/events/${id}/live`);
  expect(head).toMatchObject({ status: 200 });
  expect(head.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect((await request('HEAD', `/api/events/${draft.id}/live`)).status).toBe(404);
  await runInDurableObject(hubOf(id), (_, state) => {
    expect(state.getWebSockets()).toEqual([]);
    expect(state.storage.kv.get('kept')).toBeUndefined();
  });
});

it('answers an unknown event with 404 and leaves nothing behind', async () => {
  const id = newEventId();
  for (const headers of [{}, { upgrade: 'websocket' }]) {
    const answer = await ask(id, headers as Record<string, string>);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: 'event_not_found' });
  }
  for (const stub of [hubOf(id), actorOf(id)]) {
    await runInDurableObject(stub as DurableObjectStub<undefined>, (_, { storage }) => {
      expect(
        storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
      ).toEqual([]);
    });
  }
  expect((await ask('evt_1')).status).toBe(404);
  expect((await ask(id, { authorization: 'Bearer x' })).status).toBe(401);
});

it('says how to stream: retry, no caching, no collecting', async () => {
  const { id } = await createEvent(token);
  const answer = await ask(id);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-request-id': expect.any(String),
  });
  await answer.body?.cancel();
  const watching = await watchByEvents(id);
  await sees(watching, { reserved_slots: 0 });
  expect(watching.comments).toEqual(['retry: 3000']);
  expect(watching.seen[0].id).toBe(`${watching.seen[0].seq}`);
  watching.leave();
});

it('shows holds that lapse by time alone', async () => {
  const { id } = await createEvent(token, { capacity: 5 });
  const watching = await watchBySocket(id);
  await reserve(id, { status: 'pending', quantity: 2 });
  await sees(watching, { reserved_slots: 2 });
  await runInDurableObject(actorOf(id), (_, { storage }) => {
    storage.sql.exec("UPDATE reservations SET expires_at = ? WHERE status = 'pending'", Date.now());
  });
  await runDurableObjectAlarm(actorOf(id));
  await sees(watching, { reserved_slots: 0, available_slots: 5 });
  watching.leave();
});

it('answers ping, and lets go who says anything else', async () => {
  const { id } = await createEvent(token);
  const { webSocket } = await ask(id, { upgrade: 'websocket' });
  const heard: unknown[] = [];
  webSocket?.addEventListener('message', ({ data }) => void heard.push(data));
  webSocket?.addEventListener('close', ({ code }) => void heard.push(code));
  webSocket?.accept();
  webSocket?.send('ping');
  await vi.waitFor(() => expect(heard).toContain('pong'), { timeout: 30_000 });
  webSocket?.send('let me in');
  await vi.waitFor(() => expect(heard).toContain(1003), { timeout: 30_000 });
});

it('asks the actor once for all who come, and takes the subscription back when nobody is left', async () => {
  const { id } = await createEvent(token, { capacity: 100 });
  const all = await Promise.all(Array.from({ length: 50 }, () => watchBySocket(id)));
  for (const watching of all) await sees(watching, { reserved_slots: 0 });
  await reserve(id);
  for (const watching of all) await sees(watching, { reserved_slots: 1 });
  const until = () =>
    runInDurableObject(actorOf(id), (_, { storage }) =>
      Number(storage.sql.exec('SELECT watched_until FROM totals').one().watched_until),
    );
  expect(await until()).toBeGreaterThan(Date.now());
  for (const watching of all) watching.leave();
  await vi.waitFor(
    async () => {
      await reserve(id);
      expect(await until()).toBe(0);
    },
    { timeout: 30_000, interval: 300 },
  );
  await runDurableObjectAlarm(hubOf(id));
  await runInDurableObject(hubOf(id), async (_, { storage }) => {
    expect(storage.kv.get('kept')).toBeUndefined();
    expect(await storage.getAlarm()).toBeNull();
  });
  const again: Watching = await watchBySocket(id);
  await sees(again, { seq: (await request('GET', `/api/events/${id}/availability`)).body.seq });
  again.leave();
});

it('renews its subscription, and then tells what it had not heard of', async () => {
  const { id } = await createEvent(token);
  const watching = await watchBySocket(id);
  await sees(watching, { reserved_slots: 0 });
  // As if an actor had broken down for good between its commit and its call.
  await runInDurableObject(
    actorOf(id),
    (_, { storage }) => void storage.sql.exec('UPDATE totals SET watched_until = 0'),
  );
  await evictDurableObject(actorOf(id));
  await reserve(id);
  await scheduler.wait(500);
  expect(watching.seen).toHaveLength(1);
  await runDurableObjectAlarm(hubOf(id));
  await sees(watching, { reserved_slots: 1 });
  await reserve(id);
  await sees(watching, { reserved_slots: 2 });
  watching.leave();
});

it('admits 10,000 watchers and sends the next one away until one leaves', async () => {
  const { id } = await createEvent(token);
  const watching = await watchBySocket(id);
  await sees(watching, { reserved_slots: 0 });
  // The other ends, which are the hub's own here: they end when it falls asleep, or when they are collected as garbage.
  const crowd: WebSocket[] = [];
  let asked = false;
  const awake = runInDurableObject(hubOf(id), async (_, state) => {
    for (let count = 1; count < 10_000; count += 1) {
      const { 0: client, 1: server } = new WebSocketPair();
      state.acceptWebSocket(server);
      server.serializeAttachment(Number.MAX_SAFE_INTEGER);
      crowd.push(client);
    }
    await vi.waitUntil(() => asked, { timeout: 200_000 });
  });
  await vi.waitUntil(() => crowd.length === 9_999, { timeout: 20_000 });
  // A broadcast counts who is there.
  await reserve(id);
  await sees(watching, { reserved_slots: 1 });
  for (const headers of [{}, { upgrade: 'websocket' }]) {
    const answer = await ask(id, headers as Record<string, string>);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(await answer.json()).toMatchObject({ code: 'overloaded' });
  }
  const old = { availability: { seq: 0 }, audience: { deletedAt: null } } as Showing;
  const heard = await runInDurableObject(hubOf(id), async (hub, { storage }) => {
    // No renewal comes meanwhile, which counts anew.
    await storage.deleteAlarm();
    return (hub as unknown as Hub).show(old);
  });
  expect(heard).toEqual({ passedOn: true, pauseMs: 2_000 });
  watching.leave();
  const next = await vi.waitFor(() => watchBySocket(id), { timeout: 60_000, interval: 100 });
  next.leave();
  asked = true;
  await awake;
  expect(crowd).toHaveLength(9_999);
  await evictDurableObject(hubOf(id), { webSockets: 'close' });
  expect((await ask(id, { upgrade: 'websocket' })).status).toBe(101);
});
