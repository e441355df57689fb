import { beforeAll, describe, expect, it } from 'vitest';
import { newVenueId } from '../../../src/http/ids.ts';
import { signUp } from '../../support/accounts.ts';
import { request, somebody } from '../../support/api.ts';
import { allPages, createEvent, hoursFromNow, invalid, projectEvent } from '../../support/events.ts';
import { createVenue, venueBody } from '../../support/venues.ts';

const owner = await somebody('organizer');
const { token } = owner;
const other = await somebody('organizer');
const customer = await somebody();
const admin = await somebody('admin');
const path = (venue: { id: string }) => `/api/venues/${venue.id}`;

describe('creating a venue', () => {
  it('makes the organizer its owner', async () => {
    const body = venueBody({ facilities: ['bar', ' cloakroom ', 'bar'], country_code: 'de' });
    const reply = await request('POST', '/api/venues', { token, body });
    expect(reply.status).toBe(201);
    expect(reply.headers.get('location')).toBe(path(reply.body));
    expect(reply.headers.get('etag')).toBe('"1"');
    expect(reply.headers.get('x-d1-bookmark')).toEqual(expect.any(String));
    expect(reply.body).toEqual({
      id: expect.stringMatching(/^ven_/),
      owner_id: owner.userId,
      name: 'Tempodrom',
      location: 'Berlin',
      capacity: 100,
      facilities: ['bar', 'cloakroom'],
      country_code: 'DE',
      created_at: expect.stringMatching(/Z$/),
      updated_at: reply.body.created_at,
      version: 1,
    });
    expect((await request('GET', path(reply.body))).body).toEqual(reply.body);
  });

  it('is for admins too, and for whoever became an organizer after the token was made', async () => {
    expect((await request('POST', '/api/venues', { token: admin.token, body: venueBody() })).status).toBe(201);
    const { access_token } = (await signUp()).body;
    const become = { organization_name: 'Ada & Co' };
    await request('PUT', '/api/me/organizer', { token: access_token, body: become });
    expect((await request('POST', '/api/venues', { token: access_token, body: venueBody() })).status).toBe(201);
  });

  it('is not for customers, nor for the anonymous', async () => {
    const refused = await request('POST', '/api/venues', { token: customer.token, body: venueBody() });
    expect(refused).toMatchObject({ status: 403, body: { code: 'organizer_required' } });
    expect((await request('POST', '/api/venues', { body: venueBody() })).status).toBe(401);
  });

  it.each([
    ['no name', { name: undefined }, '/name', 'required'],
    ['a blank name', { name: ' ' }, '/name', 'too_small'],
    ['a name of control characters', { name: 'a\u0007b' }, '/name', 'invalid_text'],
    ['a name with a lone surrogate', { name: 'a\ud800' }, '/name', 'invalid_text'],
    ['a name of 201 characters', { name: 'x'.repeat(201) }, '/name', 'too_big'],
    ['no location', { location: undefined }, '/location', 'required'],
    ['a location of 301 characters', { location: 'x'.repeat(301) }, '/location', 'too_big'],
    ['no capacity', { capacity: undefined }, '/capacity', 'required'],
    ['no room', { capacity: 0 }, '/capacity', 'too_small'],
    ['negative room', { capacity: -1 }, '/capacity', 'too_small'],
    ['half a seat', { capacity: 1.5 }, '/capacity', 'invalid_type'],
    ['room in words', { capacity: '100' }, '/capacity', 'invalid_type'],
    ['room for more than a million', { capacity: 1_000_001 }, '/capacity', 'too_big'],
    ['no country', { country_code: undefined }, '/country_code', 'required'],
    ['an unknown country', { country_code: 'ZZ' }, '/country_code', 'unknown_country'],
    ['a country by name', { country_code: 'Germany' }, '/country_code', 'unknown_country'],
    ['facilities that are a text', { facilities: 'bar' }, '/facilities', 'invalid_type'],
    ['a blank facility', { facilities: ['bar', ' '] }, '/facilities/1', 'too_small'],
    ['31 facilities', { facilities: Array.from({ length: 31 }, (_, i) => `f${i}`) }, '/facilities', 'too_big'],
    ['an owner', { owner_id: 'usr_1' }, '/owner_id', 'unknown_field'],
  ])('refuses %s', async (_, over, pointer, code) => {
    const reply = await request('POST', '/api/venues', { token, body: venueBody(over) });
    expect(reply).toMatchObject(invalid([pointer, code]));
  });

  it('refuses what is no JSON', async () => {
    const reply = await request('POST', '/api/venues', { token, raw: '{"name":' });
    expect(reply).toMatchObject({ status: 400, body: { code: 'malformed_request' } });
  });
});

