import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { newEventId } from '../../../src/http/ids.ts';
import { request, somebody } from '../../support/api.ts';
import { createEvent, invalid } from '../../support/events.ts';
import {
  act,
  admin,
  availability,
  booked,
  minutesLater,
  organizer,
  refusal,
  reserve,
} from '../../support/reservations.ts';

const { token } = organizer;
const changes = (eventId: string, query = '', as: { token: string } = organizer) =>
  request('GET', `/api/events/${eventId}/changes${query}`, { token: as.token });

// biome-ignore lint/suspicious/noExplicitAny: facts of every type
type Change = any;

async function everything(eventId: string, limit = 3): Promise<Change[]> {
  const all: Change[] = [];
  for (let after = 0; ; ) {
    const { items, next_after_seq } = (await changes(eventId, `?after_seq=${after}&limit=${limit}`)).body;
    all.push(...items);
    if (items.length < limit) return all;
    after = next_after_seq;
  }
}

/** What `GET …/availability` should say after each fact, from the facts alone. */
function occupancies(facts: readonly Change[]) {
  const reservations = new Map<string, { status: string; quantity: number }>();
  let event = { status: 'draft', capacity: 0 };
  return facts.map(({ seq, type, reservation_id: id, data }) => {
    const status = { event_published: 'published', event_cancelled: 'cancelled' }[type as string];
    if (id === null)
      event = { status: data.status ?? status ?? event.status, capacity: data.details?.capacity ?? event.capacity };
    else {
      const ended = {
        reservation_confirmed: 'confirmed',
        reservation_cancelled: 'cancelled',
        reservation_expired: 'expired',
      };
      const before = reservations.get(id) ?? { status: '', quantity: 0 };
      const quantity = type === 'reservation_checked_in' ? before.quantity : (data.quantity ?? before.quantity);
      reservations.set(id, { status: data.status ?? ended[type as keyof typeof ended] ?? before.status, quantity });
    }
    const of = (...statuses: string[]) => [...reservations.values()].filter((one) => statuses.includes(one.status));
    const reserved_slots = of('pending', 'confirmed').reduce((sum, one) => sum + one.quantity, 0);
    return { seq, ...event, reserved_slots, waitlisted: of('waitlisted').length };
  });
}

