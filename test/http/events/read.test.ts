import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { newEventId } from '../../../src/http/ids.ts';
import { request, somebody } from '../../support/api.ts';
import { createEvent, HOUR_MS, invalid, projectEvent } from '../../support/events.ts';
import { MINUTE_MS, minutesLater } from '../../support/reservations.ts';

const { token } = await somebody('organizer');
const admin = await somebody('admin');
const customer = await somebody();

const get = (id: string, headers: Record<string, string> = {}) => request('GET', `/api/events/${id}`, { headers });

describe('reading an event', () => {
  it('needs no token, and a bad one is refused', async () => {
    const event = await createEvent(token);
    expect(await get(event.id)).toMatchObject({ status: 200, body: event });
    expect(await get(event.id, { authorization: 'Bearer x.y.z' })).toMatchObject({ status: 401 });
  });

  it('tolerates a trailing slash', async () => {
    const event = await createEvent(token);
    expect(await get(`${event.id}/`)).toMatchObject({ status: 200, body: { id: event.id } });
  });

  it('shows a draft, and an event cancelled before it was ever public, to its organizer and admins only', async () => {
    const event = await createEvent(token, { status: 'draft' });
    for (const status of ['draft', 'cancelled']) {
      for (const reader of [token, admin.token]) {
        const reply = await request('GET', `/api/events/${event.id}`, { token: reader });
        expect(reply).toMatchObject({ status: 200, body: { status } });
      }
      for (const reader of [{}, { token: customer.token }, { token: (await somebody('organizer')).token }]) {
        const reply = await request('GET', `/api/events/${event.id}`, reader);
        expect(reply).toMatchObject({ status: 404, body: { code: 'event_not_found' } });
      }
      await request('POST', `/api/events/${event.id}/cancel`, { token });
    }
  });

  it('goes on showing an event that was public and is cancelled', async () => {
    const event = await createEvent(token);
    await request('POST', `/api/events/${event.id}/cancel`, { token });
    expect(await get(event.id)).toMatchObject({ status: 200, body: { status: 'cancelled' } });
  });

  it('asks the actor for an event that the read model does not have yet', async () => {
    const published = await createEvent(token);
    const draft = await createEvent(token, { status: 'draft' });
    await env.DB.prepare('DELETE FROM events').run();
    expect(await get(published.id)).toMatchObject({ status: 200, body: published });
    expect(await get(draft.id)).toMatchObject({ status: 404 });
    expect((await request('GET', `/api/events/${draft.id}`, { token })).body).toEqual(draft);
  });

  it.each([
    newEventId(),
    'evt_1',
    'EVT_',
    'x'.repeat(5000),
    '%00',
    '%ff%fe',
    '..%2f..',
    "'--",
    '__proto__',
    '💥',
  ])('knows no event %s', async (id) => {
    expect(await get(id)).toMatchObject({ status: 404, body: { code: 'event_not_found' } });
    expect(await get(`${id}/availability`)).toMatchObject({ status: 404, body: { code: 'event_not_found' } });
  });

  it('tells by the clock whether it is past or going on', async () => {
    const now = Date.now();
    const past = await projectEvent({ startTime: now - 2 * HOUR_MS, endTime: now - HOUR_MS });
    const ongoing = await projectEvent({ startTime: now - HOUR_MS, endTime: now + HOUR_MS });
    expect((await get(past.id)).body).toMatchObject({ is_past: true, is_ongoing: false });
    expect((await get(ongoing.id)).body).toMatchObject({ is_past: false, is_ongoing: true });
  });
});

