import { describe, expect, it } from 'vitest';
import { newEventId } from '../../../src/http/ids.ts';
import { request, somebody } from '../../support/api.ts';
import { allPages, createEvent, invalid } from '../../support/events.ts';
import { act, admin, availability, booked, organizer, refusal, reserve } from '../../support/reservations.ts';

const { token } = organizer;
const WAIT = { on_full: 'waitlist' };
const line = (eventId: string, as: { token: string } = organizer, query = '') =>
  request('GET', `/api/events/${eventId}/waitlist${query}`, { token: as.token });

/** A full event of one seat, its only reservation, and parties in line. */
async function queue(quantities: readonly number[], event: Record<string, unknown> = { capacity: 1 }) {
  const { id } = await createEvent(token, event);
  const first = await booked(id, { quantity: event.capacity });
  const waiting = [];
  for (const quantity of quantities) waiting.push(await booked(id, { quantity, ...WAIT }));
  return { eventId: id as string, first, waiting };
}

describe('a full event', () => {
  it('refuses, or takes into its waitlist with a place in the line', async () => {
    const { eventId, waiting } = await queue([1, 1]);
    for (const [index, { body }] of waiting.entries()) {
      expect(body).toMatchObject({ status: 'waitlisted', waitlist_position: index + 1, ticket_code: null });
      expect(body).toMatchObject({ expires_at: null, confirmed_at: null });
    }
    const refused = await reserve(eventId, await somebody(), { on_full: 'refuse' });
    expect(refused).toMatchObject(refusal(409, 'sold_out', { available_slots: 0 }));
    expect(await availability(eventId)).toMatchObject({ reserved_slots: 1, waitlisted: 2 });
  });

  it('tells the same place in every list', async () => {
    await queue([1, 1]);
    const { eventId, waiting } = await queue([1, 1, 1]);
    const third = waiting[2] ?? waiting[0];
    const mine = await request('GET', '/api/reservations', { token: third?.customer.token ?? '' });
    expect(mine.body.items).toEqual([third?.body]);
    expect(mine.body.items[0].waitlist_position).toBe(3);
    const all = await request('GET', `/api/events/${eventId}/reservations?status=waitlisted`, { token });
    const places = all.body.items.map((item: { waitlist_position: number }) => item.waitlist_position);
    expect(places.sort()).toEqual([1, 2, 3]);
  });

  it('has another entity tag for every place in the line', async () => {
    const { waiting } = await queue([1, 1]);
    const [head, second] = waiting as [(typeof waiting)[0], (typeof waiting)[0]];
    const read = (tag = '') =>
      request('GET', second.path, { token: second.customer.token, headers: { 'if-none-match': tag } });
    const before = await read();
    expect(before.headers.get('cache-control')).toBe('no-store');
    const tag = before.headers.get('etag') ?? '';
    expect((await read(tag)).status).toBe(304);
    await act(head.customer, head.id, 'cancel');
    expect(await read(tag)).toMatchObject({ status: 200, body: { version: 1, waitlist_position: 1 } });
    const headers = { 'if-match': tag };
    const edit = { token: second.customer.token, headers, body: { quantity: 1 } };
    expect((await request('PATCH', second.path, edit)).status).toBe(200);
  });

  it('refuses a party larger than the whole of it even the waitlist', async () => {
    const { id } = await createEvent(token, { capacity: 2 });
    expect(await reserve(id, await somebody(), { quantity: 3, ...WAIT })).toMatchObject(refusal(409, 'sold_out'));
  });

  it('seats where there is room, whatever is to be done when there is none', async () => {
    const { id } = await createEvent(token, { capacity: 2 });
    expect(await reserve(id, await somebody(), WAIT)).toMatchObject({ status: 201, body: { status: 'confirmed' } });
  });

  it('gives the seats of who cancels to the head of the line, at once', async () => {
    const { eventId, first, waiting } = await queue([1, 1]);
    await act(first.customer, first.id, 'cancel');
    const [head, second] = waiting as [(typeof waiting)[0], (typeof waiting)[0]];
    const promoted = await request('GET', head.path, { token: head.customer.token });
    expect(promoted.body).toMatchObject({ status: 'confirmed', waitlist_position: null });
    expect(promoted.body.ticket_code).toMatch(/^tkt_/);
    const next = await request('GET', second.path, { token: second.customer.token });
    expect(next.body).toMatchObject({ status: 'waitlisted', waitlist_position: 1 });
    expect(await availability(eventId)).toMatchObject({ reserved_slots: 1, waitlisted: 1 });
  });

  it('lets nobody jump the line', async () => {
    const { eventId, first, waiting } = await queue([2], { capacity: 2 });
    await request('PATCH', first.path, { token: first.customer.token, body: { quantity: 1 } });
    // A seat is free, and a smaller party may take it: the one who waits does not fit.
    const passing = await booked(eventId);
    expect(passing.body).toMatchObject({ status: 'confirmed' });
    await act(passing.customer, passing.id, 'cancel');
    await act(first.customer, first.id, 'cancel');
    const head = await request('GET', waiting[0]?.path ?? '', { token: waiting[0]?.customer.token ?? '' });
    expect(head.body).toMatchObject({ status: 'confirmed', quantity: 2 });
    expect(await reserve(eventId, await somebody())).toMatchObject(refusal(409, 'sold_out'));
  });

  it('is left by cancelling', async () => {
    const { eventId, waiting } = await queue([1, 1]);
    const [head] = waiting as [(typeof waiting)[0]];
    const left = await act(head.customer, head.id, 'cancel');
    expect(left).toMatchObject({ status: 200, body: { status: 'cancelled', waitlist_position: null } });
    expect((await line(eventId)).body.items).toMatchObject([{ id: waiting[1]?.id, waitlist_position: 1 }]);
  });

  it('does not confirm nor extend a place in the line', async () => {
    const { waiting } = await queue([1]);
    const [head] = waiting as [(typeof waiting)[0]];
    expect(await act(head.customer, head.id, 'confirm')).toMatchObject(refusal(409, 'reservation_not_pending'));
    expect(await act(head.customer, head.id, 'extend')).toMatchObject(refusal(409, 'reservation_not_pending'));
  });
});

