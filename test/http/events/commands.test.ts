import { describe, expect, it } from 'vitest';
import { newEventId } from '../../../src/http/ids.ts';
import { signUp } from '../../support/accounts.ts';
import { request, somebody } from '../../support/api.ts';
import { createEvent, eventBody, hoursFromNow, invalid } from '../../support/events.ts';
import { minutesLater } from '../../support/reservations.ts';

const organizer = await somebody('organizer');
const { token } = organizer;
const rival = await somebody('organizer');
const customer = await somebody();
const admin = await somebody('admin');

const reserve = (id: string, quantity: number, by = customer) =>
  request('POST', `/api/events/${id}/reservations`, { token: by.token, body: { quantity } });

/** Commands on one event that only its organizer and admins may give. */
const COMMANDS: [string, string, unknown][] = [
  ['PATCH', '', { title: 'Mine now' }],
  ['PUT', '', eventBody()],
  ['DELETE', '', undefined],
  ['POST', '/publish', undefined],
  ['POST', '/cancel', undefined],
];

describe('creating', () => {
  it('makes a draft with every default, and says where it is', async () => {
    const body = eventBody();
    const reply = await request('POST', '/api/events', { token, body });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.stringMatching(/^evt_/),
      organizer_id: organizer.userId,
      title: 'Concert',
      description: '',
      start_time: body.start_time,
      end_time: body.end_time,
      time_zone: 'UTC',
      capacity: 10,
      reserved_slots: 0,
      available_slots: 10,
      waitlisted: 0,
      is_full: false,
      is_past: false,
      is_ongoing: false,
      status: 'draft',
      venue: null,
      country_code: null,
      price: null,
      tags: [],
      max_quantity: 10,
      requires_confirmation: false,
      hold_minutes: 15,
      reservations_open_at: null,
      reservations_close_at: body.start_time,
      cancel_until: body.start_time,
      created_at: expect.any(String),
      updated_at: reply.body.created_at,
      version: 1,
    });
    expect(reply.headers.get('location')).toBe(`/api/events/${reply.body.id}`);
    expect(reply.headers.get('etag')).toBe('"1-1-upcoming"');
    expect(reply.headers.get('x-read-model')).toBe('current');
    expect(reply.headers.get('x-d1-bookmark')).toMatch(/^[0-9a-f]{8}-/);
  });

  it('publishes at once when asked to', async () => {
    expect(await createEvent(token, { status: 'published' })).toMatchObject({ status: 'published', version: 1 });
  });

  it('cannot make a cancelled event', async () => {
    const body = eventBody({ status: 'cancelled' });
    expect(await request('POST', '/api/events', { token, body })).toMatchObject(invalid(['/status', 'invalid_value']));
  });

  it('needs a token', async () => {
    const reply = await request('POST', '/api/events', { body: eventBody() });
    expect(reply).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  });

  it('judges who asks before what they ask', async () => {
    expect(await request('POST', '/api/events', { body: {} })).toMatchObject({ status: 401 });
  });

  it('is not for customers', async () => {
    const reply = await request('POST', '/api/events', { token: customer.token, body: eventBody() });
    expect(reply).toMatchObject({ status: 403, body: { code: 'organizer_required' } });
    expect((await request('GET', '/api/events?mine=true', { token: customer.token })).body.items).toEqual([]);
  });

  it('is for one who became an organizer after the token was given', async () => {
    const { access_token } = (await signUp({ role: 'customer' })).body;
    const body = { organization_name: 'Newly founded' };
    expect(await request('PUT', '/api/me/organizer', { token: access_token, body })).toMatchObject({ status: 200 });
    expect(await request('POST', '/api/events', { token: access_token, body: eventBody() })).toMatchObject({
      status: 201,
    });
  });
});

