import { describe, expect, it } from 'vitest';
import { newEventId, newReservationId } from '../../../src/http/ids.ts';
import { request, somebody } from '../../support/api.ts';
import { createEvent, hoursFromNow, invalid } from '../../support/events.ts';

const organizer = await somebody('organizer');
const admin = await somebody('admin');
const { token } = organizer;

type Body = Record<string, unknown>;
const reserve = (id: string, as: { token: string }, body: Body = {}) =>
  request('POST', `/api/events/${id}/reservations`, { token: as.token, body });

async function seatsTaken(eventId: string): Promise<number> {
  return (await request('GET', `/api/events/${eventId}/availability`, { token })).body.reserved_slots;
}

/** A fresh event of the organizer's and somebody's reservation for it. */
async function reserved(event: Body = {}, body: Body = {}) {
  const customer = await somebody();
  const { id: eventId } = await createEvent(token, event);
  const reply = await reserve(eventId, customer, body);
  expect(reply.status).toBe(201);
  return { customer, eventId, reservation: reply.body, path: `/api/reservations/${reply.body.id}` };
}

describe('reserving', () => {
  it('confirms one seat at once, and says where the reservation is', async () => {
    const customer = await somebody();
    const event = await createEvent(token);
    const reply = await reserve(event.id, customer);
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.stringMatching(/^rsv_/),
      event_id: event.id,
      user_id: customer.userId,
      attendee_id: null,
      quantity: 1,
      status: 'confirmed',
      waitlist_position: null,
      expires_at: null,
      confirmed_at: reply.body.created_at,
      cancelled_at: null,
      cancelled_by: null,
      checked_in_at: null,
      checked_in_quantity: 0,
      transfer_to: null,
      ticket_code: expect.stringMatching(/^tkt_[0-9a-z]{84}$/),
      created_at: expect.any(String),
      updated_at: reply.body.created_at,
      version: 1,
    });
    expect(reply.headers.get('location')).toBe(`/api/reservations/${reply.body.id}`);
    expect(reply.headers.get('etag')).toBe('"1"');
    expect(reply.headers.get('x-read-model')).toBe('current');
    expect(reply.headers.get('x-d1-bookmark')).toMatch(/^[0-9a-f]{8}-/);
    expect(await seatsTaken(event.id)).toBe(1);
  });

  it.each([
    ['no body', {}],
    ['an empty body', { raw: '' }],
    ['an empty body of another type', { raw: '', headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
    ['an empty object', { body: {} }],
    ['an empty object with a charset', { raw: '{}', headers: { 'content-type': 'application/json; charset=utf-8' } }],
  ])('%s means one seat', async (_, call) => {
    const event = await createEvent(token);
    const reply = await request('POST', `/api/events/${event.id}/reservations`, {
      token: (await somebody()).token,
      ...call,
    });
    expect(reply).toMatchObject({ status: 201, body: { quantity: 1 } });
  });

  it('holds the seats where the event wants confirmation or the caller asks for it', async () => {
    const wanting = await reserved({ requires_confirmation: true, hold_minutes: 30 }, { quantity: 3 });
    const asking = await reserved({ hold_minutes: 30 }, { quantity: 3, status: 'pending' });
    for (const { reservation, eventId } of [wanting, asking]) {
      expect(reservation).toMatchObject({ status: 'pending', confirmed_at: null, ticket_code: null });
      expect(Date.parse(reservation.expires_at) - Date.parse(reservation.created_at)).toBe(30 * 60_000);
      expect(await seatsTaken(eventId)).toBe(3);
    }
    const skipping = await reserved({ requires_confirmation: true }, { status: 'confirmed' });
    expect(skipping.reservation).toMatchObject({ status: 'pending' });
  });

  it('is refused when the seats left are too few, and says how many they are', async () => {
    const { eventId } = await reserved({ capacity: 5 }, { quantity: 3 });
    const refused = await reserve(eventId, await somebody(), { quantity: 3 });
    expect(refused).toMatchObject({ status: 409, body: { code: 'sold_out', available_slots: 2 } });
    expect(await reserve(eventId, await somebody(), { quantity: 2 })).toMatchObject({ status: 201 });
    const full = await reserve(eventId, await somebody());
    expect(full).toMatchObject({ status: 409, body: { code: 'sold_out', available_slots: 0 } });
    expect(await seatsTaken(eventId)).toBe(5);
  });

  it('gives one holder one active reservation, however often they ask, and names it', async () => {
    const customer = await somebody();
    const event = await createEvent(token);
    const replies = await Promise.all(Array.from({ length: 20 }, () => reserve(event.id, customer)));
    const made = replies.filter((reply) => reply.status === 201);
    expect(made).toHaveLength(1);
    for (const reply of replies.filter((reply) => reply.status !== 201)) {
      expect(reply).toMatchObject({
        status: 409,
        body: { code: 'already_reserved', reservation_id: made[0]?.body.id },
      });
    }
    expect(await seatsTaken(event.id)).toBe(1);
  });

  it('works again after cancelling', async () => {
    const { customer, eventId, path } = await reserved();
    await request('POST', `${path}/cancel`, { token: customer.token });
    expect(await reserve(eventId, customer)).toMatchObject({ status: 201 });
  });

  it('keeps to the most seats of the event', async () => {
    const event = await createEvent(token, { max_quantity: 2 });
    const customer = await somebody();
    expect(await reserve(event.id, customer, { quantity: 3 })).toMatchObject(
      invalid(['/quantity', 'above_max_quantity']),
    );
    expect(await reserve(event.id, customer, { quantity: 2 })).toMatchObject({ status: 201 });
  });

  it('needs an event that is open for it', async () => {
    const customer = await somebody();
    const draft = await createEvent(token, { status: 'draft' });
    expect(await reserve(draft.id, customer)).toMatchObject({ status: 404, body: { code: 'event_not_found' } });
    expect(await reserve(draft.id, organizer)).toMatchObject({ status: 409, body: { code: 'event_not_published' } });

    const notYet = await createEvent(token, { reservations_open_at: hoursFromNow(1) });
    expect(await reserve(notYet.id, customer)).toMatchObject({ status: 409, body: { code: 'reservations_not_open' } });

    const over = await createEvent(token, { reservations_close_at: hoursFromNow(-1) });
    expect(await reserve(over.id, customer)).toMatchObject({ status: 409, body: { code: 'reservations_closed' } });

    const cancelled = await createEvent(token);
    await request('POST', `/api/events/${cancelled.id}/cancel`, { token });
    expect(await reserve(cancelled.id, customer)).toMatchObject({ status: 409, body: { code: 'event_cancelled' } });
  });

  it('needs a token', async () => {
    const event = await createEvent(token);
    const reply = await request('POST', `/api/events/${event.id}/reservations`);
    expect(reply).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  });

  it.each([newEventId(), 'evt_1', 'nonsense', '%00', '__proto__', 'rsv_1'])('knows no event %s', async (id) => {
    expect(await reserve(id, await somebody())).toMatchObject({ status: 404, body: { code: 'event_not_found' } });
  });
});