describe('GET /api/events/{id}/waitlist', () => {
  it('lists the line from its head, page by page, to who runs the event', async () => {
    const { eventId, waiting } = await queue([1, 1, 1, 1, 1]);
    for (const as of [organizer, admin]) {
      const items = (await line(eventId, as)).body.items;
      expect(items.map((item: { id: string }) => item.id)).toEqual(waiting.map(({ id }) => id));
      expect(items.map((item: { waitlist_position: number }) => item.waitlist_position)).toEqual([1, 2, 3, 4, 5]);
    }
    const paged = await allPages(`/api/events/${eventId}/waitlist`, 2, token);
    expect(paged.map(({ id }) => id)).toEqual(waiting.map(({ id }) => id));
  });

  it('is for nobody else', async () => {
    const { eventId, waiting } = await queue([1]);
    for (const as of [waiting[0]?.customer ?? organizer, await somebody('organizer')]) {
      expect(await line(eventId, as)).toMatchObject(refusal(403, 'not_organizer'));
    }
    expect(await request('GET', `/api/events/${eventId}/waitlist`)).toMatchObject({ status: 401 });
    const draft = await createEvent(token, { status: 'draft' });
    expect(await line(draft.id, await somebody('organizer'))).toMatchObject(refusal(404, 'event_not_found'));
    expect(await line(newEventId())).toMatchObject(refusal(404, 'event_not_found'));
  });

  it('refuses what is no page of it', async () => {
    const { eventId } = await queue([]);
    expect(await line(eventId, organizer, '?limit=0')).toMatchObject(invalid(['/limit', 'too_small']));
    expect(await line(eventId, organizer, '?cursor=x')).toMatchObject(invalid(['/cursor', 'invalid_cursor']));
    expect(await line(eventId, organizer, '?status=x')).toMatchObject(invalid(['/status', 'unknown_field']));
  });
});
