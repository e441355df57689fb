import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { newAttendeeId, newReservationId } from '../../../src/http/ids.ts';
import { address } from '../../support/accounts.ts';
import { request, somebody } from '../../support/api.ts';
import { attendeeBody, register } from '../../support/attendees.ts';
import { member } from '../../support/cast.ts';
import { createEvent, invalid, projectEvent } from '../../support/events.ts';
import { whenUsedUp } from '../../support/rate-limits.ts';

const user = await somebody();
const stranger = await somebody();
const organizer = await somebody('organizer');
const otherOrganizer = await somebody('organizer');
const admin = await member('admin');

const post = (body: unknown, headers: Readonly<Record<string, string>> = address()) =>
  request('POST', '/api/attendees', { body, headers });
const path = (attendee: { id: string }) => `/api/attendees/${attendee.id}`;
const byToken = (attendee: { edit_token: string }) => ({ headers: { 'x-edit-token': attendee.edit_token } });
const notFound = { status: 404, body: { code: 'attendee_not_found' } };

/** A registered attendee who has a reservation for an event of the organizer. */
async function coming() {
  const attendee = await register({}, user.token);
  const event = await createEvent(organizer.token);
  const body = { attendee_id: attendee.id };
  const reply = await request('POST', `/api/events/${event.id}/reservations`, { token: user.token, body });
  expect(reply).toMatchObject({ status: 201, body: { attendee_id: attendee.id, user_id: user.userId } });
  return { attendee, event, reservation: reply.body };
}

