import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { drizzle } from 'drizzle-orm/d1';
import { describe, expect, it } from 'vitest';
import { claimedId, claimId, type Key, replaceClaim } from '../../src/db/idempotency.ts';
import { signAccessToken } from '../../src/http/auth.ts';
import { address, newcomer } from '../support/accounts.ts';
import { request, somebody } from '../support/api.ts';
import { register } from '../support/attendees.ts';
import { createEvent, eventBody, hoursFromNow, invalid } from '../support/events.ts';
import { act, availability, minutesLater, organizer, refusal, reserve } from '../support/reservations.ts';
import { createVenue } from '../support/venues.ts';

const DAY_MINUTES = 24 * 60;
const REUSED = refusal(422, 'idempotency_key_reused');
const named = (key: string) => ({ 'idempotency-key': key });
const newKey = () => crypto.randomUUID();
const replayed = (reply: { headers: Headers }) => reply.headers.get('idempotency-replayed');

async function times<T>(count: number, run: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, run));
}

describe('a reservation under an Idempotency-Key', () => {
  it('is made once, however often and simultaneously it is asked for', async () => {
    const { id } = await createEvent(organizer.token);
    const [customer, key] = [await somebody(), newKey()];
    const replies = await times(20, () => reserve(id, customer, { quantity: 2 }, named(key)));
    const location = `/api/reservations/${replies[0]?.body.id}`;
    for (const reply of replies) {
      expect(reply).toMatchObject({ status: 201, body: replies[0]?.body });
      expect(reply.headers.get('location')).toBe(location);
    }
    expect(replies.filter((reply) => replayed(reply) === 'true')).toHaveLength(19);
    expect(await availability(id)).toMatchObject({ reserved_slots: 2 });
  });

  it('gets its first answer again after an eviction, and after it was cancelled', async () => {
    const { id } = await createEvent(organizer.token);
    const [customer, key] = [await somebody(), newKey()];
    const first = await reserve(id, customer, {}, named(key));
    expect(replayed(first)).toBeNull();
    await evictDurableObject(env.EVENT_ACTOR.get(env.EVENT_ACTOR.idFromName(id)));
    expect(await reserve(id, customer, {}, named(key))).toMatchObject({ status: 201, body: first.body });
    await act(customer, first.body.id, 'cancel');
    const again = await reserve(id, customer, {}, named(key));
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(replayed(again)).toBe('true');
    expect(await availability(id)).toMatchObject({ reserved_slots: 0 });
  });

  it('is no other request', async () => {
    const { id } = await createEvent(organizer.token);
    const [customer, key] = [await somebody(), newKey()];
    await reserve(id, customer, { quantity: 2, status: 'pending' }, named(key));
    expect(await reserve(id, customer, { quantity: 3 }, named(key))).toMatchObject(REUSED);
    const sameInOtherWords = await reserve(id, customer, { status: 'pending', quantity: 2 }, named(`"${key}"`));
    expect(sameInOtherWords.status).toBe(201);
    expect(replayed(sameInOtherWords)).toBe('true');
    expect(await availability(id)).toMatchObject({ reserved_slots: 2 });
  });

  it('is the same request with its defaults spelt out', async () => {
    const { id } = await createEvent(organizer.token);
    const [customer, key] = [await somebody(), newKey()];
    const first = await reserve(id, customer, {}, named(key));
    const full = { quantity: 1, on_full: 'refuse', attendee_id: null };
    expect(await reserve(id, customer, full, named(key))).toMatchObject({ status: 201, body: first.body });
  });

  it('gets its first answer again after its attendee is gone', async () => {
    const { id } = await createEvent(organizer.token);
    const [customer, key] = [await somebody(), newKey()];
    const attendee = await register({}, customer.token);
    const body = { attendee_id: attendee.id };
    const first = await reserve(id, customer, body, named(key));
    await act(customer, first.body.id, 'cancel');
    const path = `/api/attendees/${attendee.id}`;
    expect((await request('DELETE', path, { token: customer.token })).status).toBe(204);
    const again = await reserve(id, customer, body, named(key));
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(replayed(again)).toBe('true');
    expect(await reserve(id, customer, body, named(newKey()))).toMatchObject(refusal(404, 'attendee_not_found'));
    const other = { ...body, quantity: 2 };
    expect(await reserve(id, customer, other, named(key))).toMatchObject(REUSED);
  });

  it('shares its key with nobody, and with no other event', async () => {
    const [event, other] = [await createEvent(organizer.token), await createEvent(organizer.token)];
    const [customer, key] = [await somebody(), newKey()];
    for (const [id, as] of [
      [event.id, customer],
      [other.id, customer],
      [event.id, await somebody()],
    ] as const) {
      const reply = await reserve(id, as, {}, named(key));
      expect(reply).toMatchObject({ status: 201, body: { user_id: as.userId, event_id: id } });
      expect(replayed(reply)).toBeNull();
    }
  });

  it('may be tried again under its key once it was refused', async () => {
    const { id } = await createEvent(organizer.token, { capacity: 1 });
    const [customer, key] = [await somebody(), newKey()];
    expect(await reserve(id, customer, { quantity: 2 }, named(key))).toMatchObject(refusal(409, 'sold_out'));
    expect(await reserve(id, customer, { quantity: 1 }, named(key))).toMatchObject({ status: 201 });
  });

  it('is forgotten after 24 hours', async () => {
    const { id } = await createEvent(organizer.token, { start_time: hoursFromNow(99), end_time: hoursFromNow(100) });
    const [customer, key] = [await somebody(), newKey()];
    const first = await reserve(id, customer, {}, named(key));
    await act(customer, first.body.id, 'cancel');
    const later = (minutes: number) =>
      minutesLater(minutes, async () => {
        const token = await signAccessToken(env.JWT_SECRET, customer);
        return reserve(id, { token }, {}, named(key));
      });
    expect(await later(DAY_MINUTES - 1)).toMatchObject({ status: 201, body: first.body });
    const next = await later(DAY_MINUTES + 1);
    expect(next.status).toBe(201);
    expect(next.body.id).not.toBe(first.body.id);
    expect(replayed(next)).toBeNull();
  });

  it.each([
    '',
    '""',
    '"',
    '"a',
    'ä',
    'a'.repeat(256),
    `"${'a'.repeat(256)}"`,
    '"a\tb"',
  ])('has no key %j', async (key) => {
    const { id } = await createEvent(organizer.token);
    const refused = invalid(['/Idempotency-Key', 'invalid_format']);
    expect(await reserve(id, await somebody(), {}, named(key))).toMatchObject(refused);
    expect(await availability(id)).toMatchObject({ reserved_slots: 0 });
  });

  it('has the same key with quotes around it, though there are some within', async () => {
    const { id } = await createEvent(organizer.token);
    const customer = await somebody();
    const first = await reserve(id, customer, {}, named('"a\\"b\\\\c"'));
    const again = await reserve(id, customer, {}, named('a"b\\c'));
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(replayed(again)).toBe('true');
  });

  it('may have a key of 255 characters', async () => {
    const { id } = await createEvent(organizer.token);
    expect(await reserve(id, await somebody(), {}, named('~'.repeat(255)))).toMatchObject({ status: 201 });
  });
});