describe('GET /api/events/{id}/changes', () => {
  it('tells, from the facts alone, how full the event was at every moment', async () => {
    const { id } = await createEvent(token, { capacity: 6, hold_minutes: 1, status: 'draft' });
    const seen = new Map<number, object>();
    const look = async () => {
      const { event_id: _, available_slots: free, ...rest } = await availability(id);
      expect(free).toBe(rest.capacity - rest.reserved_slots);
      seen.set(rest.seq, rest);
    };
    const step = async <T>(command: Promise<T>): Promise<T> => {
      const reply = await command;
      await look();
      return reply;
    };
    await look();
    await step(request('POST', `/api/events/${id}/publish`, { token }));
    const first = await step(booked(id, { quantity: 3 }));
    const held = await step(booked(id, { quantity: 2, status: 'pending' }));
    const waiting = await step(booked(id, { quantity: 4, on_full: 'waitlist' }));
    await step(booked(id, { quantity: 1 }));
    await step(act(held.customer, held.id, 'confirm'));
    await step(act(held.customer, held.id, 'cancel'));
    await step(request('PATCH', first.path, { token: first.customer.token, body: { quantity: 1 } }));
    await step(act(organizer, waiting.id, 'check-in', { quantity: 3, nonce: 'door' }));
    await step(request('PATCH', `/api/events/${id}`, { token, body: { capacity: 9, title: 'Larger' } }));
    await step(act(held.customer, held.id, 'reactivate'));
    const lapsing = await step(booked(id, { quantity: 1, status: 'pending' }));
    await step(act(lapsing.customer, lapsing.id, 'extend'));
    await minutesLater(4, () => step(booked(id)));
    await step(request('DELETE', first.path, { token: first.customer.token }));
    await step(request('POST', `/api/events/${id}/cancel`, { token }));

    const facts = await everything(id);
    expect(facts.map(({ seq }) => seq)).toEqual(facts.map((_, index) => index + 1));
    const rebuilt = new Map(occupancies(facts).map((one) => [one.seq, one]));
    expect(seen.size).toBeGreaterThan(14);
    for (const [seq, occupancy] of seen) expect(rebuilt.get(seq)).toEqual(occupancy);
    const types = new Set(facts.map(({ type }) => type));
    for (const type of ['reservation_promoted', 'reservation_expired', 'reservation_resized'])
      expect(types).toContain(type);
  });

  it('says who did what, without any ticket code', async () => {
    const event = await createEvent(token, { capacity: 5, tags: ['a'], hold_minutes: 7 });
    const { id, customer, body, path } = await booked(event.id, { quantity: 2 });
    await act(organizer, id, 'check-in', { nonce: 'door' });
    await request('DELETE', `${path}/check-in`, { token });
    const { items, next_after_seq } = (await changes(event.id)).body;
    expect(next_after_seq).toBe(4);
    expect(items[0]).toMatchObject({ seq: 1, type: 'event_created', reservation_id: null, actor_id: organizer.userId });
    expect(items[0].data).toMatchObject({
      status: 'published',
      details: { capacity: 5, tags: ['a'], hold_minutes: 7 },
    });
    expect(items[0].data.details).toMatchObject({ start_time: event.start_time, cancel_until: null });
    expect(items.slice(1)).toEqual([
      {
        seq: 2,
        at: body.created_at,
        type: 'reservation_created',
        reservation_id: id,
        actor_id: customer.userId,
        data: {
          user_id: customer.userId,
          attendee_id: null,
          quantity: 2,
          status: 'confirmed',
          expires_at: null,
          passed: [],
        },
      },
      expect.objectContaining({ seq: 3, type: 'reservation_checked_in', data: { quantity: 2, nonce: 'door' } }),
      expect.objectContaining({ seq: 4, type: 'check_in_undone', actor_id: organizer.userId, data: {} }),
    ]);
    expect(JSON.stringify(items)).not.toContain(body.ticket_code.slice(-32));
  });

  it('goes on where it was left, now or later', async () => {
    const { id } = await createEvent(token);
    const end = (await changes(id)).body;
    expect(end.next_after_seq).toBe(1);
    expect((await changes(id, '?after_seq=1')).body).toEqual({ items: [], next_after_seq: 1 });
    const { id: reservationId } = await booked(id);
    const { items } = (await changes(id, '?after_seq=1')).body;
    expect(items).toMatchObject([{ seq: 2, reservation_id: reservationId }]);
    expect((await changes(id, '?after_seq=99')).body).toEqual({ items: [], next_after_seq: 99 });
  });

  it('goes on to the end of a deleted event, which for everybody else is gone', async () => {
    const { id } = await createEvent(token, { capacity: 2 });
    const first = await booked(id);
    const waiting = await booked(id, { on_full: 'waitlist', quantity: 2 });
    await request('PATCH', `/api/events/${id}`, { token, body: { capacity: 1 } });
    await act(organizer, first.id, 'cancel');
    const { next_after_seq: read } = (await changes(id)).body;
    expect((await request('DELETE', `/api/events/${id}`, { token })).status).toBe(204);
    for (const as of [organizer, admin]) {
      expect((await changes(id, `?after_seq=${read}`, as)).body.items).toMatchObject([
        { seq: read + 1, type: 'event_deleted', reservation_id: null },
        { seq: read + 2, type: 'reservation_cancelled', reservation_id: waiting.id },
      ]);
    }
    for (const as of [first.customer, await somebody('organizer')]) {
      expect(await changes(id, '', as)).toMatchObject(refusal(404, 'event_not_found'));
    }
  });

  it('is for who runs the event', async () => {
    const { id } = await createEvent(token);
    expect(await changes(id, '', admin)).toMatchObject({ status: 200 });
    for (const as of [await somebody(), await somebody('organizer')]) {
      expect(await changes(id, '', as)).toMatchObject(refusal(403, 'not_organizer'));
    }
    expect(await request('GET', `/api/events/${id}/changes`)).toMatchObject({ status: 401 });
    expect(await changes(newEventId())).toMatchObject(refusal(404, 'event_not_found'));
  });

  it.each([
    ['after_seq=-1', '/after_seq', 'too_small'],
    ['after_seq=x', '/after_seq', 'invalid_type'],
    ['after_seq=', '/after_seq', 'invalid_type'],
    ['limit=101', '/limit', 'too_big'],
    ['cursor=x', '/cursor', 'unknown_field'],
  ])('refuses ?%s', async (query, pointer, code) => {
    const { id } = await createEvent(token);
    expect(await changes(id, `?${query}`)).toMatchObject(invalid([pointer, code]));
  });
});

describe('POST /api/events/{id}/rebuild', () => {
  const rebuild = (id: string, as: { token: string }) =>
    request('POST', `/api/events/${id}/rebuild`, { token: as.token });

  it('writes what lists show anew, as often as one likes', async () => {
    const { id } = await createEvent(token);
    const customer = await somebody();
    const { body } = await reserve(id, customer);
    await env.DB.prepare('DELETE FROM reservations WHERE id = ?').bind(body.id).run();
    const mine = async () => (await request('GET', '/api/reservations', { token: customer.token })).body.items;
    expect(await mine()).toEqual([]);
    for (let times = 0; times < 2; times += 1) {
      expect(await rebuild(id, admin)).toMatchObject({ status: 200, body: { event_id: id, seq: 2, reservations: 1 } });
      expect(await mine()).toEqual([body]);
    }
  });

  it('is for admins', async () => {
    const { id } = await createEvent(token);
    for (const as of [organizer, await somebody()]) {
      expect(await rebuild(id, as)).toMatchObject(refusal(403, 'admin_required'));
    }
    expect(await request('POST', `/api/events/${id}/rebuild`)).toMatchObject({ status: 401 });
    expect(await rebuild(newEventId(), admin)).toMatchObject(refusal(404, 'event_not_found'));
  });
});