describe('reading a venue', () => {
  it('answers 304 to a client that has it', async () => {
    const venue = await createVenue(token);
    const reply = await request('GET', path(venue), { headers: { 'if-none-match': '"1"' } });
    expect(reply).toMatchObject({ status: 304, body: '' });
  });

  it.each([newVenueId(), '1', 'evt_01k8v1m2z9f3bt4c6x0q7r5s8w', '%00', "' or 1=1"])('knows no %s', async (id) => {
    for (const method of ['GET', 'DELETE', 'PATCH', 'PUT']) {
      const body = method === 'PATCH' ? { name: 'x' } : method === 'PUT' ? venueBody() : undefined;
      const reply = await request(method, `/api/venues/${encodeURIComponent(id)}`, { token, body });
      expect(reply).toMatchObject({ status: 404, body: { code: 'venue_not_found' } });
    }
  });
});

describe('changing a venue', () => {
  it('PATCH changes what is sent, PUT all, each counted as a version', async () => {
    const venue = await createVenue(token, { facilities: ['bar'] });
    const patched = await request('PATCH', path(venue), { token, body: { name: 'Renamed', capacity: 50 } });
    expect(patched).toMatchObject({
      status: 200,
      body: { ...venue, name: 'Renamed', capacity: 50, version: 2, updated_at: expect.any(String) },
    });
    expect(patched.headers.get('etag')).toBe('"2"');
    const body = venueBody({ name: 'Replaced', country_code: 'AT' });
    const replaced = await request('PUT', path(venue), { token: admin.token, body });
    expect(replaced).toMatchObject({
      status: 200,
      body: { ...body, facilities: [], version: 3, owner_id: owner.userId },
    });
    expect((await request('PATCH', path(venue), { token, body: {} })).body).toEqual(replaced.body);
  });

  it('is for its owner and admins, whoever else is an organizer', async () => {
    const venue = await createVenue(token);
    for (const [method, body] of [
      ['PATCH', { name: 'x' }],
      ['PUT', venueBody()],
      ['DELETE', undefined],
    ] as const) {
      const call = body === undefined ? {} : { body };
      for (const who of [other, customer]) {
        const reply = await request(method, path(venue), { token: who.token, ...call });
        expect(reply).toMatchObject({ status: 403, body: { code: 'not_venue_owner' } });
      }
      expect((await request(method, path(venue), call)).status).toBe(401);
    }
    expect((await request('GET', path(venue))).body).toEqual(venue);
  });

  it('is done only to the version that If-Match names', async () => {
    const venue = await createVenue(token);
    const patch = (ifMatch: string, name: string) =>
      request('PATCH', path(venue), { token, body: { name }, headers: { 'if-match': ifMatch } });
    const replies = await Promise.all([patch('"1"', 'one'), patch('"1"', 'two')]);
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect(await patch('"nonsense"', 'x')).toMatchObject({ status: 412, body: { code: 'version_mismatch' } });
    expect((await patch('"1", "2"', 'three')).body).toMatchObject({ name: 'three', version: 3 });
    expect((await patch('*', 'four')).status).toBe(200);
    const many = Array.from({ length: 500 }, (_, index) => `"${index + 1}"`).join(', ');
    expect(await patch(many, 'five')).toMatchObject({ status: 200, body: { name: 'five', version: 5 } });
    const stale = await request('DELETE', path(venue), { token, headers: { 'if-match': '"1"' } });
    expect(stale).toMatchObject({ status: 412, body: { code: 'version_mismatch' } });
  });

  it.each([
    ['null for a name', { name: null }, '/name', 'invalid_type'],
    ['a capacity of nothing', { capacity: 0 }, '/capacity', 'too_small'],
    ['another owner', { owner_id: other.userId }, '/owner_id', 'unknown_field'],
  ])('refuses %s', async (_, body, pointer, code) => {
    const venue = await createVenue(token);
    expect(await request('PATCH', path(venue), { token, body })).toMatchObject(invalid([pointer, code]));
  });
});