describe('a wrong body is refused and takes no seat:', () => {
  it.each([
    [{ quantity: 0 }, '/quantity', 'too_small'],
    [{ quantity: -1 }, '/quantity', 'too_small'],
    [{ quantity: 1.5 }, '/quantity', 'invalid_type'],
    [{ quantity: 101 }, '/quantity', 'too_big'],
    [{ quantity: '1' }, '/quantity', 'invalid_type'],
    [{ quantity: null }, '/quantity', 'invalid_type'],
    [{ quantity: [1] }, '/quantity', 'invalid_type'],
    [{ status: 'cancelled' }, '/status', 'invalid_value'],
    [{ status: null }, '/status', 'invalid_value'],
    [{ attendee_id: 'att_1' }, '/attendee_id', 'invalid_format'],
    [{ on_full: 'maybe' }, '/on_full', 'invalid_value'],
    [{ on_full: null }, '/on_full', 'invalid_value'],
    [{ user_id: 'usr_1' }, '/user_id', 'unknown_field'],
    [JSON.parse('{"__proto__": {"quantity": 5}}'), '/__proto__', 'unknown_field'],
  ])('%j', async (body, pointer, code) => {
    const event = await createEvent(token);
    expect(await reserve(event.id, await somebody(), body)).toMatchObject(invalid([pointer, code]));
    expect(await seatsTaken(event.id)).toBe(0);
  });

  it.each([
    ['{"quantity":', 'application/json', 400, 'malformed_request'],
    ['[]', 'application/json', 422, 'validation_failed'],
    ['null', 'application/json', 422, 'validation_failed'],
    ['{"quantity":0}', 'text/plain', 415, 'unsupported_media_type'],
    ['{"quantity":0}', '', 415, 'unsupported_media_type'],
    ['{"quantity":0}', 'application/json;', 415, 'unsupported_media_type'],
    ['{"quantity":0}', 'application/x1+json', 415, 'unsupported_media_type'],
    ['{"quantity":0}', 'application/merge-patch+json', 422, 'validation_failed'],
    [`{"x":"${'x'.repeat(101 * 1024)}"}`, 'application/json', 413, 'body_too_large'],
  ])('%s as “%s”', async (raw, type, status, code) => {
    const event = await createEvent(token);
    const reply = await request('POST', `/api/events/${event.id}/reservations`, {
      token: (await somebody()).token,
      raw,
      headers: { 'content-type': type },
    });
    expect(reply).toMatchObject({ status, body: { code } });
    expect(await seatsTaken(event.id)).toBe(0);
  });

  it('a body without any media type', async () => {
    const event = await createEvent(token);
    const reply = await request('POST', `/api/events/${event.id}/reservations`, {
      token: (await somebody()).token,
      bytes: await new Blob(['{"quantity":0}']).arrayBuffer(),
    });
    expect(reply).toMatchObject({ status: 415 });
    expect(await seatsTaken(event.id)).toBe(0);
  });
});