describe('editing', () => {
  it('PATCH changes what it names and leaves the rest', async () => {
    const event = await createEvent(token, { tags: ['a'], price: { amount: 5, currency: 'EUR' }, hold_minutes: 5 });
    const reply = await request('PATCH', `/api/events/${event.id}`, {
      token,
      body: { title: 'New', price: null, cancel_until: event.end_time, hold_minutes: 30 },
    });
    expect(reply.status).toBe(200);
    expect(reply.headers.get('x-read-model')).toBe('current');
    const { updated_at, ...same } = event;
    expect(reply.body).toEqual({
      ...same,
      title: 'New',
      price: null,
      cancel_until: event.end_time,
      hold_minutes: 30,
      version: 2,
      updated_at: expect.any(String),
    });
    expect((await request('GET', `/api/events/${event.id}`)).body).toEqual(reply.body);
  });

  it('PUT gives what it leaves out its default', async () => {
    const event = await createEvent(token, { tags: ['a'], description: 'x', time_zone: 'Asia/Tokyo', max_quantity: 2 });
    const body = eventBody({ title: 'New' });
    const reply = await request('PUT', `/api/events/${event.id}`, { token, body });
    expect(reply).toMatchObject({
      status: 200,
      body: { title: 'New', tags: [], description: '', time_zone: 'UTC', max_quantity: 10, version: 2 },
    });
  });

  it('neither takes a status', async () => {
    const event = await createEvent(token);
    for (const [method, body] of [['PATCH', {}] as const, ['PUT', eventBody()] as const]) {
      const reply = await request(method, `/api/events/${event.id}`, { token, body: { ...body, status: 'draft' } });
      expect(reply).toMatchObject(invalid(['/status', 'unknown_field']));
    }
  });

  it('an edit that changes nothing is answered with the same version', async () => {
    const event = await createEvent(token, { tags: ['a', 'b'] });
    for (const body of [{}, { title: 'Concert', tags: ['B', 'a', 'b'].slice(1) }]) {
      expect(await request('PATCH', `/api/events/${event.id}`, { token, body })).toMatchObject({ body: event });
    }
  });

  it('capacity cannot go below the seats taken, and the refusal says how low it can', async () => {
    const event = await createEvent(token);
    await reserve(event.id, 4);
    for (const [method, body] of [['PATCH', { capacity: 3 }] as const, ['PUT', eventBody({ capacity: 3 })] as const]) {
      const below = await request(method, `/api/events/${event.id}`, { token, body });
      expect(below).toMatchObject({ status: 409, body: { code: 'capacity_below_reserved', minimum: 4 } });
    }
    const just = await request('PATCH', `/api/events/${event.id}`, { token, body: { capacity: 4 } });
    expect(just).toMatchObject({ status: 200, body: { capacity: 4, available_slots: 0, is_full: true } });
  });

  it('a cancelled event stays as it is', async () => {
    const event = await createEvent(token);
    await request('POST', `/api/events/${event.id}/cancel`, { token });
    for (const [method, body] of [
      ['PATCH', { title: 'New' }] as const,
      ['PUT', eventBody({ title: 'New' })] as const,
    ]) {
      const reply = await request(method, `/api/events/${event.id}`, { token, body });
      expect(reply).toMatchObject({ status: 409, body: { code: 'event_cancelled' } });
    }
  });
});