describe('a venue with events', () => {
  // biome-ignore lint/suspicious/noExplicitAny: as `Reply`
  let venue: any;
  beforeAll(async () => {
    venue = await createVenue(token, { capacity: 100 });
    await projectEvent({ venueId: venue.id, capacity: 90, startTime: 1000, endTime: 2000 });
    await projectEvent({ venueId: venue.id, capacity: 80, status: 'cancelled' });
  });

  it('keeps room for its upcoming events, the owner’s own drafts included, those of others not', async () => {
    await createEvent(other.token, { venue_id: venue.id, capacity: 20 });
    await createEvent(token, { venue_id: venue.id, capacity: 30, status: 'draft' });
    await createEvent(other.token, { venue_id: venue.id, capacity: 95, status: 'draft' });
    for (const [method, body] of [
      ['PATCH', { capacity: 29 }],
      ['PUT', venueBody({ capacity: 29 })],
    ] as const) {
      const reply = await request(method, path(venue), { token, body });
      expect(reply).toMatchObject({ status: 409, body: { code: 'capacity_below_events', minimum: 30 } });
    }
    expect((await request('PATCH', path(venue), { token, body: { capacity: 30 } })).body.capacity).toBe(30);
  });

  it('cannot be deleted while they are upcoming', async () => {
    const refused = await request('DELETE', path(venue), { token });
    expect(refused).toMatchObject({ status: 409, body: { code: 'venue_has_events' } });
    expect((await request('GET', path(venue))).status).toBe(200);
  });

  it('is shown by its past events after it was deleted, and used by no other', async () => {
    const gone = await createVenue(token);
    const past = await projectEvent({ venueId: gone.id, startTime: 1000, endTime: 2000 });
    expect(await request('DELETE', path(gone), { token })).toMatchObject({ status: 204, body: '' });
    for (const method of ['GET', 'DELETE']) expect((await request(method, path(gone), { token })).status).toBe(404);
    expect((await request('GET', `/api/events/${past.id}`)).body.venue).toMatchObject({ id: gone.id, name: gone.name });
    const body = { title: 'x', start_time: hoursFromNow(1), end_time: hoursFromNow(2), capacity: 1, venue_id: gone.id };
    expect(await request('POST', '/api/events', { token, body })).toMatchObject(
      invalid(['/venue_id', 'venue_not_found']),
    );
  });

  it('is lost to the drafts of others when it is deleted, which all that shows them bears', async () => {
    const gone = await createVenue(token, { country_code: 'AT' });
    const draft = await createEvent(other.token, { venue_id: gone.id, status: 'draft', tags: ['lost'] });
    const event = `/api/events/${draft.id}`;
    const as = { token: other.token };
    expect(await request('DELETE', path(gone), { token })).toMatchObject({ status: 204 });
    const shown = await request('GET', event, as);
    expect(shown).toMatchObject({ status: 200, body: { venue: null, country_code: null, version: 1 } });
    for (const query of ['', '?tag=lost', '?q=concert', `?venue_id=${gone.id}`]) {
      const items = await allPages(`/api/events${query}${query ? '&' : '?'}mine=true&status=draft`, 100, other.token);
      expect(items.find(({ id }) => id === draft.id)).toEqual(shown.body);
    }
    for (const query of ['?country=AT&', '?country=AT&tag=lost&', '?country=AT&q=concert&']) {
      expect(await allPages(`/api/events${query}mine=true&status=draft`, 100, other.token)).toEqual([]);
    }
    for (const suffix of ['/availability', '/stats', '/changes', '/reservations', '/reservations.csv']) {
      expect((await request('GET', `${event}${suffix}`, as)).status).toBe(200);
    }
    const publish = () => request('POST', `${event}/publish`, as);
    expect(await publish()).toMatchObject(invalid(['/venue_id', 'venue_not_found']));
    const patch = (body: unknown) => request('PATCH', event, { ...as, body });
    expect(await patch({ title: 'Lost', capacity: 20 })).toMatchObject({ status: 200, body: { venue: null } });
    const abroad = { status: 200, body: { venue: null, country_code: 'FR' } };
    expect(await patch({ country_code: 'FR' })).toMatchObject(abroad);
    expect(await patch({ venue_id: null })).toMatchObject(abroad);
    expect(await publish()).toMatchObject({ status: 200, body: { status: 'published', venue: null } });
  });

  it('that has shrunk is judged anew when a draft is published', async () => {
    const small = await createVenue(token, { capacity: 50 });
    const draft = await createEvent(other.token, { venue_id: small.id, capacity: 50, status: 'draft' });
    const publish = () => request('POST', `/api/events/${draft.id}/publish`, { token: other.token });
    expect(await request('PATCH', path(small), { token, body: { capacity: 49 } })).toMatchObject({ status: 200 });
    expect(await publish()).toMatchObject(invalid(['/capacity', 'above_venue_capacity']));
    await request('PATCH', `/api/events/${draft.id}`, { token: other.token, body: { capacity: 49 } });
    expect(await publish()).toMatchObject({ status: 200, body: { status: 'published', venue: { id: small.id } } });
    expect(await publish()).toMatchObject({ status: 200 });
    expect(await request('DELETE', path(small), { token })).toMatchObject({ status: 409 });
  });

  it('is judged by for any number of edits at once that ask for no version', async () => {
    const large = await createVenue(token, { capacity: 500 });
    const event = await createEvent(other.token, { venue_id: large.id, capacity: 50 });
    const edits = Array.from({ length: 16 }, (_, index) =>
      request('PATCH', `/api/events/${event.id}`, { token: other.token, body: { capacity: 100 + index } }),
    );
    expect((await Promise.all(edits)).map(({ status }) => status)).toEqual(edits.map(() => 200));
  });

  it.each([
    ['its owner’s', owner],
    ['another’s', other],
  ])('may go when its last event, %s, was cancelled', async (_, organizer) => {
    const free = await createVenue(token);
    const event = await createEvent(organizer.token, { venue_id: free.id });
    expect((await request('DELETE', path(free), { token })).status).toBe(409);
    await request('POST', `/api/events/${event.id}/cancel`, { token: organizer.token });
    expect((await request('DELETE', path(free), { token })).status).toBe(204);
  });
});