describe('an event under an Idempotency-Key', () => {
  const create = (as: { token: string }, body: object, key: string) =>
    request('POST', '/api/events', { token: as.token, body, headers: named(key) });
  const eventsOf = async (as: { token: string }) =>
    (await request('GET', '/api/events?mine=true', { token: as.token })).body.items;

  it('is created once, however often and simultaneously it is asked for', async () => {
    const [as, body, key] = [await somebody('organizer'), eventBody(), newKey()];
    const replies = await times(20, () => create(as, body, key));
    for (const reply of replies) {
      expect(reply).toMatchObject({ status: 201, body: replies[0]?.body });
      expect(reply.headers.get('location')).toBe(`/api/events/${replies[0]?.body.id}`);
    }
    expect(replies.filter((reply) => replayed(reply) === 'true')).toHaveLength(19);
    expect(await eventsOf(as)).toEqual([replies[0]?.body]);
    expect(await create(as, { ...body, title: 'Other' }, key)).toMatchObject(REUSED);
    const other = await create(await somebody('organizer'), body, key);
    expect(other).toMatchObject({ status: 201 });
    expect(other.body.id).not.toBe(replies[0]?.body.id);
  });

  it('gets its first answer again after its venue is gone, with its defaults spelt out', async () => {
    const [venue, key] = [await createVenue(organizer.token), newKey()];
    const { status: _, description: __, ...body } = eventBody({ venue_id: venue.id });
    const create = (over: Record<string, unknown>, as = key) =>
      request('POST', '/api/events', { token: organizer.token, body: { ...body, ...over }, headers: named(as) });
    const first = await create({});
    expect(first).toMatchObject({ status: 201, body: { status: 'draft' } });
    await request('DELETE', `/api/events/${first.body.id}`, { token: organizer.token });
    const path = `/api/venues/${venue.id}`;
    expect((await request('DELETE', path, { token: organizer.token })).status).toBe(204);
    const again = await create({ status: 'draft', description: '' });
    expect(again).toMatchObject({ status: 201, body: { id: first.body.id } });
    expect(replayed(again)).toBe('true');
    expect(await create({}, newKey())).toMatchObject(invalid(['/venue_id', 'venue_not_found']));
  });

  it('may be tried again under its key, and better, once it was refused', async () => {
    const [as, key] = [await somebody('organizer'), newKey()];
    const refused = await create(as, eventBody({ end_time: hoursFromNow(1) }), key);
    expect(refused).toMatchObject(invalid(['/end_time', 'end_before_start']));
    expect(await create(as, eventBody(), key)).toMatchObject({ status: 201 });
  });

  it('has one id for all equal requests, also where some were refused before another was not', async () => {
    const [as, key] = [await somebody('organizer'), newKey()];
    const venue = await createVenue(as.token, { capacity: 10 });
    const body = eventBody({ venue_id: venue.id, capacity: 20 });
    const claimed = "SELECT answer FROM idempotency_keys WHERE answer LIKE 'evt_%' ORDER BY answer DESC LIMIT 1";
    expect(await create(as, body, key)).toMatchObject(invalid(['/capacity', 'above_venue_capacity']));
    const id = await env.DB.prepare(claimed).first<string>('answer');
    await request('PATCH', `/api/venues/${venue.id}`, { token: as.token, body: { capacity: 20 } });
    expect(await create(as, body, key)).toMatchObject({ status: 201, body: { id } });
    expect(await create(as, { ...body, title: 'Other' }, key)).toMatchObject(REUSED);
  });

  it('is tried again better by equal requests at once, of which one succeeds for all', async () => {
    const [as, key] = [await somebody('organizer'), newKey()];
    await create(as, eventBody({ end_time: hoursFromNow(1) }), key);
    const better = eventBody();
    const replies = await times(5, () => create(as, better, key));
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
    expect(await eventsOf(as)).toHaveLength(1);
  });

  it('leaves its key to the first of two better requests that come at once', async () => {
    const [db, key, now] = [drizzle(env.DB), newKey(), Date.now()];
    const requests = ['refused', 'better', 'late'].map((fingerprint) => ({ key, fingerprint }));
    const [refused, better, late] = requests as [Key, Key, Key];
    await claimId(db, refused, 'first', now);
    await replaceClaim(db, better, 'first', 'second', now);
    await replaceClaim(db, late, 'first', 'third', now);
    expect(await claimedId(db, better, now)).toBe('second');
    expect(await claimedId(db, late, now)).toBeNull();
  });

  it('is forgotten after 24 hours', async () => {
    const [as, key] = [await somebody('organizer'), newKey()];
    const body = eventBody({ start_time: hoursFromNow(99), end_time: hoursFromNow(100) });
    const first = await create(as, body, key);
    const later = (minutes: number) =>
      minutesLater(minutes, async () => create({ token: await signAccessToken(env.JWT_SECRET, as) }, body, key));
    expect(await later(DAY_MINUTES - 1)).toMatchObject({ status: 201, body: { id: first.body.id } });
    const next = await later(DAY_MINUTES + 1);
    expect(next.status).toBe(201);
    expect(next.body.id).not.toBe(first.body.id);
  });

  it('is so after its success, not after the first of its refusals', async () => {
    const [as, key] = [await somebody('organizer'), newKey()];
    const venue = await createVenue(as.token, { capacity: 10 });
    const times = { start_time: hoursFromNow(99), end_time: hoursFromNow(100) };
    const body = eventBody({ ...times, venue_id: venue.id, capacity: 20 });
    expect(await create(as, body, key)).toMatchObject(invalid(['/capacity', 'above_venue_capacity']));
    await request('PATCH', `/api/venues/${venue.id}`, { token: as.token, body: { capacity: 20 } });
    const later = (minutes: number) =>
      minutesLater(minutes, async () => create({ token: await signAccessToken(env.JWT_SECRET, as) }, body, key));
    const first = await later(DAY_MINUTES - 1);
    expect(first.status).toBe(201);
    expect(await later(DAY_MINUTES + 1)).toMatchObject({ status: 201, body: { id: first.body.id } });
    const next = await later(2 * DAY_MINUTES);
    expect(next.status).toBe(201);
    expect(next.body.id).not.toBe(first.body.id);
  });

  it('has no malformed key', async () => {
    const refused = invalid(['/Idempotency-Key', 'invalid_format']);
    expect(await create(organizer, eventBody(), '')).toMatchObject(refused);
  });
});

