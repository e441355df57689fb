import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { execute, readAvailability, readReservation } from '../../src/actor/client.ts';
import type { EventDetails, Principal } from '../../src/domain/model.ts';
import { newEventId, newReservationId, newSecretCode, newUserId } from '../../src/http/ids.ts';

const HOUR = 3_600_000;
const details = (over: Partial<EventDetails> = {}): EventDetails => ({
  title: 'T',
  description: '',
  startTime: Date.now() + 24 * HOUR,
  endTime: Date.now() + 25 * HOUR,
  timeZone: 'UTC',
  capacity: 3,
  venueId: null,
  countryCode: null,
  price: null,
  tags: ['a'],
  maxQuantity: 10,
  requiresConfirmation: false,
  holdMs: 900000,
  reservationsOpenAt: null,
  reservationsCloseAt: null,
  cancelUntil: null,
  ...over,
});
const organizer: Principal = { userId: newUserId(), role: 'organizer' };

it('reserves and projects', async () => {
  const id = newEventId();
  const made = await execute(env, id, organizer, { type: 'create_event', details: details(), status: 'published' });
  expect(made).toMatchObject({ readModel: 'current', outcome: { kind: 'event' } });
  const who: Principal = { userId: newUserId(), role: 'customer' };
  const rid = newReservationId(id);
  const r = await execute(env, id, who, {
    type: 'reserve',
    reservationId: rid,
    attendeeId: null,
    quantity: 2,
    status: null,
    onFull: 'refuse',
    ticketCode: newSecretCode(),
  });
  expect(r).toMatchObject({
    readModel: 'current',
    outcome: { kind: 'reservation', reservation: { status: 'confirmed' } },
  });
  expect(await readAvailability(env, id, null)).toMatchObject({ ok: true, value: { availableSlots: 1 } });
  expect(await readReservation(env, rid, who)).toMatchObject({ ok: true });
  const again = await execute(env, id, who, {
    type: 'reserve',
    reservationId: newReservationId(id),
    attendeeId: null,
    quantity: 1,
    status: null,
    onFull: 'refuse',
    ticketCode: newSecretCode(),
  });
  expect(again.outcome).toMatchObject({ rejection: { code: 'already_reserved', reservationId: rid } });
  const stub = env.EVENT_ACTOR.get(env.EVENT_ACTOR.idFromName(id));
  expect(await runDurableObjectAlarm(stub)).toBe(true);
});

it('writes nothing for an unknown event', async () => {
  const id = newEventId();
  expect(await readAvailability(env, id, null)).toMatchObject({ ok: false });
  const r = await execute(env, id, organizer, { type: 'publish_event' });
  expect(r.outcome).toMatchObject({ rejection: { code: 'event_not_found' } });
  const stub = env.EVENT_ACTOR.get(env.EVENT_ACTOR.idFromName(id));
  await runInDurableObject(stub, (_, state) => {
    expect(state.storage.sql.exec('select * from sqlite_master').toArray()).toEqual([]);
  });
});