describe('registering an attendee', () => {
  it('needs no login, and gives out a token once', async () => {
    const email = `${crypto.randomUUID()}@Example.com`;
    const reply = await post({
      first_name: ' Grace ',
      last_name: 'Hopper',
      email,
      phone: '+49 (30) 123-4567',
      date_of_birth: '1990-02-28',
    });
    expect(reply.status).toBe(201);
    expect(reply.headers.get('location')).toBe(path(reply.body));
    expect(reply.headers.get('cache-control')).toBe('no-store');
    const { edit_token, ...shown } = reply.body;
    expect(edit_token).toMatch(/^[\w-]{43}$/);
    expect(shown).toEqual({
      id: expect.stringMatching(/^att_/),
      user_id: null,
      first_name: 'Grace',
      last_name: 'Hopper',
      email,
      phone: '+49301234567',
      date_of_birth: '1990-02-28',
      created_at: expect.stringMatching(/Z$/),
      updated_at: expect.stringMatching(/Z$/),
      version: 1,
    });
    expect((await request('GET', path(shown), byToken(reply.body))).body).toEqual(shown);
    const row = await env.DB.prepare('SELECT * FROM attendees WHERE id = ?').bind(shown.id).first();
    expect(JSON.stringify(row)).not.toContain(edit_token);
  });

  it('answers a repeat again to the same network, and to no stranger who knows key and body', async () => {
    const [body, key] = [attendeeBody(), { 'idempotency-key': crypto.randomUUID() }];
    const from = (ip: string) => post(body, { ...key, 'cf-connecting-ip': ip });
    const { edit_token, id } = (await from('2001:db8:7:7::1')).body;
    expect((await from('2001:db8:7:7::2')).body).toMatchObject({ id, edit_token });
    expect(await from('2001:db8:7:8::1')).toMatchObject({ status: 409, body: { code: 'email_taken' } });
    const stranger = await post(body, key);
    expect(stranger).toMatchObject({ status: 409, body: { code: 'email_taken' } });
    expect(JSON.stringify(stranger.body)).not.toContain(edit_token);
  });

  it.each([
    ['+49 (0)30 123', '+4930123'],
    ['+44(0) 20-7946 0018', '+442079460018'],
    ['(+41) ( 0 ) 44.668.18.00', '+41446681800'],
    ['+39 (0)6 698 1234', '+39066981234'],
    ['+1 (800) 555-0100', '+18005550100'],
  ])('keeps the phone %s as %s', async (phone, kept) => {
    expect(await post(attendeeBody({ phone }))).toMatchObject({ status: 201, body: { phone: kept } });
  });

  it('records whoever is signed in', async () => {
    const attendee = await register({}, user.token);
    expect(attendee).toMatchObject({ user_id: user.userId, phone: null, date_of_birth: null });
    const forged = await request('POST', '/api/attendees', { body: attendeeBody(), token: 'a.b.c' });
    expect(forged).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  });

  it('has one attendee for an e-mail address, however it is written and though several come at once', async () => {
    const body = attendeeBody();
    const replies = await Promise.all(Array.from({ length: 5 }, () => post(body)));
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
    const again = await post({ ...body, email: String(body.email).toUpperCase() });
    expect(again).toMatchObject({ status: 409, body: { code: 'email_taken' } });
  });

  it('is limited per network', async () => {
    const from = (ip: string) => post(attendeeBody(), { 'cf-connecting-ip': ip });
    const reply = await whenUsedUp(env.ATTENDEE_PER_ADDRESS, '2001:db8:9:9', () => from('2001:db8:9:9::1'));
    expect(reply).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect(reply.headers.get('retry-after')).toBe('60');
    expect((await from('2001:db8:9:8::1')).status).toBe(201);
  });

  it.each(['PUT', 'PATCH'])('is limited per network when %s gives it another e-mail address', async (method) => {
    const { id, edit_token } = await register();
    const network = `2001:db8:9:${method === 'PUT' ? 1 : 2}`;
    const headers = { 'cf-connecting-ip': `${network}::1`, 'x-edit-token': edit_token };
    const edit = (body: object) => request(method, `/api/attendees/${id}`, { body, headers });
    const reply = await whenUsedUp(env.ATTENDEE_PER_ADDRESS, network, () => edit(attendeeBody()));
    expect(reply).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    if (method === 'PATCH') expect((await edit({ first_name: 'Ada' })).status).toBe(200);
  });

  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  it.each([
    ['no first name', { first_name: undefined }, '/first_name', 'required'],
    ['a blank last name', { last_name: ' ' }, '/last_name', 'too_small'],
    ['a name with a lone surrogate', { last_name: '\ud800x' }, '/last_name', 'invalid_text'],
    ['a name with a line feed', { first_name: 'a\nb' }, '/first_name', 'invalid_text'],
    ['a name of 101 characters', { first_name: 'x'.repeat(101) }, '/first_name', 'too_big'],
    ['a name that is a number', { first_name: 7 }, '/first_name', 'invalid_type'],
    ['no e-mail address', { email: undefined }, '/email', 'required'],
    ['an e-mail address without a domain', { email: 'grace' }, '/email', 'invalid_format'],
    ['an e-mail address with a space', { email: 'a b@example.com' }, '/email', 'invalid_format'],
    ['a phone without a country', { phone: '030 1234567' }, '/phone', 'invalid_format'],
    ['a phone of letters', { phone: '+49 CALL ME' }, '/phone', 'invalid_format'],
    ['a phone of 16 digits', { phone: '+1234567890123456' }, '/phone', 'invalid_format'],
    ['a day that never was', { date_of_birth: '2001-02-29' }, '/date_of_birth', 'invalid_format'],
    ['a time of birth', { date_of_birth: '2001-02-28T00:00:00Z' }, '/date_of_birth', 'invalid_format'],
    ['a day to come', { date_of_birth: tomorrow }, '/date_of_birth', 'out_of_range'],
    ['a day of another century', { date_of_birth: '1899-12-31' }, '/date_of_birth', 'out_of_range'],
    ['an edit token', { edit_token: 'x' }, '/edit_token', 'unknown_field'],
    ['another account', { user_id: user.userId }, '/user_id', 'unknown_field'],
  ])('refuses %s', async (_, over, pointer, code) => {
    expect(await post(attendeeBody(over))).toMatchObject(invalid([pointer, code]));
  });

  it('refuses what is no JSON', async () => {
    const reply = await request('POST', '/api/attendees', { raw: '{', headers: address() });
    expect(reply).toMatchObject({ status: 400, body: { code: 'malformed_request' } });
  });
});

describe('reading an attendee', () => {
  it('is for the registrant, admins and organizers whom they come to; to others there is nobody', async () => {
    const { attendee } = await coming();
    for (const call of [byToken(attendee), { token: user.token }, { token: admin.token }, { token: organizer.token }]) {
      expect(await request('GET', path(attendee), call)).toMatchObject({ status: 200, body: { id: attendee.id } });
    }
    const other = await register();
    for (const call of [{}, { token: stranger.token }, { token: otherOrganizer.token }, byToken(other)]) {
      expect(await request('GET', path(attendee), call)).toMatchObject(notFound);
    }
    expect(await request('GET', path(other), { token: organizer.token })).toMatchObject(notFound);
  });

  it('answers 304 to a client that has them, in no shared cache', async () => {
    const attendee = await register({}, user.token);
    const reply = await request('GET', path(attendee), { token: user.token, headers: { 'if-none-match': '"1"' } });
    expect(reply.status).toBe(304);
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });

  it.each([newAttendeeId(), '1', 'usr_01k8v0h1j2k3m4n5p6q7r8s9t0', '%00'])('knows no %s', async (id) => {
    for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
      const body = method === 'PATCH' ? {} : method === 'PUT' ? attendeeBody() : undefined;
      const reply = await request(method, `/api/attendees/${encodeURIComponent(id)}`, { token: admin.token, body });
      expect(reply).toMatchObject(notFound);
    }
    const list = await request('GET', `/api/attendees/${encodeURIComponent(id)}/reservations`, { token: admin.token });
    expect(list).toMatchObject(notFound);
  });
});

