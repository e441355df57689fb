import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { execute } from '../../src/actor/client.ts';
import { EventActor } from '../../src/actor/event-actor.ts';
import { Store } from '../../src/actor/store.ts';
import { project } from '../../src/db/projection.ts';
import type { Action } from '../../src/domain/commands.ts';
import { type EventId, LIMITS } from '../../src/domain/model.ts';
import { newEventId, newUserId } from '../../src/http/ids.ts';
import {
  alarmOf,
  command,
  crowd,
  eventInD1,
  inActor,
  newEvent,
  rowsInD1,
  rsvOf,
  runAlarm,
  send,
  stopTheClock,
  stubOf,
} from '../support/actor.ts';
import { alice, attendee, bob, details, HOUR, MINUTE, olga, seats, T0 } from '../support/given.ts';

let warnings: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  stopTheClock();
  warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
});
afterEach(() => {
  warnings.mockRestore();
  vi.useRealTimers();
});

/** Lets D1 refuse every row of this event, as a D1 that is down would. */
async function breakD1(id: EventId): Promise<{ heal: () => Promise<unknown> }> {
  const triggers = (['INSERT', 'UPDATE'] as const).map((verb) => [`broken_${verb}_${id}`, verb] as const);
  await env.DB.batch(
    triggers.map(([name, verb]) =>
      env.DB.prepare(
        `CREATE TRIGGER ${name} BEFORE ${verb} ON events WHEN new.id = '${id}'
         BEGIN SELECT RAISE(ABORT, 'D1 is down'); END`,
      ),
    ),
  );
  return { heal: () => env.DB.batch(triggers.map(([name]) => env.DB.prepare(`DROP TRIGGER ${name}`))) };
}

it('answers once D1 shows what the command did', async () => {
  const id = await newEvent({ tags: ['a', 'b'], price: { amount: 500, currency: 'EUR' }, requiresConfirmation: true });
  const answer = await execute(env, id, alice, seats(rsvOf(id, 1), { quantity: 2 }));
  expect(answer).toMatchObject({ readModel: 'current' });
  expect(answer.bookmark).toMatch(/./);
  const event = { seq: 2, organizer_id: olga.userId, capacity: 10, held: 2, confirmed: 0, status: 'published' };
  const values = { tags: '["a","b"]', price_amount: 500, price_currency: 'EUR', requires_confirmation: 1, version: 1 };
  expect(await eventInD1(id)).toMatchObject({ ...event, ...values, published_at: T0, deleted_at: null });
  expect(await rowsInD1(id)).toEqual([
    {
      ...{ id: rsvOf(id, 1), seq: 2, event_id: id, user_id: alice.userId, attendee_id: null, quantity: 2 },
      ...{ status: 'pending', expires_at: T0 + 15 * MINUTE, confirmed_at: null, cancelled_at: null },
      ...{ cancelled_by: null, checked_in_at: null, ticket_code: `ticket of ${rsvOf(id, 1)}`, deleted_at: null },
      ...{ queue_seq: null, checked_in_quantity: 0, transfer_to: null },
      ...{ created_at: T0, updated_at: T0, version: 1 },
    },
  ]);
});

it('follows every command, up to tombstones for what is deleted', async () => {
  const id = await newEvent();
  await execute(env, id, alice, seats(rsvOf(id, 1), { status: 'pending' }));
  await execute(env, id, alice, { type: 'confirm', reservationId: rsvOf(id, 1), reacquire: false });
  expect(await rowsInD1(id)).toMatchObject([{ status: 'confirmed', confirmed_at: T0, seq: 3, version: 2 }]);
  await execute(env, id, olga, { type: 'edit_event', changes: { title: 'B' }, ifVersion: null });
  expect(await eventInD1(id)).toMatchObject({ title: 'B', confirmed: 1, seq: 4, version: 2 });
  await execute(env, id, alice, { type: 'delete_reservation', reservationId: rsvOf(id, 1), ifVersion: null });
  expect(await rowsInD1(id)).toMatchObject([{ status: 'cancelled', cancelled_by: 'holder', deleted_at: T0, seq: 6 }]);
  await execute(env, id, olga, { type: 'delete_event', ifVersion: null });
  expect(await eventInD1(id)).toMatchObject({ deleted_at: T0, confirmed: 0, seq: 7 });
});

