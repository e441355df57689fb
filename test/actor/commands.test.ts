import { abortAllDurableObjects, evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { execute, readAvailability, readEvent, readReservation } from '../../src/actor/client.ts';
import { Store } from '../../src/actor/store.ts';
import type { Action, Command } from '../../src/domain/commands.ts';
import { newEventId, newReservationId } from '../../src/http/ids.ts';
import {
  command,
  crowd,
  inActor,
  newEvent,
  rsvOf,
  runAlarm,
  send,
  stopTheClock,
  stubOf,
  tablesOf,
} from '../support/actor.ts';
import { admin, alice, attendee, bob, details, HOUR, MINUTE, olga, otto, seats, T0 } from '../support/given.ts';

beforeEach(stopTheClock);
afterEach(() => void vi.useRealTimers());

const create: Action = { type: 'create_event', details: details(), status: 'published' };
const pending = { status: 'pending' } as const;

it('takes reservations through the client, and reads them back', async () => {
  const id = await newEvent();
  const mine = rsvOf(id, 1);
  const answer = await execute(env, id, alice, seats(mine, { quantity: 2 }));
  expect(answer).toMatchObject({
    readModel: 'current',
    outcome: { kind: 'reservation', reservation: { id: mine, status: 'confirmed', quantity: 2 } },
  });
  expect(answer.bookmark).toBeTruthy();
  expect(await readReservation(env, mine, alice)).toMatchObject({
    value: { reservation: { id: mine, status: 'confirmed' }, waitlistPosition: null },
  });
  expect(await readAvailability(env, id, null)).toEqual({
    ok: true,
    value: {
      ...{ eventId: id, seq: 2, status: 'published', capacity: 10 },
      ...{ reservedSlots: 2, availableSlots: 8, waitlisted: 0 },
    },
  });
  expect(await readEvent(env, id, null)).toMatchObject({ ok: true, value: { event: { id }, seq: 2 } });
});

it('lets only its user and who runs the event read a reservation', async () => {
  const id = await newEvent();
  await execute(env, id, alice, seats(rsvOf(id, 1)));
  for (const who of [alice, olga, admin])
    expect(await readReservation(env, rsvOf(id, 1), who)).toMatchObject({ ok: true });
  const refusal = { ok: false, rejection: { code: 'reservation_not_found' } };
  for (const who of [bob, otto]) expect(await readReservation(env, rsvOf(id, 1), who)).toEqual(refusal);
  expect(await readReservation(env, rsvOf(id, 2), alice)).toEqual(refusal);
});

it('shows a draft to who runs it only', async () => {
  const id = await newEvent({}, 'draft');
  for (const who of [olga, admin]) expect(await readEvent(env, id, who)).toMatchObject({ ok: true });
  const refusal = { ok: false, rejection: { code: 'event_not_found' } };
  for (const who of [null, alice, otto]) {
    expect(await readEvent(env, id, who)).toEqual(refusal);
    expect(await readAvailability(env, id, who)).toEqual(refusal);
  }
});

it('judges a lapsed hold at the time of reading, though no alarm has run', async () => {
  const id = await newEvent();
  await execute(env, id, alice, seats(rsvOf(id, 1), { quantity: 4, ...pending }));
  const lapses = T0 + 15 * MINUTE;
  vi.setSystemTime(lapses - 1);
  expect(await readReservation(env, rsvOf(id, 1), alice)).toMatchObject({
    value: { reservation: { status: 'pending', version: 1 } },
  });
  expect(await readAvailability(env, id, null)).toMatchObject({ value: { reservedSlots: 4, availableSlots: 6 } });
  vi.setSystemTime(lapses);
  const lapsed = { status: 'expired', version: 2, updatedAt: lapses };
  expect(await readReservation(env, rsvOf(id, 1), alice)).toMatchObject({ value: { reservation: lapsed } });
  expect(await readAvailability(env, id, null)).toMatchObject({ value: { reservedSlots: 0, availableSlots: 10 } });
  await inActor(({ storage }) => {
    expect(storage.sql.exec('SELECT status FROM reservations').toArray()).toEqual([{ status: 'pending' }]);
  }, id);
});

it('lets no time run backwards: what has lapsed for a decision has lapsed for reads', async () => {
  const id = await newEvent();
  await execute(env, id, alice, seats(rsvOf(id, 1), pending));
  vi.setSystemTime(T0 + HOUR);
  await execute(env, id, bob, seats(rsvOf(id, 2)));
  vi.setSystemTime(T0);
  expect(await readReservation(env, rsvOf(id, 1), alice)).toMatchObject({
    value: { reservation: { status: 'expired' } },
  });
  const { outcome } = await execute(env, id, alice, { type: 'confirm', reservationId: rsvOf(id, 1), reacquire: false });
  expect(outcome).toEqual({ kind: 'rejected', rejection: { code: 'hold_expired' } });
  const late = await execute(env, id, olga, seats(rsvOf(id, 3)));
  expect(late.outcome).toMatchObject({ reservation: { createdAt: T0 + HOUR } });
});

it('counts no seats of a hold that was over for a decision, though the clock was put back', async () => {
  const id = await newEvent();
  await execute(env, id, alice, seats(rsvOf(id, 1), pending));
  vi.setSystemTime(T0 + 15 * MINUTE);
  await execute(env, id, bob, seats(rsvOf(id, 2)));
  vi.setSystemTime(T0);
  expect(await readAvailability(env, id, null)).toMatchObject({ value: { reservedSlots: 1 } });
});

/** How many facts the actor has written, and answers that aren't in them. */
function written(id: Parameters<typeof inActor>[1]) {
  return inActor(({ storage }) => {
    const counts = 'SELECT (SELECT count(*) FROM facts) AS facts, (SELECT count(*) FROM commands) AS answers';
    return storage.sql.exec(counts).one();
  }, id);
}

it('answers a command that comes again as it did before, with one effect', async () => {
  const id = await newEvent();
  const once = command(id, alice, seats(rsvOf(id, 1)));
  const first = await send(id, once);
  await send(id, command(id, alice, { type: 'cancel', reservationId: rsvOf(id, 1) }));
  expect((await send(id, once)).outcomes).toEqual(first.outcomes);
  expect((await send(id, once, once, once)).outcomes).toEqual([...Array(3)].map(() => first.outcomes[0]));
  expect(await written(id)).toEqual({ facts: 3, answers: 2 });
});

it('answers a command that comes twice in one batch once', async () => {
  const id = await newEvent();
  const [lone, once] = crowd(id, 2) as [Command, Command];
  const { outcomes } = await send(id, lone, once, once, once);
  expect(outcomes).toMatchObject([...Array(4)].map((_, n) => ({ reservation: { id: rsvOf(id, n === 0 ? 1 : 2) } })));
  expect(await written(id)).toEqual({ facts: 3, answers: 1 });
});

it.each([
  ['evicted', (id: Command['eventId']) => evictDurableObject(stubOf(id))],
  ['killed', () => abortAllDurableObjects()],
])('remembers what it answered after it was %s', async (_, end) => {
  const id = newEventId();
  const made = command(id, olga, create);
  const taken = command(id, alice, seats(rsvOf(id, 1), { quantity: 3 }));
  const before = [(await send(id, made)).outcomes, (await send(id, taken)).outcomes];
  await end(id);
  expect([(await send(id, made)).outcomes, (await send(id, taken)).outcomes]).toEqual(before);
  expect(await readAvailability(env, id, null)).toMatchObject({ value: { availableSlots: 7 } });
  expect(await written(id)).toEqual({ facts: 2, answers: 1 });
});

it('remembers what it answered to who reserved, whether they got seats or a place in the line', async () => {
  const id = await newEvent({ capacity: 1 });
  const taken = command(id, alice, seats(rsvOf(id, 1)));
  const waiting = command(id, bob, seats(rsvOf(id, 2), { onFull: 'waitlist' }));
  const before = (await send(id, taken, waiting)).outcomes;
  expect(before).toMatchObject([{ waitlistPosition: null }, { waitlistPosition: 1 }]);
  await send(id, command(id, alice, { type: 'cancel', reservationId: rsvOf(id, 1) }));
  expect((await send(id, waiting, taken)).outcomes).toEqual(before.toReversed());
  vi.setSystemTime(T0 + 2 * HOUR);
  await runAlarm(id);
  expect((await send(id, taken)).outcomes, 'after answers are forgotten').toEqual(before.slice(0, 1));
  const known = await inActor(({ storage }) => [...new Store(storage).answers.given([taken, waiting]).keys()], id);
  expect(known).toEqual([taken.id]);
});

it('decides a refused command anew, because a refusal had no effect', async () => {
  const id = await newEvent({ capacity: 1 });
  const wish = command(id, bob, seats(rsvOf(id, 2)));
  await send(id, command(id, alice, seats(rsvOf(id, 1))));
  expect((await send(id, wish)).outcomes).toMatchObject([{ rejection: { code: 'sold_out' } }]);
  await send(id, command(id, alice, { type: 'cancel', reservationId: rsvOf(id, 1) }));
  expect((await send(id, wish)).outcomes).toMatchObject([{ kind: 'reservation' }]);
});

it('gives one of twenty equal requests the seats, and the others its name', async () => {
  const id = await newEvent();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => execute(env, id, alice, seats(newReservationId(id)))),
  );
  const [won, ...others] = answers.flatMap(({ outcome }) =>
    outcome.kind === 'reservation' ? [outcome.reservation] : [],
  );
  expect(others).toEqual([]);
  const named = answers.flatMap(({ outcome }) => (outcome.kind === 'rejected' ? [outcome.rejection] : []));
  expect(named).toEqual([...Array(19)].map(() => ({ code: 'already_reserved', reservationId: won?.id })));
});

