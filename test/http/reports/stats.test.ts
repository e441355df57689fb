import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { EventId } from '../../../src/domain/model.ts';
import { newEventId } from '../../../src/http/ids.ts';
import { command, newEvent, rsvOf, runAlarm, send, stopTheClock } from '../../support/actor.ts';
import { request, somebody } from '../../support/api.ts';
import { createEvent } from '../../support/events.ts';
import { alice, attendee, HOUR, MINUTE, olga, seats, T0 } from '../../support/given.ts';

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

/** The same figures, counted from all rows and all facts. */
async function recount(id: EventId) {
  return runInDurableObject(actorOf(id), (_, { storage }) => {
    const rows = storage.sql
      .exec<{ status: string; n: number; seats: number; arrived: number }>(
        'SELECT status, count(*) AS n, sum(quantity) AS seats, sum(checked_in_quantity) AS arrived FROM reservations GROUP BY 1',
      )
      .toArray();
    const by = (name: 'n' | 'seats') => ({
      ...NONE,
      ...Object.fromEntries(rows.map((row) => [row.status, row[name]])),
    });
    const arrived = rows.find(({ status }) => status === 'confirmed')?.arrived ?? 0;
    return { reservations: by('n'), seats: by('seats'), seats_checked_in: arrived };
  });
}

describe('on the actor, over days', () => {
  const own = async (id: EventId) => {
    const read = await actorOf(id).readStats(olga);
    if (!read.ok) throw new Error(read.rejection.code);
    return read.value;
  };
  it('equal a recount of all rows after a random history, and all taken less all freed are the seats taken', async () => {
    stopTheClock();
    const id = await newEvent({
      capacity: 25,
      requiresConfirmation: true,
      startTime: T0 + 90 * HOUR,
      endTime: T0 + 91 * HOUR,
    });
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    let made = 0;
    for (let step = 0; step < 400; step += 1) {
      vi.setSystemTime(Date.now() + random(20) * MINUTE);
      const reservationId = rsvOf(id, 1 + random(Math.max(1, made)));
      const nonce = `n${step}`;
      const fresh = () => {
        made += 1;
        const asked = { quantity: 1 + random(5), attendeeId: attendee(made), onFull: 'waitlist' as const };
        return command(id, alice, seats(rsvOf(id, made), asked));
      };
      const choices = [
        fresh,
        fresh,
        () => command(id, olga, { type: 'cancel', reservationId }),
        () => command(id, olga, { type: 'confirm', reservationId, reacquire: random(2) === 0 }),
        () => command(id, olga, { type: 'confirm', reservationId, reacquire: true }),
        () => command(id, olga, { type: 'reactivate', reservationId }),
        () => command(id, olga, { type: 'change_quantity', reservationId, quantity: 1 + random(6), ifVersion: null }),
        () => command(id, olga, { type: 'check_in', reservationId, ticketCode: null, quantity: null, nonce }),
        () => command(id, olga, { type: 'undo_check_in', reservationId }),
        () => command(id, null, { type: 'settle' }),
      ];
      await send(id, (choices[random(choices.length)] ?? fresh)());
    }
    await send(id, command(id, null, { type: 'settle' }));
    const figures = await own(id);
    const { reservations, seats: seatsBy, checkedInSeats, days } = figures;
    expect({ reservations, seats: seatsBy, seats_checked_in: checkedInSeats }).toEqual(await recount(id));
    const sum = (name: 'created' | 'seatsTaken' | 'seatsFreed' | 'seatsCheckedIn') =>
      days.reduce((all, day) => all + day[name], 0);
    expect(sum('created')).toBe(made);
    expect(sum('seatsTaken') - sum('seatsFreed')).toBe(seatsBy.pending + seatsBy.confirmed);
    expect(sum('seatsCheckedIn')).toBe(checkedInSeats);
    expect(checkedInSeats).toBeGreaterThan(0);
    expect(reservations.waitlisted * reservations.cancelled * reservations.expired).toBeGreaterThan(0);
    expect(days.length).toBeGreaterThan(2);
    await evictDurableObject(actorOf(id));
    expect(await own(id)).toEqual(figures);
  });

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
