import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { signAccessToken } from '../../../src/http/auth.ts';
import { newVenueId } from '../../../src/http/ids.ts';
import { request, somebody } from '../../support/api.ts';
import { allPages, createEvent, eventBody, hoursFromNow, invalid } from '../../support/events.ts';
import { minutesLater } from '../../support/reservations.ts';
import { createVenue } from '../../support/venues.ts';

const { token, userId } = await somebody('organizer');
const other = await somebody('organizer');

// biome-ignore lint/suspicious/noExplicitAny: as `Reply`
let venue: any;
beforeEach(async () => {
  await env.DB.prepare('DELETE FROM events').run();
  venue = await createVenue(other.token, { capacity: 50, country_code: 'DE' });
});

const shown = (of: Record<string, unknown>) => ({
  id: of.id,
  name: of.name,
  location: of.location,
  country_code: of.country_code,
});
const post = (over: Record<string, unknown>) => request('POST', '/api/events', { token, body: eventBody(over) });

describe('an event at a venue', () => {
  it('shows it, and its country, wherever the event is answered', async () => {
    const event = await createEvent(token, { venue_id: venue.id });
    expect(event).toMatchObject({ venue: shown(venue), country_code: 'DE' });
    expect((await request('GET', `/api/events/${event.id}`)).body).toEqual(event);
    expect((await request('GET', '/api/events')).body.items).toEqual([event]);
    const cancelled = await request('POST', `/api/events/${event.id}/cancel`, { token });
    expect(cancelled.body).toMatchObject({ venue: shown(venue), country_code: 'DE' });
  });

  it('follows the venue when that is changed, its ETag too', async () => {
    const event = await createEvent(token, { venue_id: venue.id });
    const before = await request('GET', `/api/events/${event.id}`);
    await request('PATCH', `/api/venues/${venue.id}`, {
      token: other.token,
      body: { name: 'New', country_code: 'AT' },
    });
    const headers = { 'if-none-match': before.headers.get('etag') ?? '' };
    const after = await request('GET', `/api/events/${event.id}`, { headers });
    expect(after).toMatchObject({ status: 200, body: { venue: { name: 'New' }, country_code: 'AT', version: 1 } });
    expect((await allPages('/api/events?country=AT', 5)).map(({ id }) => id)).toEqual([event.id]);
    expect(await allPages('/api/events?country=DE', 5)).toEqual([]);
    const edit = { token, body: { title: 'x' }, headers: { 'if-match': before.headers.get('etag') ?? '' } };
    expect((await request('PATCH', `/api/events/${event.id}`, edit)).status).toBe(200);
  });

  it('has no more seats than the venue, whenever either is said', async () => {
    const tooLarge = invalid(['/capacity', 'above_venue_capacity']);
    expect(await post({ venue_id: venue.id, capacity: 51 })).toMatchObject(tooLarge);
    const event = await createEvent(token, { venue_id: venue.id, capacity: 50 });
    const patch = (body: unknown) => request('PATCH', `/api/events/${event.id}`, { token, body });
    expect(await patch({ capacity: 51 })).toMatchObject(tooLarge);
    const small = await createVenue(token, { capacity: 49 });
    expect(await patch({ venue_id: small.id })).toMatchObject(tooLarge);
    const put = await request('PUT', `/api/events/${event.id}`, {
      token,
      body: eventBody({ venue_id: small.id, capacity: 50 }),
    });
    expect(put).toMatchObject(tooLarge);
    expect(await patch({ title: 'x' })).toMatchObject({ status: 200 });
    expect(await patch({ venue_id: small.id, capacity: 49 })).toMatchObject({ status: 200 });
    expect(await patch({ capacity: 50, venue_id: null })).toMatchObject({ status: 200, body: { venue: null } });
    expect(await patch({ capacity: 1000 })).toMatchObject({ status: 200 });
    expect(await patch({ venue_id: venue.id })).toMatchObject(tooLarge);
  });

  it('is judged by the venue anew when it had ended and is to come again', async () => {
    const soon = { start_time: hoursFromNow(0.1), end_time: hoursFromNow(0.2) };
    const event = await createEvent(token, { ...soon, venue_id: venue.id, capacity: 50 });
    await minutesLater(14, async () => {
      const fresh = await signAccessToken(env.JWT_SECRET, { userId: other.userId, role: 'organizer' });
      const mine = await signAccessToken(env.JWT_SECRET, { userId, role: 'organizer' });
      const ofVenue = (method: string, body?: unknown) =>
        request(method, `/api/venues/${venue.id}`, { token: fresh, ...(body !== undefined && { body }) });
      const patch = (body: unknown) => request('PATCH', `/api/events/${event.id}`, { token: mine, body });
      const again = { start_time: hoursFromNow(1), end_time: hoursFromNow(2) };
      expect((await ofVenue('PATCH', { capacity: 10 })).status).toBe(200);
      expect(await patch({ title: 'It was' })).toMatchObject({ status: 200 });
      expect(await patch(again)).toMatchObject(invalid(['/capacity', 'above_venue_capacity']));
      expect((await ofVenue('DELETE')).status).toBe(204);
      expect(await patch(again)).toMatchObject(invalid(['/venue_id', 'venue_not_found']));
      expect(await patch({ ...again, venue_id: null })).toMatchObject({ status: 200, body: { venue: null } });
    });
  });

  it('goes on as a draft when its time is past and its venue gone, and may come later', async () => {
    const soon = { start_time: hoursFromNow(0.1), end_time: hoursFromNow(0.2) };
    const draft = await createEvent(token, { ...soon, venue_id: venue.id, status: 'draft' });
    expect((await request('DELETE', `/api/venues/${venue.id}`, { token: other.token })).status).toBe(204);
    await minutesLater(14, async () => {
      const mine = await signAccessToken(env.JWT_SECRET, { userId, role: 'organizer' });
      const body = { start_time: hoursFromNow(1), end_time: hoursFromNow(2) };
      const later = await request('PATCH', `/api/events/${draft.id}`, { token: mine, body });
      expect(later).toMatchObject({ status: 200, body });
    });
  });

  it('may grow after its venue did', async () => {
    const event = await createEvent(token, { venue_id: venue.id, capacity: 50 });
    await request('PATCH', `/api/venues/${venue.id}`, { token: other.token, body: { capacity: 60 } });
    const grown = await request('PATCH', `/api/events/${event.id}`, { token, body: { capacity: 60 } });
    expect(grown).toMatchObject({ status: 200, body: { capacity: 60 } });
  });

  it('is in the country of the venue, which may be repeated but not contradicted', async () => {
    expect((await post({ venue_id: venue.id, country_code: 'DE' })).body.country_code).toBe('DE');
    const contradicted = invalid(['/country_code', 'not_venue_country']);
    expect(await post({ venue_id: venue.id, country_code: 'FR' })).toMatchObject(contradicted);
    const event = await createEvent(token, { venue_id: venue.id });
    const patch = (body: unknown) => request('PATCH', `/api/events/${event.id}`, { token, body });
    expect(await patch({ country_code: 'FR' })).toMatchObject(contradicted);
    expect(await patch({ country_code: 'DE' })).toMatchObject({ status: 200, body: { version: 1 } });
    expect((await patch({ venue_id: null, country_code: 'FR' })).body).toMatchObject({
      venue: null,
      country_code: 'FR',
    });
    expect((await patch({ venue_id: null })).body.country_code).toBe('FR');
    expect((await patch({ venue_id: venue.id })).body.country_code).toBe('DE');
    expect((await patch({ venue_id: null })).body.country_code).toBeNull();
  });

  it.each([
    ['an unknown venue', { venue_id: newVenueId() }, '/venue_id', 'venue_not_found'],
    ['a malformed venue', { venue_id: '7' }, '/venue_id', 'invalid_format'],
    ['a venue that is an object', { venue_id: {} }, '/venue_id', 'invalid_type'],
    ['an unknown country', { country_code: 'ZZ' }, '/country_code', 'unknown_country'],
  ])('refuses %s', async (_, over, pointer, code) => {
    expect(await post(over)).toMatchObject(invalid([pointer, code]));
    const event = await createEvent(token);
    const edit = await request('PATCH', `/api/events/${event.id}`, { token, body: over });
    expect(edit).toMatchObject(invalid([pointer, code]));
  });

  it('is judged by the venue that it has, though edits come in at once', async () => {
    const event = await createEvent(token, { capacity: 10 });
    const patch = (body: unknown) => request('PATCH', `/api/events/${event.id}`, { token, body });
    await Promise.all([patch({ venue_id: venue.id }), patch({ capacity: 60 }), patch({ capacity: 70 })]);
    const { body } = await request('GET', `/api/events/${event.id}`);
    expect(body.venue === null || body.capacity <= 50).toBe(true);
  });

  it('tells strangers nothing about a draft', async () => {
    const draft = await createEvent(token, { venue_id: venue.id, status: 'draft' });
    for (const body of [{ capacity: 51 }, { country_code: 'FR' }]) {
      const reply = await request('PATCH', `/api/events/${draft.id}`, { token: other.token, body });
      expect(reply).toMatchObject({ status: 404, body: { code: 'event_not_found' } });
    }
  });
});