describe('If-Match', () => {
  const edit = (id: string, ifMatch: string, title: string) =>
    request('PATCH', `/api/events/${id}`, { token, body: { title }, headers: { 'if-match': ifMatch } });

  it('lets the version through that it names, and no other', async () => {
    const event = await createEvent(token);
    const first = await edit(event.id, '"1-1-upcoming"', 'Second');
    expect(first).toMatchObject({ status: 200, body: { version: 2 } });
    const stale = await edit(event.id, '"1-1-upcoming"', 'Third');
    expect(stale).toMatchObject({ status: 412, body: { code: 'version_mismatch' } });
    const fresh = first.headers.get('etag') ?? '';
    expect(await edit(event.id, fresh, 'Fourth')).toMatchObject({ status: 200, body: { version: 3 } });
  });

  it('takes a bare version, a weak tag, a list and a star', async () => {
    const event = await createEvent(token);
    for (const [index, header] of ['"1"', 'W/"2-2-upcoming"', '"1", "3-3", "9"', '*'].entries()) {
      expect(await edit(event.id, header, `Title ${index}`)).toMatchObject({ status: 200 });
    }
    expect(await edit(event.id, '"1", "3-3"', 'Late')).toMatchObject({ status: 412 });
  });

  it('a rush of reservations does not fail an edit', async () => {
    const event = await createEvent(token);
    await reserve(event.id, 2);
    expect(await edit(event.id, '"1-1-upcoming"', 'New')).toMatchObject({ status: 200, body: { reserved_slots: 2 } });
  });

  it.each([
    '1',
    '"x"',
    '"',
    ',,,',
    'W/',
    '"99999999999999999999"',
    '"0"',
    '"1.5"',
  ])('garbage (%s) matches nothing', async (garbage) => {
    const event = await createEvent(token);
    expect(await edit(event.id, garbage, 'New')).toMatchObject({ status: 412, body: { code: 'version_mismatch' } });
  });

  it('guards PUT and DELETE as well', async () => {
    const event = await createEvent(token);
    const stale = { token, headers: { 'if-match': '"7"' } };
    expect(await request('PUT', `/api/events/${event.id}`, { ...stale, body: eventBody() })).toMatchObject({
      status: 412,
    });
    expect(await request('DELETE', `/api/events/${event.id}`, stale)).toMatchObject({ status: 412 });
    const fresh = { token, headers: { 'if-match': '"1-1-upcoming"' } };
    expect(await request('DELETE', `/api/events/${event.id}`, fresh)).toMatchObject({ status: 204 });
  });

  it('tells nobody about versions who may not edit', async () => {
    const event = await createEvent(token, { status: 'draft' });
    const call = { token: rival.token, body: { title: 'x' }, headers: { 'if-match': '"7", "8"' } };
    expect(await request('PATCH', `/api/events/${event.id}`, call)).toMatchObject({ status: 404 });
  });
});

describe('publishing', () => {
  it('shows a draft to everybody; twice is once', async () => {
    const event = await createEvent(token, { status: 'draft' });
    expect(await request('GET', `/api/events/${event.id}`)).toMatchObject({ status: 404 });
    const first = await request('POST', `/api/events/${event.id}/publish`, { token });
    expect(first).toMatchObject({ status: 200, body: { status: 'published', version: 2 } });
    expect(first.headers.get('x-read-model')).toBe('current');
    const second = await request('POST', `/api/events/${event.id}/publish`, { token });
    expect(second).toMatchObject({ status: 200, body: first.body });
    expect(await request('GET', `/api/events/${event.id}`)).toMatchObject({ status: 200 });
  });

  it('does not revive a cancelled event', async () => {
    const event = await createEvent(token, { status: 'draft' });
    await request('POST', `/api/events/${event.id}/cancel`, { token });
    const reply = await request('POST', `/api/events/${event.id}/publish`, { token });
    expect(reply).toMatchObject({ status: 409, body: { code: 'event_cancelled' } });
  });

  it('comes too late once the event has started', async () => {
    const event = await createEvent(token, { status: 'draft', start_time: hoursFromNow(1 / 60) });
    await minutesLater(2, async () => {
      const reply = await request('POST', `/api/events/${event.id}/publish`, { token });
      expect(reply).toMatchObject({ status: 409, body: { code: 'event_started' } });
    });
  });
});