describe('an account under an Idempotency-Key', () => {
  const signUp = (body: object, key: string) =>
    request('POST', '/api/auth/signup', { body, headers: { ...address(), ...named(key) } });

  it('is created once, and each request gets the same session', async () => {
    const [body, key] = [newcomer(), newKey()];
    // Each hashes a password, twice if it comes late.
    const replies = await times(5, () => signUp(body, key));
    for (const reply of replies) expect(reply).toMatchObject({ status: 201, body: replies[0]?.body });
    expect(replies.filter((reply) => replayed(reply) === 'true')).toHaveLength(4);
    const session = replies[0]?.body;
    expect(await request('GET', '/api/me', { token: session.access_token })).toMatchObject({ body: session.user });
    const next = await request('POST', '/api/auth/refresh', { body: { refresh_token: session.refresh_token } });
    expect(next).toMatchObject({ status: 200 });
  });

  it('is answered to who knows the password only', async () => {
    const [body, key] = [newcomer(), newKey()];
    await signUp(body, key);
    expect(await signUp({ ...body, password: 'another passphrase' }, key)).toMatchObject(REUSED);
    expect(await signUp({ ...body, role: 'organizer', organization_name: 'Ltd' }, key)).toMatchObject(REUSED);
    expect(await signUp({ ...body, role: 'customer', organization_name: null }, key)).toMatchObject({ status: 201 });
    expect(await signUp(body, newKey())).toMatchObject(refusal(409, 'username_taken'));
  });

  it('is not answered to who has its name by now, with a password of their own', async () => {
    const [body, key] = [newcomer(), newKey()];
    const { access_token: token, user } = (await signUp(body, key)).body;
    await request('PATCH', '/api/me', { token, body: { username: `${body.username}-2` } });
    const taker = { ...newcomer(), username: body.username, password: 'another passphrase' };
    expect(await signUp(taker, newKey())).toMatchObject({ status: 201 });
    expect(await signUp({ ...body, password: taker.password }, key)).toMatchObject(REUSED);
    expect(await signUp(body, key)).toMatchObject({ status: 201, body: { user } });
  });

  it('is not answered once it is disabled', async () => {
    const [body, key] = [newcomer(), newKey()];
    const { user } = (await signUp(body, key)).body;
    await env.DB.prepare('UPDATE users SET disabled_at = 1 WHERE id = ?').bind(user.id).run();
    expect(await signUp(body, key)).toMatchObject(REUSED);
  });

  it('keeps a key for what succeeded only', async () => {
    const [body, key] = [newcomer(), newKey()];
    await signUp(body, newKey());
    expect(await signUp(body, key)).toMatchObject(refusal(409, 'username_taken'));
    expect(await signUp(newcomer(), key)).toMatchObject({ status: 201 });
  });

  it('is kept without its tokens, names and key in the clear, for 24 hours', async () => {
    const [body, key] = [newcomer(), newKey()];
    const { refresh_token, access_token, user } = (await signUp(body, key)).body;
    const kept = JSON.stringify((await env.DB.prepare('SELECT * FROM idempotency_keys').all()).results);
    for (const secret of [refresh_token, access_token, user.email, user.id, body.password, key]) {
      expect(kept).not.toContain(secret);
    }
    const late = await minutesLater(DAY_MINUTES + 1, () => signUp(body, key));
    expect(late).toMatchObject(refusal(409, 'username_taken'));
  });
});

