import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { newEventId } from '../../../src/http/ids.ts';
import { request, somebody } from '../../support/api.ts';
import { member } from '../../support/cast.ts';
import { allPages, createEvent, invalid } from '../../support/events.ts';

const organizer = await somebody('organizer');
const { token } = organizer;

const reserve = (id: string, as: { token: string }, body: Record<string, unknown> = {}) =>
  request('POST', `/api/events/${id}/reservations`, { token: as.token, body });

const ids = (items: { id: string }[]) => items.map((item) => item.id);

describe('my reservations', () => {
  const mine = (as: { token: string }, query = '') => request('GET', `/api/reservations${query}`, { token: as.token });

  it('show a reservation at once, newest first, and nobody else’s', async () => {
    const customer = await somebody();
    const made = [];
    for (let count = 0; count < 3; count += 1) {
      const event = await createEvent(token);
      await reserve(event.id, await somebody());
      const { body } = await reserve(event.id, customer);
      expect((await mine(customer)).body.items[0]).toEqual(body);
      made.unshift(body);
      await scheduler.wait(2);
    }
    expect((await mine(customer)).body).toEqual({ items: made, next_cursor: null });
    expect((await mine(organizer)).body.items).toEqual([]);
  });

  it('can be narrowed to a status and to an event', async () => {
    const customer = await somebody();
    const [first, second] = [await createEvent(token), await createEvent(token)];
    const pending = (await reserve(first.id, customer, { status: 'pending' })).body.id;
    const confirmed = (await reserve(second.id, customer)).body.id;
    expect(ids((await mine(customer, '?status=pending')).body.items)).toEqual([pending]);
    expect(ids((await mine(customer, '?status=confirmed')).body.items)).toEqual([confirmed]);
    expect(ids((await mine(customer, '?status=cancelled')).body.items)).toEqual([]);
    expect(ids((await mine(customer, `?event_id=${first.id}`)).body.items)).toEqual([pending]);
    expect(ids((await mine(customer, `?event_id=${first.id}&status=confirmed`)).body.items)).toEqual([]);
    expect(ids((await mine(customer, `?event_id=${newEventId()}`)).body.items)).toEqual([]);
  });

  it('follow what happens to them', async () => {
    const customer = await somebody();
    const event = await createEvent(token);
    const { body } = await reserve(event.id, customer, { status: 'pending' });
    for (const step of ['confirm', 'cancel']) {
      const done = await request('POST', `/api/reservations/${body.id}/${step}`, { token: customer.token });
      expect((await mine(customer)).body.items).toEqual([done.body]);
    }
  });

  it('come page by page, each exactly once, though new ones come in', async () => {
    const customer = await somebody();
    const made: string[] = [];
    for (let count = 0; count < 7; count += 1) {
      made.push((await reserve((await createEvent(token)).id, customer)).body.id);
    }
    expect(ids(await allPages('/api/reservations', 3, customer.token)).sort()).toEqual(made.sort());
    const first = (await mine(customer, '?limit=3')).body;
    await reserve((await createEvent(token)).id, customer);
    const rest = (await mine(customer, `?limit=10&cursor=${first.next_cursor}`)).body;
    expect(ids([...first.items, ...rest.items]).sort()).toEqual(made.sort());
  });

  it('need a token', async () => {
    expect(await request('GET', '/api/reservations')).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  });

  it.each([
    ['limit=0', '/limit', 'too_small'],
    ['limit=abc', '/limit', 'invalid_type'],
    ['status=lost', '/status', 'invalid_value'],
    ['status=pending&status=confirmed', '/status', 'invalid_value'],
    ['event_id=evt_1', '/event_id', 'invalid_format'],
    ['user_id=usr_1', '/user_id', 'unknown_field'],
    ['cursor=AAAA', '/cursor', 'invalid_cursor'],
  ])('refuse ?%s', async (query, pointer, code) => {
    expect(await mine(await somebody(), `?${query}`)).toMatchObject(invalid([pointer, code]));
  });

  it('take no cursor of another filter, another list or another user', async () => {
    const [customer, other] = [await somebody(), await somebody()];
    const events = [await createEvent(token), await createEvent(token)];
    for (const event of events) {
      for (const as of [customer, other, organizer]) await reserve(event.id, as);
    }
    const cursorOf = async (path: string, as: { token: string }) =>
      (await request('GET', path, { token: as.token })).body.next_cursor;
    const refused = invalid(['/cursor', 'invalid_cursor']);
    const own = await cursorOf('/api/reservations?limit=1', customer);
    expect(await mine(customer, `?cursor=${own}`)).toMatchObject({ status: 200 });
    expect(await mine(customer, `?status=confirmed&cursor=${own}`)).toMatchObject(refused);
    expect(await mine(other, `?cursor=${own}`)).toMatchObject(refused);
    const ofEvent = await cursorOf(`/api/events/${events[0]?.id}/reservations?limit=1`, organizer);
    expect(await mine(organizer, `?cursor=${ofEvent}`)).toMatchObject(refused);
    const path = `/api/events/${events[1]?.id}/reservations?cursor=${ofEvent}`;
    expect(await request('GET', path, { token })).toMatchObject(refused);
  });
});