describe('filters by place', () => {
  const titles = async (query: string, as?: string) =>
    (await allPages(`/api/events${query}`, 2, as)).map(({ title }) => title);

  it('find events at a venue and in a country, their own or the venue’s, in order', async () => {
    const vienna = await createVenue(token, { country_code: 'AT' });
    const at = (hours: number) => ({ start_time: hoursFromNow(hours), end_time: hoursFromNow(hours + 1) });
    await createEvent(token, { ...at(4), title: '4', venue_id: venue.id, tags: ['jazz'] });
    await createEvent(token, { ...at(2), title: '2', country_code: 'de' });
    await createEvent(token, { ...at(3), title: '3', venue_id: vienna.id, tags: ['jazz'] });
    await createEvent(token, { ...at(1), title: '1', venue_id: venue.id, status: 'draft' });
    await createEvent(token, { ...at(5), title: '5 words' });
    expect(await titles('?country=DE')).toEqual(['2', '4']);
    expect(await titles('?country=de&sort=-start_time')).toEqual(['4', '2']);
    expect(await titles('?country=AT')).toEqual(['3']);
    expect(await titles('?country=FR')).toEqual([]);
    expect(await titles('?country=DE&tag=jazz')).toEqual(['4']);
    expect(await titles('?country=DE&q=2')).toEqual(['2']);
    expect(await titles('?country=DE&q=words')).toEqual([]);
    expect(await titles(`?country=DE&venue_id=${venue.id}`)).toEqual(['4']);
    expect(await titles(`?venue_id=${venue.id}`)).toEqual(['4']);
    expect(await titles(`?venue_id=${venue.id}&mine=true`, token)).toEqual(['1', '4']);
    expect(await titles(`?venue_id=${newVenueId()}`)).toEqual([]);
    expect(await titles('?country=DE&when=past')).toEqual([]);
  });
});