describe.each([
  ['was disabled', 'disabled_at = 1'],
  ['was demoted', "role = 'organizer'"],
])('an admin who %s, with a token that lives on', (_, change) => {
  it('reads, changes, books for and forgets nobody', async () => {
    const { attendee, event } = await coming();
    const former = await member('admin');
    await env.DB.prepare(`UPDATE users SET ${change} WHERE id = ?`).bind(former.userId).run();
    const { token } = former;
    for (const [method, body] of [
      ['GET', undefined],
      ['PATCH', { first_name: 'x' }],
      ['PUT', attendeeBody()],
      ['DELETE', undefined],
    ] as const) {
      const call = body === undefined ? { token } : { token, body };
      expect(await request(method, path(attendee), call)).toMatchObject(notFound);
    }
    expect(await request('GET', `${path(attendee)}/reservations`, { token })).toMatchObject(notFound);
    const body = { attendee_id: attendee.id };
    expect(await request('POST', `/api/events/${event.id}/reservations`, { token, body })).toMatchObject(notFound);
    const list = await request('GET', '/api/attendees', { token });
    expect(list.body.items ?? []).toEqual([]);
    const shown = await request('GET', `${path(attendee)}/reservations`, { token, ...byToken(attendee) });
    expect(shown.body.items).toMatchObject([{ ticket_code: null }]);
    const own = await register({}, token);
    expect(await request('GET', path(own), { token })).toMatchObject({ status: 200 });
  });
});

it('an admin whose token is older than that reads everybody, in the list and alone', async () => {
  const { attendee } = await coming();
  const { userId, token } = await member('customer');
  expect(await request('GET', path(attendee), { token })).toMatchObject(notFound);
  await env.DB.prepare("UPDATE users SET role = 'admin' WHERE id = ?").bind(userId).run();
  expect((await request('GET', '/api/attendees?limit=1', { token })).body.items).toHaveLength(1);
  expect(await request('GET', path(attendee), { token })).toMatchObject({ status: 200 });
});

describe('changing an attendee', () => {
  it('PATCH changes what is sent, PUT all, by whoever registered them or an admin', async () => {
    const { edit_token, ...attendee } = await register({ phone: '+49301234567' });
    const patched = await request('PATCH', path(attendee), { ...byToken({ edit_token }), body: { first_name: 'Ada' } });
    expect(patched).toMatchObject({
      status: 200,
      body: { ...attendee, first_name: 'Ada', version: 2, updated_at: expect.any(String) },
    });
    const body = attendeeBody({ last_name: 'Lovelace' });
    const put = await request('PUT', path(attendee), { token: admin.token, body });
    expect(put).toMatchObject({ status: 200, body: { ...body, phone: null, version: 3 } });
    const own = await register({}, user.token);
    expect((await request('PATCH', path(own), { token: user.token, body: {} })).body).toMatchObject({ version: 1 });
  });

  it('is refused to organizers whom they come to, and to strangers as to nobody', async () => {
    const { attendee } = await coming();
    for (const [method, body] of [
      ['PATCH', { first_name: 'x' }],
      ['PUT', attendeeBody()],
      ['DELETE', undefined],
    ] as const) {
      const call = body === undefined ? {} : { body };
      expect(await request(method, path(attendee), { ...call, token: organizer.token })).toMatchObject({
        status: 403,
        body: { code: 'not_registrant' },
      });
      for (const as of [{}, { token: stranger.token }, { headers: { 'x-edit-token': 'A'.repeat(43) } }]) {
        expect(await request(method, path(attendee), { ...call, ...as })).toMatchObject(notFound);
      }
    }
    expect((await request('GET', path(attendee), { token: user.token })).body.version).toBe(1);
  });

  it('gives nobody the address of another', async () => {
    const first = await register();
    const second = await register();
    const taken = { ...byToken(second), body: { email: first.email.toUpperCase() } };
    expect(await request('PATCH', path(second), taken)).toMatchObject({ status: 409, body: { code: 'email_taken' } });
    const own = { ...byToken(second), body: { email: second.email.toUpperCase() } };
    expect((await request('PATCH', path(second), own)).status).toBe(200);
  });

  it('is done only to the version that If-Match names', async () => {
    const attendee = await register();
    const patch = (version: number) =>
      request('PATCH', path(attendee), {
        body: { first_name: `${version}` },
        headers: { ...byToken(attendee).headers, 'if-match': `"${version}"` },
      });
    expect((await patch(1)).status).toBe(200);
    expect(await patch(1)).toMatchObject({ status: 412, body: { code: 'version_mismatch' } });
    const headers = { ...byToken(attendee).headers, 'if-match': '"1"' };
    expect((await request('DELETE', path(attendee), { headers })).status).toBe(412);
  });

  it.each([
    ['null for a name', { first_name: null }, '/first_name', 'invalid_type'],
    ['a bad address', { email: 'x' }, '/email', 'invalid_format'],
    ['an unknown field', { notes: 'x' }, '/notes', 'unknown_field'],
  ])('refuses %s', async (_, body, pointer, code) => {
    const attendee = await register({}, user.token);
    const reply = await request('PATCH', path(attendee), { token: user.token, body });
    expect(reply).toMatchObject(invalid([pointer, code]));
  });
});

