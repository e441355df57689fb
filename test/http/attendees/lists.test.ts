import { env } from 'cloudflare:workers';
import { drizzle } from 'drizzle-orm/d1';
import { beforeEach, describe, expect, it } from 'vitest';
import { listAttendees } from '../../../src/attendees/queries.ts';
import { newAttendeeId, newUserId } from '../../../src/http/ids.ts';
import { request, somebody } from '../../support/api.ts';
import { register } from '../../support/attendees.ts';
import { member } from '../../support/cast.ts';
import { allPages, createEvent, invalid } from '../../support/events.ts';

const user = await somebody();
const organizer = await somebody('organizer');
const otherOrganizer = await somebody('organizer');
const admin = await member('admin');

beforeEach(async () => {
  await env.DB.prepare('DELETE FROM attendees').run();
});

async function names(query: string, token: string): Promise<string[]> {
  return (await allPages(`/api/attendees${query}`, 2, token)).map((item) => item.last_name);
}

async function book(eventId: string, attendee: { id: string; edit_token: string }, token = user.token) {
  const call = { token, body: { attendee_id: attendee.id }, headers: { 'x-edit-token': attendee.edit_token } };
  return request('POST', `/api/events/${eventId}/reservations`, call);
}

describe('the list of attendees', () => {
  it('has for organizers whom they registered and who comes to their events, for admins all', async () => {
    const mine = await createEvent(organizer.token);
    const others = await createEvent(otherOrganizer.token);
    await register({ last_name: 'registered' }, organizer.token);
    await book(mine.id, await register({ last_name: 'coming' }));
    await book(others.id, await register({ last_name: 'elsewhere' }));
    await register({ last_name: 'nowhere' }, user.token);
    expect(await names('', organizer.token)).toEqual(['coming', 'registered']);
    expect(await names('', otherOrganizer.token)).toEqual(['elsewhere']);
    expect(await names('', admin.token)).toEqual(['coming', 'elsewhere', 'nowhere', 'registered']);
    expect(await names('?q=elsewhere', organizer.token)).toEqual([]);
    expect(await names('?q=elsewhere', admin.token)).toEqual(['elsewhere']);
  });

  it('is for nobody else', async () => {
    expect((await request('GET', '/api/attendees')).status).toBe(401);
    const reply = await request('GET', '/api/attendees', { token: user.token });
    expect(reply).toMatchObject({ status: 403, body: { code: 'organizer_required' } });
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });

  it('finds the beginnings of words in names and address, and sorts', async () => {
    for (const [first_name, last_name] of [
      ['Grace', 'Hopper'],
      ['Émilie', 'du Châtelet'],
      ['Ada', 'Lovelace'],
    ]) {
      await register({
        first_name,
        last_name,
        email: `${first_name === 'Ada' ? 'countess' : crypto.randomUUID()}@example.com`,
      });
    }
    expect(await names('', admin.token)).toEqual(['du Châtelet', 'Hopper', 'Lovelace']);
    expect(await names('?sort=-last_name', admin.token)).toEqual(['Lovelace', 'Hopper', 'du Châtelet']);
    expect(await names('?sort=created_at', admin.token)).toEqual(['Hopper', 'du Châtelet', 'Lovelace']);
    expect(await names('?sort=-created_at', admin.token)).toEqual(['Lovelace', 'du Châtelet', 'Hopper']);
    expect(await names('?q=emil%20chat', admin.token)).toEqual(['du Châtelet']);
    expect(await names('?q=countess%40example.com', admin.token)).toEqual(['Lovelace']);
    expect(await names('?q=NOT%20%22', admin.token)).toEqual([]);
  });

  it('takes a cursor of its own caller only', async () => {
    for (let count = 0; count < 2; count += 1) await register({}, organizer.token);
    const { body } = await request('GET', '/api/attendees?limit=1', { token: organizer.token });
    const reply = await request('GET', `/api/attendees?cursor=${body.next_cursor}`, { token: otherOrganizer.token });
    expect(reply).toMatchObject(invalid(['/cursor', 'invalid_cursor']));
  });

  it.each([
    ['limit=101', '/limit', 'too_big'],
    ['q=', '/q', 'too_small'],
    ['sort=email', '/sort', 'invalid_value'],
    ['email=a', '/email', 'unknown_field'],
  ])('refuses ?%s', async (query, pointer, code) => {
    const reply = await request('GET', `/api/attendees?${query}`, { token: organizer.token });
    expect(reply).toMatchObject(invalid([pointer, code]));
  });

  it.each([
    [{}, null, ['SCAN attendees USING INDEX attendees_by_name']],
    [
      {},
      newUserId(),
      [
        'attendees USING INDEX attendees_by_user',
        'events USING INDEX events_by_organizer',
        'COVERING INDEX reservations_by_event_attendee',
      ],
    ],
    [{ q: 'a' }, newUserId(), ['SEARCH attendees USING INTEGER PRIMARY KEY']],
  ])('%j goes by indexes', async (query, organizerId, steps) => {
    const asked: { sql: string; params: unknown[] }[] = [];
    const db = drizzle(env.DB, { logger: { logQuery: (sql, params) => asked.push({ sql, params }) } });
    await listAttendees(db, organizerId, { limit: 25, ...query });
    expect(asked).toHaveLength(1);
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${asked[0]?.sql}`)
      .bind(...(asked[0]?.params ?? []))
      .all<{ detail: string }>();
    const plan = results.map(({ detail }) => detail).join('\n');
    for (const step of steps) expect(plan).toContain(step);
  });
});

describe('reserving for an attendee', () => {
  it('is for whoever registered them, an admin, and whoever shows their token', async () => {
    const event = await createEvent(organizer.token);
    const own = await register({}, user.token);
    const reserve = (attendee: { id: string }, call: object) =>
      request('POST', `/api/events/${event.id}/reservations`, { ...call, body: { attendee_id: attendee.id } });
    const notFound = { status: 404, body: { code: 'attendee_not_found' } };
    expect(await reserve(own, { token: otherOrganizer.token })).toMatchObject(notFound);
    expect(await reserve(own, { token: organizer.token })).toMatchObject(notFound);
    expect(await reserve(own, {})).toMatchObject({ status: 401 });
    expect(await reserve({ id: newAttendeeId() }, { token: user.token })).toMatchObject(notFound);
    const wrong = { token: otherOrganizer.token, headers: { 'x-edit-token': `${own.edit_token.slice(1)}x` } };
    expect(await reserve(own, wrong)).toMatchObject(notFound);
    expect(await reserve(own, { token: user.token })).toMatchObject({ status: 201, body: { attendee_id: own.id } });
    expect(await reserve(await register(), { token: admin.token })).toMatchObject({ status: 201 });
    expect(await book(event.id, await register(), otherOrganizer.token)).toMatchObject({ status: 201 });
  });

  it('gives an attendee one active reservation for an event, whoever makes it, and the user one besides', async () => {
    const event = await createEvent(organizer.token);
    const attendee = await register({}, user.token);
    const first = await book(event.id, attendee);
    const second = await book(event.id, attendee, admin.token);
    expect(second).toMatchObject({ status: 409, body: { code: 'already_reserved', reservation_id: first.body.id } });
    const self = await request('POST', `/api/events/${event.id}/reservations`, { token: user.token, body: {} });
    expect(self).toMatchObject({ status: 201, body: { attendee_id: null } });
  });

  it('never goes beyond the capacity, though one user books for ten others at once', async () => {
    const event = await createEvent(organizer.token, { capacity: 3 });
    const ten = await Promise.all(Array.from({ length: 10 }, () => register({}, user.token)));
    const replies = await Promise.all(ten.map((attendee) => book(event.id, attendee)));
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(3);
    const refused = replies.filter(({ status }) => status !== 201);
    for (const { body } of refused) expect(body.code).toBe('sold_out');
    const { body } = await request('GET', `/api/events/${event.id}/availability`);
    expect(body).toMatchObject({ reserved_slots: 3, available_slots: 0 });
  });

  it.each([['7'], [7], [{}]])('refuses %j for an attendee', async (attendee_id) => {
    const event = await createEvent(organizer.token);
    const call = { token: user.token, body: { attendee_id } };
    const reply = await request('POST', `/api/events/${event.id}/reservations`, call);
    expect(reply).toMatchObject({ status: 422, body: { errors: [{ pointer: '/attendee_id' }] } });
  });
});

describe('an attendee’s reservations', () => {
  it('are all shown to the registrant and admins, to organizers those for their events, to others none', async () => {
    const mine = await createEvent(organizer.token, { title: 'mine' });
    const others = await createEvent(otherOrganizer.token);
    const attendee = await register();
    const first = (await book(mine.id, attendee)).body;
    const second = (await book(others.id, attendee, otherOrganizer.token)).body;
    const path = `/api/attendees/${attendee.id}/reservations`;
    const list = async (call: object) => (await request('GET', path, call)).body.items;
    const byToken = { headers: { 'x-edit-token': attendee.edit_token } };
    const hidden = { ticket_code: null };
    expect(await list(byToken)).toEqual([
      { ...second, ...hidden },
      { ...first, ...hidden },
    ]);
    expect(await list({ ...byToken, token: user.token })).toEqual([{ ...second, ...hidden }, first]);
    expect(await list({ token: admin.token })).toEqual([
      { ...second, ...hidden },
      { ...first, ...hidden },
    ]);
    expect(await list({ token: organizer.token })).toEqual([first]);
    expect(await list({ token: otherOrganizer.token })).toEqual([second]);
    for (const call of [{}, { token: user.token }]) {
      expect(await request('GET', path, call)).toMatchObject({ status: 404, body: { code: 'attendee_not_found' } });
    }
    const paged = await request('GET', `${path}?limit=1&status=confirmed`, byToken);
    expect(paged.body.items).toHaveLength(1);
    expect(paged.body.next_cursor).toEqual(expect.any(String));
    expect(paged.headers.get('cache-control')).toBe('no-store');
    expect(await request('GET', `${path}?status=x`, byToken)).toMatchObject(invalid(['/status', 'invalid_value']));
  });
});