it('carries the details along that a later page has the fact of', async () => {
  const id = await newEvent();
  await send(id, ...crowd(id, 2));
  await execute(env, id, olga, { type: 'edit_event', changes: { title: 'B' }, ifVersion: null });
  const page = await inActor(({ storage }) => new Store(storage).projectionPage(1, 1), id);
  expect(page).toMatchObject({ upToSeq: 2, isEdited: true, view: { seq: 4, event: { title: 'B' } } });
});

it('projects a whole batch, page after page', async () => {
  const id = await newEvent({ capacity: 3_000 });
  const reply = await send(id, ...crowd(id, 2_100));
  expect(reply.readModel).toBe('pending');
  await runAlarm(id);
  expect(await eventInD1(id)).toMatchObject({ confirmed: 2_100, seq: 2_101 });
  expect(await rowsInD1(id)).toHaveLength(2_100);
});

it('lets a command succeed while D1 is down, and says that D1 lags behind', async () => {
  const id = await newEvent();
  const { heal } = await breakD1(id);
  const first = await execute(env, id, alice, seats(rsvOf(id, 1)));
  expect(first).toMatchObject({ readModel: 'pending', outcome: { kind: 'reservation' } });
  // Here answers wait for D1 for a minute, were it asked again.
  const second = await execute(env, id, bob, seats(rsvOf(id, 2)));
  expect(second).toMatchObject({ readModel: 'pending', outcome: { kind: 'reservation' } });
  await scheduler.wait(100);
  expect(warnings, 'D1 was asked once').toHaveBeenCalledOnce();
  expect(await rowsInD1(id)).toEqual([]);
  await heal();
  while ((await eventInD1(id))?.seq !== 3) await runAlarm(id);
  expect(await rowsInD1(id)).toMatchObject([{ user_id: alice.userId }, { user_id: bob.userId }]);
  expect(await execute(env, id, olga, seats(rsvOf(id, 3)))).toMatchObject({ readModel: 'current' });
});

it('tries again ever more rarely while D1 is down, and at once when its time has come', async () => {
  const id = await newEvent();
  await runAlarm(id);
  const { heal } = await breakD1(id);
  await execute(env, id, alice, seats(rsvOf(id, 1)));
  const gaps: number[] = [];
  for (let alarms = 0, triedAt = Date.now(); alarms < 20; alarms += 1) {
    const failures = warnings.mock.calls.length;
    await runAlarm(id);
    if (warnings.mock.calls.length === failures) continue;
    gaps.push(Date.now() - triedAt);
    triedAt = Date.now();
  }
  gaps.forEach((gap, index) => {
    const least = Math.min(60_000, 1_000 * 2 ** index);
    expect(gap).toBeGreaterThanOrEqual(least);
    expect(gap).toBeLessThanOrEqual(least * 1.25 + 1);
  });
  expect(gaps.length).toBeGreaterThan(8);
  await heal();
  await runAlarm(id);
  expect(await rowsInD1(id)).toHaveLength(1);
});

it('leaves a D1 that is down alone when an alarm comes for a hold', async () => {
  const id = await newEvent();
  const { heal } = await breakD1(id);
  await execute(env, id, alice, seats(rsvOf(id, 1), { status: 'pending' }));
  while (warnings.mock.calls.length < 4) await runAlarm(id);
  await inActor(async (_, actor) => {
    const failures = warnings.mock.calls.length;
    await actor.alarm();
    await actor.alarm();
    expect(warnings.mock.calls.length).toBe(failures);
  }, id);
  await heal();
});