describe('confirming', () => {
  it('makes a hold firm; twice is once', async () => {
    const { customer, path } = await reserved({}, { status: 'pending' });
    const first = await request('POST', `${path}/confirm`, { token: customer.token });
    expect(first).toMatchObject({ status: 200, body: { status: 'confirmed', version: 2 } });
    expect(first.body.ticket_code).toMatch(/^tkt_[0-9a-z]{84}$/);
    expect(first.body.expires_at).toBeNull();
    expect(first.headers.get('etag')).toBe('"2"');
    expect(first.headers.get('x-read-model')).toBe('current');
    const second = await request('POST', `${path}/confirm`, { token: customer.token });
    expect(second).toMatchObject({ status: 200, body: first.body });
  });

  it('can be done by who runs the event', async () => {
    for (const by of [organizer, admin]) {
      const { path } = await reserved({}, { status: 'pending' });
      expect(await request('POST', `${path}/confirm`, { token: by.token })).toMatchObject({ status: 200 });
    }
  });

  it('does not revive a cancelled one, nor one of a cancelled event', async () => {
    const { customer, path } = await reserved({}, { status: 'pending' });
    await request('POST', `${path}/cancel`, { token: customer.token });
    const reply = await request('POST', `${path}/confirm`, { token: customer.token });
    expect(reply).toMatchObject({ status: 409, body: { code: 'reservation_cancelled' } });
    const other = await reserved({}, { status: 'pending' });
    await request('POST', `/api/events/${other.eventId}/cancel`, { token });
    const late = await request('POST', `${other.path}/confirm`, { token: other.customer.token });
    expect(late).toMatchObject({ status: 409, body: { code: 'event_cancelled' } });
  });
});

describe('cancelling', () => {
  it('frees the seats; twice is once', async () => {
    const { customer, eventId, path } = await reserved({}, { quantity: 4 });
    const first = await request('POST', `${path}/cancel`, { token: customer.token });
    expect(first).toMatchObject({ status: 200, body: { status: 'cancelled', cancelled_by: 'holder', version: 2 } });
    expect(first.body).toMatchObject({ ticket_code: null, cancelled_at: expect.any(String) });
    expect(await seatsTaken(eventId)).toBe(0);
    const second = await request('POST', `${path}/cancel`, { token: customer.token });
    expect(second).toMatchObject({ status: 200, body: first.body });
  });

  it('says who did it', async () => {
    for (const [by, name] of [[organizer, 'organizer'] as const, [admin, 'admin'] as const]) {
      const { path } = await reserved();
      const reply = await request('POST', `${path}/cancel`, { token: by.token });
      expect(reply).toMatchObject({ status: 200, body: { cancelled_by: name } });
    }
  });

  it('is too late for the holder after the time set, never for the organizer', async () => {
    const { customer, path } = await reserved({ cancel_until: hoursFromNow(-1) });
    for (const [method, route] of [['POST', `${path}/cancel`] as const, ['DELETE', path] as const]) {
      const reply = await request(method, route, { token: customer.token });
      expect(reply).toMatchObject({ status: 409, body: { code: 'cancellation_closed' } });
    }
    expect(await request('POST', `${path}/cancel`, { token })).toMatchObject({ status: 200 });
  });
});