describe('an event’s reservations', () => {
  it('are shown to its organizer, with ticket codes, and to admins without, and to nobody else', async () => {
    const event = await createEvent(token);
    const customer = await somebody();
    const { body } = await reserve(event.id, customer, { quantity: 2 });
    const path = `/api/events/${event.id}/reservations`;
    const seenBy = async (as: { token: string }) => (await request('GET', path, { token: as.token })).body;
    expect(await seenBy(organizer)).toEqual({ items: [body], next_cursor: null });
    const hidden = { ...body, ticket_code: null };
    expect(await seenBy(await somebody('admin'))).toEqual({ items: [hidden], next_cursor: null });
    for (const as of [customer, await somebody('organizer')]) {
      const reply = await request('GET', path, { token: as.token });
      expect(reply).toMatchObject({ status: 403, body: { code: 'not_organizer' } });
    }
    expect(await request('GET', path)).toMatchObject({ status: 401 });
  });

  it('of a draft do not tell others that it exists', async () => {
    const event = await createEvent(token, { status: 'draft' });
    const path = `/api/events/${event.id}/reservations`;
    const reply = await request('GET', path, { token: (await somebody('organizer')).token });
    expect(reply).toMatchObject({ status: 404, body: { code: 'event_not_found' } });
    expect(await request('GET', path, { token })).toMatchObject({ status: 200, body: { items: [] } });
  });

  it('can be narrowed to a status, and come page by page', async () => {
    const event = await createEvent(token, { capacity: 100 });
    const made: string[] = [];
    for (let count = 0; count < 7; count += 1) {
      const status = count % 2 === 0 ? 'pending' : 'confirmed';
      made.push((await reserve(event.id, await somebody(), { status })).body.id);
    }
    const path = `/api/events/${event.id}/reservations`;
    expect(ids(await allPages(path, 2, token)).sort()).toEqual(made.sort());
    const pending = await allPages(`${path}?status=pending`, 3, token);
    expect(pending.map((item) => item.status)).toEqual(Array.from({ length: 4 }, () => 'pending'));
  });

  it.each([newEventId(), 'evt_1', '%00'])('of an event %s there are none', async (id) => {
    const reply = await request('GET', `/api/events/${id}/reservations`, { token });
    expect(reply).toMatchObject({ status: 404, body: { code: 'event_not_found' } });
  });

  it('refuse what is no filter of theirs', async () => {
    const event = await createEvent(token);
    const reply = await request('GET', `/api/events/${event.id}/reservations?event_id=${event.id}`, { token });
    expect(reply).toMatchObject(invalid(['/event_id', 'unknown_field']));
  });
});