it('catches up after an eviction that came before D1 was healed', async () => {
  const id = await newEvent();
  const { heal } = await breakD1(id);
  await execute(env, id, alice, seats(rsvOf(id, 1)));
  await evictDurableObject(stubOf(id));
  await heal();
  await runAlarm(id);
  expect(await rowsInD1(id)).toHaveLength(1);
  expect(await alarmOf(id)).toBe(T0 + HOUR);
  // How far D1 is has been saved, so that the next instance starts from there.
  await evictDurableObject(stubOf(id));
  await inActor(({ storage }) => expect(new Store(storage).projectedSeq()).toBe(2), id);
});

/** D1, but every batch waits for this first. */
function slow(db: D1Database, ready: () => Promise<unknown>): D1Database {
  const withSession = (constraint: string) => {
    const session = db.withSession(constraint);
    return {
      prepare: (query: string) => session.prepare(query),
      getBookmark: () => session.getBookmark(),
      batch: async (statements: D1PreparedStatement[]) => {
        await ready();
        return session.batch(statements);
      },
    };
  };
  return { withSession } as unknown as D1Database;
}

it('waits for a slow D1 a quarter of a second at most', async () => {
  const id = newEventId();
  await inActor(async (state) => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const DB = slow(env.DB, () => gate);
    const actor = new EventActor(state, { ...env, DB, PROJECTION_WAIT_MS: '250' });
    const create: Action = { type: 'create_event', details: details(), status: 'published' };
    const answer = actor.execute([command(id, olga, create)]);
    // Timers come in the order of their times, however late all of them are.
    const after = (ms: number) => scheduler.wait(ms).then(() => 'no answer yet');
    expect(await Promise.race([answer, after(200)])).toBe('no answer yet');
    expect(await Promise.race([answer, after(100)])).toMatchObject({
      readModel: 'pending',
      outcomes: [{ kind: 'event' }],
    });
    open();
    await actor.alarm();
    expect(await eventInD1(id)).toMatchObject({ seq: 1 });
    const again = await actor.execute([command(id, olga, { type: 'publish_event' })]);
    expect(again.readModel).toBe('current');
  }, id);
});

it('waits as long as it takes where D1 is just quick enough', async () => {
  const id = newEventId();
  await inActor(async (state) => {
    const actor = new EventActor(state, { ...env, DB: slow(env.DB, () => scheduler.wait(60)) });
    const create: Action = { type: 'create_event', details: details(), status: 'published' };
    expect(await actor.execute([command(id, olga, create)])).toMatchObject({ readModel: 'current' });
    const replies = await Promise.all(crowd(id, 5).map((one) => actor.execute([one])));
    expect(replies.map(({ readModel }) => readModel)).toEqual([...Array(5)].map(() => 'current'));
  }, id);
});

it('may project again, and late, what D1 has seen: older rows never replace newer ones', async () => {
  const id = await newEvent();
  await execute(env, id, alice, seats(rsvOf(id, 1), { status: 'pending' }));
  const [view, rows] = await inActor(({ storage }) => {
    const store = new Store(storage);
    return [store.view(), store.reservationsAfter('', 10)];
  }, id);
  await execute(env, id, alice, { type: 'confirm', reservationId: rsvOf(id, 1), reacquire: false });
  await execute(env, id, olga, { type: 'edit_event', changes: { title: 'B' }, ifVersion: null });
  const now = [await eventInD1(id), await rowsInD1(id)];
  if (view === null) throw new Error('the event is missing');
  for (const isEdited of [true, false, true]) {
    await project(env.DB.withSession('first-primary'), [
      { view, isEdited, reservations: rows, facts: [], transfers: [] },
    ]);
  }
  expect([await eventInD1(id), await rowsInD1(id)]).toEqual(now);
  await inActor(async ({ storage }, actor) => {
    storage.sql.exec('UPDATE totals SET projected_seq = 0');
    await actor.alarm();
  }, id);
  expect([await eventInD1(id), await rowsInD1(id)]).toEqual(now);
});