it('sells fifty seats to two hundred at once, fifty times', async () => {
  const id = await newEvent({ capacity: 50 });
  const replies = await Promise.all(crowd(id, 200).map((one) => send(id, one)));
  const kinds = replies.map(({ outcomes }) => outcomes[0]?.kind);
  expect(kinds.filter((kind) => kind === 'reservation')).toHaveLength(50);
  expect(kinds.filter((kind) => kind === 'rejected')).toHaveLength(150);
  expect(await readAvailability(env, id, null)).toMatchObject({ value: { reservedSlots: 50, availableSlots: 0 } });
});

it('writes nothing for an event that was never created, whatever is asked of it', async () => {
  const id = newEventId();
  const ofNobody = { ok: false, rejection: { code: 'event_not_found' } };
  expect(await readEvent(env, id, olga)).toEqual(ofNobody);
  expect(await readAvailability(env, id, olga)).toEqual(ofNobody);
  expect(await readReservation(env, rsvOf(id, 1), olga)).toMatchObject({
    rejection: { code: 'reservation_not_found' },
  });
  const asked: Action[] = [
    seats(rsvOf(id, 1)),
    { type: 'confirm', reservationId: rsvOf(id, 1), reacquire: false },
    { type: 'cancel', reservationId: rsvOf(id, 1) },
    { type: 'publish_event' },
    { type: 'cancel_event' },
    { type: 'delete_event', ifVersion: null },
    { type: 'edit_event', changes: { title: 'B' }, ifVersion: null },
    { type: 'settle' },
  ];
  for (const action of asked) await send(id, command(id, olga, action));
  const refused = await execute(env, id, alice, create);
  expect(refused.outcome).toEqual({ kind: 'rejected', rejection: { code: 'organizer_required' } });
  const invalid: Action = { ...create, details: details({ startTime: T0 - 1 }) };
  expect((await execute(env, id, olga, invalid)).outcome).toMatchObject({ rejection: { code: 'validation_failed' } });
  await inActor(async ({ storage }, actor) => {
    expect(await actor.rebuild()).toBeNull();
    await actor.alarm();
    expect(tablesOf(storage)).toEqual([]);
    expect(await storage.getAlarm()).toBeNull();
    expect((await storage.list()).size).toBe(0);
  }, id);
});

it('returns every kind of outcome over RPC and throws none', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const id = await newEvent();
  const { outcomes } = await send(
    id,
    command(id, alice, seats(rsvOf(id, 1), { attendeeId: attendee(1) })),
    command(id, otto, { type: 'cancel_event' }),
    command(id, olga, create),
    command(id, null, { type: 'settle' }),
    command(id, olga, { type: 'publish_event' }),
  );
  expect(outcomes.map(({ kind }) => kind)).toEqual(['reservation', 'rejected', 'failed', 'settled', 'event']);
  await expect(execute(env, id, olga, create)).rejects.toThrow('create_event broke in the actor');
  expect(log).toHaveBeenCalledTimes(2);
  log.mockRestore();
});