describe('deleting', () => {
  it('cancels an active one and removes it from sight', async () => {
    const { customer, eventId, path } = await reserved({}, { quantity: 2 });
    const reply = await request('DELETE', path, { token: customer.token });
    expect(reply).toMatchObject({ status: 204, body: '' });
    expect(reply.headers.get('x-read-model')).toBe('current');
    expect(await seatsTaken(eventId)).toBe(0);
    for (const as of [customer, organizer]) {
      const gone = { status: 404, body: { code: 'reservation_not_found' } };
      expect(await request('GET', path, { token: as.token })).toMatchObject(gone);
      expect(await request('DELETE', path, { token: as.token })).toMatchObject(gone);
    }
    expect((await request('GET', '/api/reservations', { token: customer.token })).body.items).toEqual([]);
    expect(await reserve(eventId, customer)).toMatchObject({ status: 201 });
  });

  it('is for the version that If-Match names', async () => {
    const { customer, path } = await reserved();
    const remove = (tags: string) => request('DELETE', path, { token: customer.token, headers: { 'if-match': tags } });
    expect(await remove('"2"')).toMatchObject({ status: 412, body: { code: 'version_mismatch' } });
    expect(await remove('"2", "1"')).toMatchObject({ status: 204 });
  });
});

describe.each([
  ['GET', ''],
  ['POST', '/confirm'],
  ['POST', '/cancel'],
  ['DELETE', ''],
])('%s /api/reservations/{id}%s', (method, suffix) => {
  it('needs a token', async () => {
    const { path } = await reserved();
    expect(await request(method, `${path}${suffix}`)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  });

  it('does not tell others that the reservation exists, and leaves it alone', async () => {
    const { customer, path, reservation } = await reserved({}, { status: 'pending' });
    for (const other of [await somebody(), await somebody('organizer')]) {
      const reply = await request(method, `${path}${suffix}`, { token: other.token });
      expect(reply).toMatchObject({ status: 404, body: { code: 'reservation_not_found' } });
    }
    expect((await request('GET', path, { token: customer.token })).body).toEqual(reservation);
  });

  it('knows no foreign, forged or malformed id', async () => {
    const { customer, eventId, reservation } = await reserved();
    const other = await createEvent(token);
    const ids = [
      newReservationId(newEventId()),
      newReservationId(eventId as Parameters<typeof newReservationId>[0]),
      // The reservation's own part under another event.
      reservation.id.slice(0, 4) + other.id.slice(4) + reservation.id.slice(30),
      reservation.id.toUpperCase(),
      `${reservation.id}0`,
      reservation.id.slice(0, -1),
      eventId,
      'rsv_',
      '%00',
      '%ff',
      '__proto__',
    ];
    for (const id of ids) {
      const reply = await request(method, `/api/reservations/${id}${suffix}`, { token: customer.token });
      expect(reply, id).toMatchObject({ status: 404, body: { code: 'reservation_not_found' } });
    }
  });
});

describe('reading one', () => {
  it('shows its user, the organizer and admins the same, but admins not the ticket code', async () => {
    const { customer, path, reservation, eventId } = await reserved();
    for (const as of [customer, organizer, admin]) {
      const reply = await request('GET', path, { token: as.token });
      const ticket_code = as === admin ? null : reservation.ticket_code;
      expect(reply).toMatchObject({ status: 200, body: { ...reservation, ticket_code } });
      expect(reply.headers.get('etag')).toBe('"1"');
      const list = await request('GET', `/api/events/${eventId}/reservations`, { token: organizer.token });
      expect(list.body.items).toEqual([reservation]);
    }
    const { id: adminsEvent } = await createEvent(admin.token);
    const theirs = await reserve(adminsEvent, customer);
    for (const shown of [
      await request('GET', `/api/reservations/${theirs.body.id}`, { token: admin.token }),
      await request('POST', `/api/reservations/${theirs.body.id}/confirm`, { token: admin.token }),
    ]) {
      expect(shown).toMatchObject({ status: 200, body: { ticket_code: theirs.body.ticket_code } });
    }
    const adminsList = await request('GET', `/api/events/${adminsEvent}/reservations`, { token: admin.token });
    expect(adminsList.body.items).toEqual([theirs.body]);
    const own = await reserve(eventId, admin);
    expect(own.body.ticket_code).toMatch(/^tkt_/);
    const list = await request('GET', `/api/events/${eventId}/reservations`, { token: admin.token });
    expect(list.body.items).toEqual([own.body, { ...reservation, ticket_code: null }]);
  });

  it('answers 304 until something happens to it', async () => {
    const { customer, path } = await reserved({}, { status: 'pending' });
    const call = { token: customer.token, headers: { 'if-none-match': '"1"' } };
    expect(await request('GET', path, call)).toMatchObject({ status: 304, body: '' });
    await request('POST', `${path}/confirm`, { token: customer.token });
    expect(await request('GET', path, call)).toMatchObject({ status: 200, body: { status: 'confirmed' } });
  });
});
