import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readAvailability } from '../../src/actor/client.ts';
import { Store } from '../../src/actor/store.ts';
import type { Command } from '../../src/domain/commands.ts';
import { type EventId, LIMITS, type Principal } from '../../src/domain/model.ts';
import { command, dump, inActor, newEvent, rsvOf, runAlarm, send, stopTheClock } from '../support/actor.ts';
import { alice, bob, olga, seats, T0 } from '../support/given.ts';

/** Requests that carry an Idempotency-Key; each try is a command with an id of its own. */

beforeEach(stopTheClock);
afterEach(() => void vi.useRealTimers());

function keyed(id: EventId, who: Principal, n: number, fingerprint = 'one seat'): Command {
  return { ...command(id, who, seats(rsvOf(id, n))), idempotency: { key: 'a key', fingerprint } };
}

async function taken(id: EventId): Promise<number | null> {
  const read = await readAvailability(env, id, null);
  return read.ok ? read.value.reservedSlots : null;
}

const keysKept = (id: EventId) =>
  inActor(({ storage }) => storage.sql.exec('SELECT key, at FROM idempotency').toArray(), id);

it('answers a repeated request as the first time, with one effect, also within a batch', async () => {
  const id = await newEvent();
  const [first, twin] = (await send(id, keyed(id, alice, 1), keyed(id, alice, 2))).outcomes;
  expect(first).toMatchObject({ kind: 'reservation', reservation: { id: rsvOf(id, 1) } });
  expect(first).not.toHaveProperty('replayed');
  expect(twin).toEqual({ ...first, replayed: true });
  expect((await send(id, keyed(id, alice, 3))).outcomes).toEqual([twin]);
  expect(await taken(id)).toBe(1);
});

it('refuses another request under a key that was used', async () => {
  const id = await newEvent();
  await send(id, keyed(id, alice, 1));
  const { outcomes } = await send(id, keyed(id, alice, 2, 'two seats'));
  expect(outcomes).toEqual([{ kind: 'rejected', rejection: { code: 'idempotency_key_reused' } }]);
  expect(await taken(id)).toBe(1);
});

it('lets a refused request be tried again under its key', async () => {
  const id = await newEvent({ capacity: 1 });
  const cancel = command(id, alice, { type: 'cancel', reservationId: rsvOf(id, 1) });
  const { outcomes } = await send(
    id,
    command(id, alice, seats(rsvOf(id, 1))),
    keyed(id, bob, 2),
    cancel,
    keyed(id, bob, 3),
  );
  expect(outcomes).toMatchObject([
    { kind: 'reservation' },
    { kind: 'rejected', rejection: { code: 'sold_out' } },
    { kind: 'reservation' },
    { kind: 'reservation', reservation: { id: rsvOf(id, 3) } },
  ]);
});

it('forgets a key after a day, to the millisecond, and lets it be used anew', async () => {
  const id = await newEvent({ startTime: T0 + 3 * LIMITS.idempotencyMs, endTime: T0 + 4 * LIMITS.idempotencyMs });
  await send(id, keyed(id, alice, 1));
  vi.setSystemTime(T0 + LIMITS.idempotencyMs - 1);
  expect((await send(id, keyed(id, bob, 2))).outcomes).toMatchObject([{ replayed: true }]);
  vi.setSystemTime(T0 + LIMITS.idempotencyMs);
  expect((await send(id, keyed(id, bob, 3, 'other'))).outcomes).toMatchObject([{ reservation: { id: rsvOf(id, 3) } }]);
  expect(await keysKept(id)).toEqual([{ key: 'a key', at: T0 + LIMITS.idempotencyMs }]);
  for (let alarms = 0; (await keysKept(id)).length > 0; alarms += 1) {
    expect(alarms).toBeLessThan(5);
    await runAlarm(id);
  }
  expect(Date.now()).toBe(T0 + 2 * LIMITS.idempotencyMs);
});

it('forgets, of commands and of keys, no more answers at a time than it is told to', async () => {
  const id = await newEvent();
  const edits = ['1', '2', '3'].map((title) => ({
    ...command(id, olga, { type: 'edit_event', changes: { title }, ifVersion: null }),
    idempotency: { key: title, fingerprint: title },
  }));
  await send(id, ...edits);
  await inActor(({ storage }) => {
    new Store(storage).answers.prune(T0, T0, 2);
    expect(dump(storage)).toMatchObject({ commands: [{}, {}], idempotency: [{ key: expect.any(String) }] });
  }, id);
});
