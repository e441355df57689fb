import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { EventId } from '../../../src/domain/model.ts';
import { newEventId } from '../../../src/http/ids.ts';
import { command, newEvent, rsvOf, runAlarm, send, stopTheClock } from '../../support/actor.ts';
import { request, somebody } from '../../support/api.ts';
import { createEvent } from '../../support/events.ts';
import { alice, MINUTE, olga, seats, T0 } from '../../support/given.ts';

const organizer = await somebody('organizer');
const { token } = organizer;
const stats = async (id: string, as: { token: string } = organizer) =>
  (await request('GET', `/api/events/${id}/stats`, { token: as.token })).body;
const actorOf = (id: string) => env.EVENT_ACTOR.get(env.EVENT_ACTOR.idFromName(id));

const NONE = { pending: 0, confirmed: 0, waitlisted: 0, cancelled: 0, expired: 0 };

describe('the figures of an event', () => {
  it('begin with nothing', async () => {
    const { id } = await createEvent(token, { capacity: 7 });
    expect(await stats(id)).toEqual({
      event_id: id,
      seq: 1,
      status: 'published',
      capacity: 7,
      available_slots: 7,
      reservations: NONE,
      seats: NONE,
      seats_checked_in: 0,
      closing: null,
      days: [],
    });
  });

  it('count what happens over HTTP, today', async () => {
    const { id } = await createEvent(token, { capacity: 10, time_zone: 'Asia/Kathmandu' });
    const customers = await Promise.all([3, 2, 1].map(async (quantity) => ({ ...(await somebody()), quantity })));
    const path = `/api/events/${id}/reservations`;
    for (const { quantity, token } of customers) {
      const { body } = await request('POST', path, { token, body: { quantity } });
      if (quantity === 2) await request('POST', `/api/reservations/${body.id}/cancel`, { token });
    }
    const day = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Kathmandu' }).format(Date.now());
    expect(await stats(id)).toMatchObject({
      seq: 5,
      available_slots: 6,
      reservations: { ...NONE, confirmed: 2, cancelled: 1 },
      seats: { ...NONE, confirmed: 4, cancelled: 2 },
      days: [{ day, reservations_created: 3, reservations_cancelled: 1, seats_taken: 6, seats_freed: 2 }],
    });
    expect((await stats(id, { token: (await somebody('admin')).token })).seq).toBe(5);
  });

  it('are nobody else’s business', async () => {
    const { id } = await createEvent(token);
    const draft = await createEvent(token, { status: 'draft' });
    const other = await somebody('organizer');
    const read = (event: string, as?: { token: string }) =>
      request('GET', `/api/events/${event}/stats`, as === undefined ? {} : { token: as.token });
    expect(await read(id)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect(await read(id, other)).toMatchObject({ status: 403, body: { code: 'not_organizer' } });
    expect(await read(draft.id, other)).toMatchObject({ status: 404, body: { code: 'event_not_found' } });
    expect(await read(newEventId(), organizer)).toMatchObject({ status: 404 });
  });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('on the actor', () => {
  const own = async (id: EventId) => {
    const read = await actorOf(id).readStats(olga);
    if (!read.ok) throw new Error(read.rejection.code);
    return read.value;
  };
  it('count a hold that lapsed as expired before any fact says so', async () => {
    stopTheClock();
    const id = await newEvent();
    await send(id, command(id, alice, seats(rsvOf(id, 1), { quantity: 2, status: 'pending' })));
    expect(await own(id)).toMatchObject({ seats: { ...NONE, pending: 2 } });
    vi.setSystemTime(T0 + 15 * MINUTE);
    const expected = { seats: { ...NONE, expired: 2 }, reservations: { ...NONE, expired: 1 } };
    expect(await own(id)).toMatchObject({ ...expected, availability: { availableSlots: 10, seq: 2 } });
    await runAlarm(id);
    expect(await own(id)).toMatchObject({ ...expected, availability: { availableSlots: 10, seq: 3 } });
  });
});
