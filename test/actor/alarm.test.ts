import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { execute, readAvailability, readReservation, readWaitlist } from '../../src/actor/client.ts';
import { EventActor } from '../../src/actor/event-actor.ts';
import type { Hub } from '../../src/actor/feed.ts';
import { type EventId, LIMITS } from '../../src/domain/model.ts';
import { newEventId } from '../../src/http/ids.ts';
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
import { withLimits } from '../support/histories.ts';

const settlePerStep = LIMITS.settlePerStep;
/** So that small events take many steps. */
function settleAtMost(count: number): void {
  (LIMITS as { settlePerStep: number }).settlePerStep = count;
}

beforeEach(stopTheClock);
afterEach(() => {
  vi.useRealTimers();
  settleAtMost(settlePerStep);
});

const HOLD = 15 * MINUTE;
const pending = { status: 'pending' } as const;
const cancelEvent = (id: EventId) => execute(env, id, olga, { type: 'cancel_event' });

/** How many reservations the actor has in each state. */
function states(id: EventId): Promise<Record<string, number>> {
  return inActor(({ storage }) => {
    const counts = storage.sql.exec<{ status: string; n: number }>(
      'SELECT status, count(*) AS n FROM reservations GROUP BY status',
    );
    return Object.fromEntries(counts.toArray().map(({ status, n }) => [status, n]));
  }, id);
}

function answersKept(id: EventId): Promise<number> {
  return inActor(({ storage }) => Number(storage.sql.exec('SELECT count(*) AS n FROM commands').one().n), id);
}

it('is set for the moment when the next hold lapses, and expires it then', async () => {
  const id = await newEvent();
  await execute(env, id, alice, seats(rsvOf(id, 1), pending));
  vi.setSystemTime(T0 + MINUTE);
  await execute(env, id, bob, seats(rsvOf(id, 2), pending));
  // The first alarm looks after the projection; it finds all done and moves on to the holds.
  await runAlarm(id);
  expect(await alarmOf(id)).toBe(T0 + HOLD);
  await runAlarm(id);
  expect(await states(id)).toEqual({ expired: 1, pending: 1 });
  expect(await rowsInD1(id)).toMatchObject([{ status: 'expired' }, { status: 'pending' }]);
  expect(await alarmOf(id)).toBe(T0 + MINUTE + HOLD);
  await runAlarm(id);
  expect(await states(id)).toEqual({ expired: 2 });
});

it('comes at once where more parties may move up than one command promotes', async () => {
  const id = await newEvent({ capacity: 5 });
  const wait = (n: number) => seats(rsvOf(id, n), { attendeeId: attendee(n), onFull: 'waitlist' });
  await execute(env, id, bob, seats(rsvOf(id, 1), { quantity: 5 }));
  for (const n of [2, 3, 4, 5, 6]) await execute(env, id, alice, wait(n));
  vi.setSystemTime(T0 + HOUR);
  await runAlarm(id);
  await withLimits({ waitlistWindow: 2 }, async () => {
    await execute(env, id, bob, { type: 'cancel', reservationId: rsvOf(id, 1) });
    expect(await states(id)).toEqual({ cancelled: 1, confirmed: 2, waitlisted: 3 });
    expect(await alarmOf(id)).toBe(Date.now());
    await runAlarm(id);
  });
  expect(await states(id)).toEqual({ cancelled: 1, confirmed: 5 });
});

it('leaves nobody in the line of a cancelled event, though their ends are yet to be written', async () => {
  settleAtMost(1);
  const id = await newEvent({ capacity: 1 });
  for (const n of [1, 2, 3]) {
    await execute(env, id, alice, seats(rsvOf(id, n), { attendeeId: attendee(n), onFull: 'waitlist' }));
  }
  expect(await readWaitlist(env, id, olga, 0, 10)).toMatchObject({ value: [{ waitlistPosition: 1 }, {}] });
  await cancelEvent(id);
  expect(await states(id)).toEqual({ cancelled: 1, waitlisted: 2 });
  expect(await readWaitlist(env, id, olga, 0, 10)).toEqual({ ok: true, value: [] });
  expect(await readReservation(env, rsvOf(id, 3), alice)).toMatchObject({
    value: { reservation: { status: 'cancelled' }, waitlistPosition: null },
  });
});

it('may come late and twice', async () => {
  const id = await newEvent();
  await execute(env, id, alice, seats(rsvOf(id, 1), pending));
  vi.setSystemTime(T0 + HOLD + MINUTE);
  await inActor(async (_, actor) => {
    await actor.alarm();
    await Promise.all([actor.alarm(), actor.alarm()]);
  }, id);
  expect(await states(id)).toEqual({ expired: 1 });
  expect(await readReservation(env, rsvOf(id, 1), alice)).toMatchObject({
    value: { reservation: { version: 2, updatedAt: T0 + HOLD }, waitlistPosition: null },
  });
  expect(await eventInD1(id)).toMatchObject({ held: 0, seq: 3 });
});

it('comes for nothing when the hold was confirmed meanwhile', async () => {
  const id = await newEvent();
  await execute(env, id, alice, seats(rsvOf(id, 1), pending));
  await execute(env, id, alice, { type: 'confirm', reservationId: rsvOf(id, 1), reacquire: false });
  vi.setSystemTime(T0 + HOLD);
  await inActor((_, actor) => actor.alarm(), id);
  expect(await states(id)).toEqual({ confirmed: 1 });
});