describe('of an event that was cancelled, while D1 has yet to hear what that did to its reservations', () => {
  /** One of each kind, cancelled with their event; then D1 gets their rows of before again. */
  async function cancelledBehindD1() {
    const event = await createEvent(token, { capacity: 3 });
    const [holder, offering, other, waiting] = await Promise.all([
      somebody(),
      somebody(),
      member('customer'),
      somebody(),
    ]);
    const made: string[] = [];
    for (const [as, body] of [
      [holder, { status: 'pending' }],
      [offering, {}],
      [other, {}],
      [waiting, { on_full: 'waitlist' }],
    ] as const) {
      made.unshift((await reserve(event.id, as, body)).body.id);
      await scheduler.wait(2);
    }
    const offered = made[2] ?? '';
    const to = { user_id: other.userId };
    expect(
      await request('POST', `/api/reservations/${offered}/transfer`, { token: offering.token, body: to }),
    ).toMatchObject({
      status: 200,
    });
    const rows =
      'SELECT json_group_array(json_array(id, status, queue_seq, transfer_to, updated_at, version)) AS rows FROM reservations WHERE event_id = ?';
    const before = await env.DB.prepare(rows).bind(event.id).first<string>('rows');
    expect(await request('POST', `/api/events/${event.id}/cancel`, { token })).toMatchObject({ status: 200 });
    await env.DB.prepare(
      `UPDATE reservations SET status = value ->> 1, queue_seq = value ->> 2, transfer_to = value ->> 3,
       updated_at = value ->> 4, version = value ->> 5, cancelled_at = NULL, cancelled_by = NULL
       FROM json_each(?) WHERE reservations.id = value ->> 0`,
    )
      .bind(before)
      .run();
    return { event, other, waiting, made };
  }

  it('they are told as the actor tells them', async () => {
    const { event, other, waiting, made } = await cancelledBehindD1();
    const strong = await Promise.all(
      made.map(async (id) => (await request('GET', `/api/reservations/${id}`, { token })).body),
    );
    expect(strong.map(({ status }) => status)).toEqual(made.map(() => 'cancelled'));
    const path = `/api/events/${event.id}/reservations`;
    expect((await request('GET', path, { token })).body.items).toEqual(strong);
    expect((await request('GET', `${path}?status=cancelled`, { token })).body.items).toEqual(strong);
    for (const status of ['pending', 'confirmed', 'waitlisted', 'expired']) {
      expect((await request('GET', `${path}?status=${status}`, { token })).body.items).toEqual([]);
    }
    expect((await request('GET', '/api/reservations', { token: waiting.token })).body.items).toEqual([strong[0]]);
    expect((await request('GET', '/api/reservations?offered=true', { token: other.token })).body.items).toEqual([]);
    const { body } = await request('GET', `${path}.csv`, { token });
    expect(
      body
        .split('\r\n')
        .slice(1, -1)
        .map((line: string) => line.split(',')[1]),
    ).toEqual(made.map(() => 'cancelled'));
  });
});

describe('a race for seats over HTTP', () => {
  it.each([
    ['one seat each', () => 1, 200, 50],
    ['one to five seats each', (index: number) => 1 + (index % 5), 60, 97],
  ])('%s: never a seat too many, and no fitting request refused', async (_, quantityOf, customers, capacity) => {
    const event = await createEvent(token, { capacity });
    const crowd = await Promise.all(Array.from({ length: customers }, () => somebody()));
    const replies = await Promise.all(
      crowd.map((customer, index) => reserve(event.id, customer, { quantity: quantityOf(index) })),
    );
    const taken = replies.reduce((sum, { status, body }) => sum + (status === 201 ? body.quantity : 0), 0);
    const availability = await request('GET', `/api/events/${event.id}/availability`);
    expect(availability.body).toMatchObject({ reserved_slots: taken, available_slots: capacity - taken });
    for (const [index, { status, body }] of replies.entries()) {
      if (status === 201) continue;
      expect({ status, code: body.code }).toEqual({ status: 409, code: 'sold_out' });
      expect(body.available_slots).toBeLessThan(quantityOf(index));
      expect(capacity - taken).toBeLessThan(quantityOf(index));
    }
    const listed = await allPages(`/api/events/${event.id}/reservations`, 100, token);
    expect(listed.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(taken);
  });
});