it('leaves the newest counts in D1, in whatever order pages of one event come together', async () => {
  const id = await newEvent();
  const pages = [];
  for (const number of [1, 2]) {
    await execute(env, id, number === 1 ? alice : bob, seats(rsvOf(id, number)));
    const view = await inActor(({ storage }) => new Store(storage).view(), id);
    if (view === null) throw new Error('the event is missing');
    pages.push({ view, isEdited: false, reservations: [], facts: [], transfers: [] });
  }
  const now = await eventInD1(id);
  for (const together of [pages, pages.toReversed()]) {
    await env.DB.prepare('UPDATE events SET seq = 1, confirmed = 0 WHERE id = ?').bind(id).run();
    await project(env.DB.withSession('first-primary'), together);
    expect(await eventInD1(id)).toEqual(now);
  }
});

it('carries any text to D1 that JSON can hold', async () => {
  const text = 'A \u0000 B \ud83d\ude00 C \u2028 "quoted" \\ \u00e9';
  const id = await newEvent({ title: text, description: text, tags: [text] });
  expect(await eventInD1(id)).toMatchObject({ title: text, description: text, tags: JSON.stringify([text]) });
});

it('does not stumble over half a surrogate pair', async () => {
  const id = await newEvent({ title: 'half \ud83d', tags: ['\udc00'] });
  expect(await eventInD1(id)).toMatchObject({ seq: 1 });
  expect(await execute(env, id, alice, seats(rsvOf(id, 1)))).toMatchObject({ readModel: 'current' });
});

it('keeps nobody waiting for D1 under a rush, and has it catch up right after', async () => {
  const id = await newEvent({ capacity: 1_000 });
  const people = Array.from({ length: 400 }, (_, n) => ({ userId: newUserId(), role: 'customer' as const, n: n + 1 }));
  const answers = await Promise.all(people.map(({ n, ...who }) => execute(env, id, who, seats(rsvOf(id, n)))));
  expect(answers.every(({ outcome }) => outcome.kind === 'reservation')).toBe(true);
  expect(answers.filter(({ readModel }) => readModel === 'pending').length).toBeGreaterThan(200);
  await expect.poll(async () => (await rowsInD1(id)).length, { timeout: 30_000 }).toBe(400);
  // The rush is over once nothing new has come for a moment.
  let n = 400;
  const late = () => {
    n += 1;
    return execute(env, id, bob, seats(rsvOf(id, n), { attendeeId: attendee(n) }));
  };
  await expect.poll(async () => (await late()).readModel, { timeout: 30_000, interval: 200 }).toBe('current');
});

it('takes no rush for one that was over a second ago', async () => {
  const id = await newEvent({ capacity: 1_000 });
  expect(await send(id, ...crowd(id, 600))).toMatchObject({ readModel: 'pending' });
  await runAlarm(id);
  vi.setSystemTime(Date.now() + 2_000);
  expect(await execute(env, id, bob, seats(rsvOf(id, 700)))).toMatchObject({ readModel: 'current' });
});

it('pauses between its steps only while more comes', async () => {
  const id = await newEvent({ capacity: 6_000 });
  const pauses = vi.spyOn(scheduler, 'wait');
  await inActor(async (_, actor) => {
    const everybody = crowd(id, 6 * LIMITS.batchMax);
    const calls = [0, 1, 2, 3, 4, 5].map((n) => everybody.slice(n * LIMITS.batchMax, (n + 1) * LIMITS.batchMax));
    const replies = await Promise.all(calls.map((batch) => actor.execute(batch)));
    expect(replies.flatMap(({ outcomes }) => outcomes).every(({ kind }) => kind === 'reservation')).toBe(true);
  }, id);
  await expect.poll(async () => (await rowsInD1(id)).length, { timeout: 50_000, interval: 100 }).toBe(6_000);
  // Six pages: one or two while the calls came, the rest without a pause.
  expect(pauses.mock.calls.filter(([ms]) => ms === 100).length).toBeLessThanOrEqual(3);
  pauses.mockRestore();
});
