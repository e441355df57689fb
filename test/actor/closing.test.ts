import { evictDurableObject } from 'cloudflare:test';
import { afterEach, expect, it, vi } from 'vitest';
import { execute } from '../../src/actor/execute.ts';
import { Store } from '../../src/actor/store.ts';
import { LIMITS } from '../../src/domain/model.ts';
import type { Stats } from '../../src/domain/tally.ts';
import {
  alarmOf,
  command,
  crowd,
  eventInD1,
  inActor,
  newEvent,
  rsvOf,
  runAlarm,
  send,
  stopTheClock,
  stubOf,
} from '../support/actor.ts';
import { alice, attendee, olga, seats, T0 } from '../support/given.ts';

const SIZE = 12_000;

afterEach(() => {
  vi.useRealTimers();
});

/** Fills an event through the actor's own transactions, without waiting for D1. */
async function bigEvent(size: number) {
  const id = await newEvent({ capacity: LIMITS.capacityMax });
  const asked = crowd(id, size);
  await inActor(({ storage }) => {
    const store = new Store(storage);
    for (let from = 0; from < size; from += LIMITS.batchMax) {
      const { added } = execute(storage, store, asked.slice(from, from + LIMITS.batchMax), T0, 0);
      expect(added).toBe(LIMITS.batchMax);
    }
  }, id);
  // The actor must find in its tables what was not written through it.
  await evictDurableObject(stubOf(id));
  return id;
}

async function statsOf(id: Awaited<ReturnType<typeof bigEvent>>): Promise<Stats> {
  const read = await stubOf(id).readStats(olga);
  if (!read.ok) throw new Error(read.rejection.code);
  return read.value as unknown as Stats;
}

it(`cancels an event of ${SIZE} reservations at once, ends them step by step, and an eviction loses none`, async () => {
  stopTheClock();
  const id = await bigEvent(SIZE);
  expect((await statsOf(id)).seats.confirmed).toBe(SIZE);
  const { outcomes } = await send(id, command(id, olga, { type: 'cancel_event' }));
  expect(outcomes).toMatchObject([{ kind: 'event', view: { event: { status: 'cancelled' } } }]);

  const left: number[] = [(await statsOf(id)).toClose];
  while ((left.at(-1) ?? 0) > 0) {
    const { availability, seats: by, reservations } = await statsOf(id);
    expect({ ...by, available: availability.status }).toMatchObject({ confirmed: 0, cancelled: SIZE });
    expect(reservations.cancelled).toBe(SIZE);
    expect(await stubOf(id).readReservation(rsvOf(id, SIZE), alice)).toMatchObject({
      ok: true,
      value: { reservation: { status: 'cancelled', cancelledBy: 'organizer' } },
    });
    await evictDurableObject(stubOf(id));
    expect(await alarmOf(id)).toBe(Date.now());
    await runAlarm(id);
    left.push((await statsOf(id)).toClose);
  }
  // One step with the command itself, then ten an alarm.
  expect(left).toEqual([SIZE - 1_000, SIZE - 11_000, 0]);
  const { days, reservations, availability } = await statsOf(id);
  expect(reservations).toEqual({ pending: 0, confirmed: 0, waitlisted: 0, expired: 0, cancelled: SIZE });
  expect(days).toMatchObject([{ created: SIZE, cancelled: SIZE, seatsTaken: SIZE, seatsFreed: SIZE }]);
  expect(availability).toMatchObject({ seq: 2 + 2 * SIZE, reservedSlots: 0, availableSlots: LIMITS.capacityMax });
  expect(await eventInD1(id)).toMatchObject({ status: 'cancelled', seq: 2 + 2 * SIZE, confirmed: 0 });
}, 60_000);

it('has room for a million seats, and not for one more', async () => {
  stopTheClock();
  const id = await newEvent({ capacity: LIMITS.capacityMax, maxQuantity: LIMITS.quantityMax });
  const reserve = (n: number, quantity: number) =>
    command(id, alice, seats(rsvOf(id, n), { quantity, attendeeId: attendee(n) }));
  await inActor(({ storage }) => {
    const store = new Store(storage);
    for (let n = 0; n < 10_000; n += LIMITS.batchMax) {
      const batch = Array.from({ length: LIMITS.batchMax }, (_, index) => reserve(n + index + 1, LIMITS.quantityMax));
      execute(storage, store, batch, T0, 0);
    }
    const { outcomes } = execute(storage, store, [reserve(10_001, 1)], T0, 0);
    expect(outcomes).toMatchObject([{ kind: 'rejected', rejection: { code: 'sold_out', availableSlots: 0 } }]);
  }, id);
  expect((await statsOf(id)).seats.confirmed).toBe(LIMITS.capacityMax);
}, 60_000);