describe.each([
  [
    'a venue',
    '/api/venues',
    () => ({ name: 'Hall', location: 'Berlin', capacity: 50, country_code: 'DE' }),
    { name: 'Another hall' },
    { facilities: [] },
  ],
  [
    'an attendee',
    '/api/attendees',
    () => ({ first_name: 'Ada', last_name: 'L', email: `ada-${newKey()}@example.com` }),
    { first_name: 'Eve' },
    { phone: null, date_of_birth: null },
  ],
] as const)('%s under an Idempotency-Key', (_, path, bodyOf, other, defaults) => {
  it('is made once, and a repeat gets all of its first answer', async () => {
    const { token } = await somebody('organizer');
    const [body, headers] = [bodyOf(), named(newKey())];
    const replies = await times(20, () => request('POST', path, { token, body, headers }));
    for (const reply of replies) expect(reply).toMatchObject({ status: 201, body: replies[0]?.body });
    expect(new Set(replies.map((reply) => reply.headers.get('location'))).size).toBe(1);
    expect(replies.filter((reply) => replayed(reply) === 'true')).toHaveLength(19);
    const spelt = await request('POST', path, { token, body: { ...body, ...defaults }, headers });
    expect(spelt).toMatchObject({ status: 201, body: replies[0]?.body });
    expect(await request('POST', path, { token, body: { ...body, ...other }, headers })).toMatchObject(REUSED);
  });

  it('is refused a key that is none', async () => {
    const { token } = await somebody('organizer');
    const reply = await request('POST', path, { token, body: bodyOf(), headers: named('k'.repeat(256)) });
    expect(reply).toMatchObject(invalid(['/Idempotency-Key', 'invalid_format']));
  });
});