describe('the entity tag', () => {
  it('answers 304 until anything in the answer changes', async () => {
    const event = await createEvent(token);
    const tag = (await get(event.id)).headers.get('etag') ?? '';
    const same = await get(event.id, { 'if-none-match': tag });
    expect(same).toMatchObject({ status: 304, body: '' });
    expect(same.headers.get('etag')).toBe(tag);
    expect(await get(event.id, { 'if-none-match': `"x", W/${tag}` })).toMatchObject({ status: 304 });
    await request('POST', `/api/events/${event.id}/reservations`, { token });
    expect(await get(event.id, { 'if-none-match': tag })).toMatchObject({ status: 200, body: { reserved_slots: 1 } });
  });

  it('changes when the event starts and when it ends, though no fact says so', async () => {
    const event = await projectEvent({ startTime: Date.now() + MINUTE_MS, endTime: Date.now() + 3 * MINUTE_MS });
    const tags = new Set<string | null>();
    for (const minutes of [0, 2, 4]) {
      await minutesLater(minutes, async () => tags.add((await get(event.id)).headers.get('etag')));
    }
    expect(tags.size).toBe(3);
  });

  it.each(['garbage', '"', '"1"', ''])('If-None-Match of %s matches nothing', async (header) => {
    const event = await createEvent(token);
    expect(await get(event.id, { 'if-none-match': header })).toMatchObject({ status: 200 });
  });
});

describe('the bookmark', () => {
  it('of one answer is taken by the next', async () => {
    const made = await request('POST', '/api/events', {
      token,
      body: { title: 'x', start_time: '2099-01-01T00:00:00Z', end_time: '2099-01-02T00:00:00Z', capacity: 1 },
    });
    const sent = made.headers.get('x-d1-bookmark') ?? '';
    const reply = await request('GET', '/api/events?mine=true', { token, headers: { 'x-d1-bookmark': sent } });
    expect(reply.status).toBe(200);
    expect(reply.headers.get('x-d1-bookmark')).toMatch(/^[0-9a-f]{8}-/);
  });

  it('is given by an actor too that has slept since it wrote to D1, and taken', async () => {
    const { id } = await createEvent(token);
    const actor = env.EVENT_ACTOR.get(env.EVENT_ACTOR.idFromName(id));
    // It notes that D1 has it all, and wakes with nothing to write there.
    await runDurableObjectAlarm(actor);
    await evictDurableObject(actor);
    const again = await request('POST', `/api/events/${id}/publish`, { token });
    const sent = again.headers.get('x-d1-bookmark') ?? '';
    expect([again.status, again.headers.get('x-read-model'), sent]).toEqual([200, 'current', 'first-primary']);
    const { items } = (await request('GET', '/api/events?mine=true', { token, headers: { 'x-d1-bookmark': sent } }))
      .body;
    expect(items).toContainEqual(again.body);
  });

  it.each([
    'garbage',
    'first-unconstrained',
    "'; drop table events",
    '0'.repeat(5000),
  ])('%s is refused', async (sent) => {
    const event = await createEvent(token);
    const refused = invalid(['/X-D1-Bookmark', 'invalid_format']);
    expect(await get(event.id, { 'x-d1-bookmark': sent })).toMatchObject(refused);
    expect(await request('GET', '/api/events', { headers: { 'x-d1-bookmark': sent } })).toMatchObject(refused);
  });
});

describe('availability', () => {
  it('counts seats as they are now, for everybody', async () => {
    const event = await createEvent(token, { capacity: 5 });
    const body = { quantity: 2, status: 'pending' };
    await request('POST', `/api/events/${event.id}/reservations`, { token: customer.token, body });
    expect(await get(`${event.id}/availability`)).toMatchObject({
      status: 200,
      body: {
        event_id: event.id,
        seq: 2,
        status: 'published',
        capacity: 5,
        reserved_slots: 2,
        available_slots: 3,
        waitlisted: 0,
      },
    });
  });

  it('of a draft is its organizer’s', async () => {
    const event = await createEvent(token, { status: 'draft' });
    expect(await get(`${event.id}/availability`)).toMatchObject({ status: 404, body: { code: 'event_not_found' } });
    expect(await request('GET', `/api/events/${event.id}/availability`, { token })).toMatchObject({ status: 200 });
  });
});