describe('cancelling', () => {
  it('ends the event and its reservations; twice is once', async () => {
    const event = await createEvent(token);
    const { body: reservation } = await reserve(event.id, 2);
    const first = await request('POST', `/api/events/${event.id}/cancel`, { token });
    expect(first).toMatchObject({ status: 200, body: { status: 'cancelled', reserved_slots: 0 } });
    const second = await request('POST', `/api/events/${event.id}/cancel`, { token });
    expect(second).toMatchObject({ status: 200, body: { status: 'cancelled', version: first.body.version } });
    const after = await request('GET', `/api/reservations/${reservation.id}`, { token: customer.token });
    expect(after.body).toMatchObject({ status: 'cancelled', cancelled_by: 'organizer', ticket_code: null });
  });
});

describe('deleting', () => {
  it('removes an event without seats taken, for good', async () => {
    const event = await createEvent(token);
    const reply = await request('DELETE', `/api/events/${event.id}`, { token });
    expect(reply).toMatchObject({ status: 204, body: '' });
    expect(reply.headers.get('x-read-model')).toBe('current');
    const gone = { status: 404, body: { code: 'event_not_found' } };
    expect(await request('GET', `/api/events/${event.id}`, { token })).toMatchObject(gone);
    expect(await request('GET', `/api/events/${event.id}/availability`, { token })).toMatchObject(gone);
    expect(await request('DELETE', `/api/events/${event.id}`, { token })).toMatchObject(gone);
    expect(await reserve(event.id, 1)).toMatchObject(gone);
  });

  it('is refused while somebody has a seat', async () => {
    const event = await createEvent(token);
    const { body: reservation } = await reserve(event.id, 1);
    const refused = await request('DELETE', `/api/events/${event.id}`, { token });
    expect(refused).toMatchObject({ status: 409, body: { code: 'event_has_reservations' } });
    await request('POST', `/api/reservations/${reservation.id}/cancel`, { token: customer.token });
    expect(await request('DELETE', `/api/events/${event.id}`, { token })).toMatchObject({ status: 204 });
  });
});

describe.each(COMMANDS)('%s /api/events/{id}%s', (method, suffix, body) => {
  it('needs a token', async () => {
    const event = await createEvent(token);
    expect(await request(method, `/api/events/${event.id}${suffix}`, { body })).toMatchObject({ status: 401 });
  });

  it('is not for others: they learn of a published event, not of a draft', async () => {
    const published = await createEvent(token);
    const draft = await createEvent(token, { status: 'draft' });
    for (const other of [rival, customer]) {
      expect(await request(method, `/api/events/${published.id}${suffix}`, { token: other.token, body })).toMatchObject(
        { status: 403, body: { code: 'not_organizer' } },
      );
      expect(await request(method, `/api/events/${draft.id}${suffix}`, { token: other.token, body })).toMatchObject({
        status: 404,
        body: { code: 'event_not_found' },
      });
    }
    expect((await request('GET', `/api/events/${published.id}`)).body).toEqual(published);
    expect((await request('GET', `/api/events/${draft.id}`, { token })).body).toEqual(draft);
  });

  it('is for admins', async () => {
    const event = await createEvent(token);
    const reply = await request(method, `/api/events/${event.id}${suffix}`, { token: admin.token, body });
    expect(reply.status).toBe(method === 'DELETE' ? 204 : 200);
  });

  it.each([
    newEventId(),
    'evt_1',
    'evt_',
    'nonsense',
    `${newEventId()}0`,
    '%00',
    '%ff',
    '..%2f',
    'rsv_x',
    '__proto__',
  ])('knows no event %s', async (id) => {
    const reply = await request(method, `/api/events/${id}${suffix}`, { token, body });
    expect(reply).toMatchObject({ status: 404, body: { code: 'event_not_found' } });
  });
});

it('times are judged by the actor, so an edit may keep a start that has passed', async () => {
  const event = await createEvent(token, { start_time: hoursFromNow(1 / 60) });
  const body = { title: 'Running', end_time: hoursFromNow(30) };
  await minutesLater(2, async () => {
    const reply = await request('PATCH', `/api/events/${event.id}`, { token, body });
    expect(reply).toMatchObject({ status: 200, body: { title: 'Running', is_ongoing: true } });
  });
});