it('is set by an actor that was evicted and knows nothing of it', async () => {
  const id = await newEvent();
  await execute(env, id, alice, seats(rsvOf(id, 1), pending));
  await runAlarm(id);
  await evictDurableObject(stubOf(id));
  await execute(env, id, bob, seats(rsvOf(id, 2), { ...pending }));
  await runAlarm(id);
  await runAlarm(id);
  expect(await states(id)).toMatchObject({ expired: 1 });
});

it('ends the reservations of a large cancelled event in steps, which an eviction does not lose', async () => {
  settleAtMost(4);
  const id = await newEvent({ capacity: 100 });
  await send(id, ...crowd(id, 60), ...crowd(id, 0));
  await cancelEvent(id);
  expect(await states(id)).toEqual({ confirmed: 56, cancelled: 4 });
  await evictDurableObject(stubOf(id));
  await runAlarm(id);
  expect(await states(id)).toEqual({ confirmed: 16, cancelled: 44 });
  expect(await alarmOf(id)).toBe(Date.now());
  await evictDurableObject(stubOf(id));
  await runAlarm(id);
  expect(await states(id)).toEqual({ cancelled: 60 });
  const rows = await rowsInD1(id);
  expect(rows).toHaveLength(60);
  expect(rows.every((row) => row.status === 'cancelled' && row.cancelled_by === 'organizer')).toBe(true);
  expect(rows.every((row) => row.cancelled_at === T0)).toBe(true);
  expect(await eventInD1(id)).toMatchObject({ status: 'cancelled', held: 0, confirmed: 0 });
});

it('shows all of a cancelled event as cancelled while its steps are still under way', async () => {
  settleAtMost(1);
  const id = await newEvent();
  await send(id, ...crowd(id, 2, 'pending'));
  await execute(env, id, bob, seats(rsvOf(id, 3), { quantity: 3 }));
  vi.setSystemTime(T0 + MINUTE);
  await cancelEvent(id);
  expect(await states(id)).toMatchObject({ cancelled: 1 });
  const ended = { status: 'cancelled', cancelledAt: T0 + MINUTE, cancelledBy: 'organizer' };
  const read = () => Promise.all([1, 2, 3].map((n) => readReservation(env, rsvOf(id, n), olga)));
  const before = await read();
  expect(before.map((one) => one.ok && one.value.reservation)).toMatchObject([ended, ended, ended]);
  const nobody = { status: 'cancelled', reservedSlots: 0, waitlisted: 0 };
  expect(await readAvailability(env, id, null)).toMatchObject({ value: nobody });
  vi.setSystemTime(T0 + HOUR);
  expect(await read()).toEqual(before);
  await runAlarm(id);
  expect(await states(id)).toEqual({ cancelled: 3 });
  expect(await read()).toEqual(before);
});

it('ends thousands of reservations with the real bound', async () => {
  const id = await newEvent({ capacity: 5_000 });
  for (let sent = 0; sent < 2_500; sent += 500) await send(id, ...crowd(id, 2_500).slice(sent, sent + 500));
  await cancelEvent(id);
  expect(await states(id)).toEqual({ confirmed: 1_500, cancelled: 1_000 });
  await runAlarm(id);
  expect(await states(id)).toEqual({ cancelled: 2_500 });
});

it('forgets answers after an hour, and then has nothing left to do', async () => {
  const id = await newEvent();
  await execute(env, id, alice, seats(rsvOf(id, 1)));
  await runAlarm(id);
  expect(await alarmOf(id)).toBe(T0 + HOUR);
  vi.setSystemTime(T0 + HOUR - 1);
  await inActor((_, actor) => actor.alarm(), id);
  expect(await answersKept(id)).toBe(1);
  vi.setSystemTime(T0 + HOUR);
  await runDurableObjectAlarm(stubOf(id));
  expect(await answersKept(id)).toBe(0);
  expect(await alarmOf(id)).toBeNull();
});

it('comes again after it broke', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const id = await newEvent();
  await runAlarm(id);
  await inActor(async ({ storage }, actor) => {
    storage.sql.exec('ALTER TABLE commands RENAME TO lost');
    await storage.deleteAlarm();
    await actor.alarm();
    storage.sql.exec('ALTER TABLE lost RENAME TO commands');
  }, id);
  expect(log).toHaveBeenCalledOnce();
  expect(await alarmOf(id)).toBe(Date.now() + MINUTE);
  log.mockRestore();
});

it('tells the live hub what an instance before it could not', async () => {
  const id = newEventId();
  await inActor(async (state) => {
    const withHub = (show: Hub['show']) => {
      const LIVE_HUB = { idFromName: () => null, get: () => ({ show }) };
      return new EventActor(state, { ...env, LIVE_HUB } as unknown as Env);
    };
    const cutOff = withHub(() => new Promise(() => undefined));
    const create = { type: 'create_event', details: details(), status: 'published' } as const;
    await cutOff.execute([command(id, olga, create)]);
    cutOff.watch({ principal: olga });
    await cutOff.execute([command(id, alice, seats(rsvOf(id, 1)))]);
    const told: number[] = [];
    const next = withHub(async ({ availability }) => {
      told.push(availability.seq);
      return { passedOn: true, pauseMs: 0 };
    });
    await next.alarm();
    expect(told).toEqual([2]);
  }, id);
});