describe('forgetting an attendee', () => {
  it('leaves nothing personal, and the address free', async () => {
    const attendee = await register({ last_name: 'Unforgettable', phone: '+49301234567' });
    expect(await request('DELETE', path(attendee), byToken(attendee))).toMatchObject({ status: 204, body: '' });
    expect(await request('GET', path(attendee), byToken(attendee))).toMatchObject(notFound);
    expect(await request('DELETE', path(attendee), byToken(attendee))).toMatchObject(notFound);
    const words = "SELECT count(*) AS n FROM attendees_fts WHERE attendees_fts MATCH 'unforgettable'";
    expect(await env.DB.prepare(words).first('n')).toBe(0);
    expect((await register({ email: attendee.email })).id).not.toBe(attendee.id);
  });

  it('forgets the answer that was kept for a repeat of the registration, and no other', async () => {
    const body = attendeeBody();
    const headers = { ...address(), 'idempotency-key': crypto.randomUUID() };
    const [first, other] = [await post(body, headers), attendeeBody()];
    const otherHeaders = { ...headers, 'idempotency-key': crypto.randomUUID() };
    const kept = (await post(other, otherHeaders)).body;
    expect((await request('DELETE', path(first.body), byToken(first.body))).status).toBe(204);
    const again = await post(body, headers);
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotency-replayed')).toBeNull();
    expect(again.body.id).not.toBe(first.body.id);
    expect((await post(other, otherHeaders)).body).toEqual(kept);
  });

  it('keeps the answer while an event expects them', async () => {
    const body = attendeeBody();
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const call = { token: user.token, body, headers };
    const { body: attendee } = await request('POST', '/api/attendees', call);
    const event = await createEvent(organizer.token);
    await request('POST', `/api/events/${event.id}/reservations`, {
      token: user.token,
      body: { attendee_id: attendee.id },
    });
    expect((await request('DELETE', path(attendee), { token: user.token })).status).toBe(409);
    expect((await request('POST', '/api/attendees', call)).body).toEqual(attendee);
  });

  it('waits until no upcoming event expects them', async () => {
    const { attendee, reservation } = await coming();
    const remove = () => request('DELETE', path(attendee), { token: user.token });
    expect(await remove()).toMatchObject({ status: 409, body: { code: 'attendee_has_reservations' } });
    await request('POST', `/api/reservations/${reservation.id}/cancel`, { token: user.token });
    expect((await remove()).status).toBe(204);
    const kept = await request('GET', `/api/reservations/${reservation.id}`, { token: user.token });
    expect(kept.body.attendee_id).toBe(attendee.id);
  });

  it('waits for no event that was cancelled, though D1 has yet to hear what that did to reservations', async () => {
    const attendee = await register({}, user.token);
    const event = await projectEvent({ status: 'cancelled' });
    await env.DB.prepare(
      `INSERT INTO reservations (id, seq, event_id, user_id, attendee_id, quantity, status, ticket_code, created_at,
       updated_at, version) VALUES (?, 1, ?, ?, ?, 1, 'confirmed', '', 0, 0, 1)`,
    )
      .bind(newReservationId(event.id), event.id, user.userId, attendee.id)
      .run();
    expect((await request('DELETE', path(attendee), { token: user.token })).status).toBe(204);
  });

  it('leaves nobody for whom a reservation could come back', async () => {
    const { attendee, reservation } = await coming();
    const command = (name: string, body?: unknown) =>
      request('POST', `/api/reservations/${reservation.id}/${name}`, { token: user.token, body });
    await command('cancel');
    expect(await command('reactivate')).toMatchObject({ status: 200 });
    await command('cancel');
    expect((await request('DELETE', path(attendee), { token: user.token })).status).toBe(204);
    expect(await command('reactivate')).toMatchObject(notFound);
    expect(await command('confirm', { reacquire: true })).toMatchObject(notFound);
    expect(await command('confirm')).toMatchObject({ status: 409, body: { code: 'reservation_cancelled' } });
  });
});
