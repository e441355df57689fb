import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { rebuild } from '../../../src/actor/client.ts';
import { PASSWORD, refresh, signUp, signUpAdmin } from '../../support/accounts.ts';
import { request, somebody } from '../../support/api.ts';
import { attendeeBody, register } from '../../support/attendees.ts';
import { member } from '../../support/cast.ts';
import { allPages, createEvent, hoursFromNow, invalid } from '../../support/events.ts';
import { createVenue } from '../../support/venues.ts';

const admin = await signUpAdmin();

// biome-ignore lint/suspicious/noExplicitAny: as `Reply`
async function historyOf(eventId: string): Promise<any[]> {
  return allPages(`/api/history?event_id=${eventId}`, 100, admin.token);
}

async function actionsOf(token: string): Promise<string[]> {
  return (await allPages('/api/me/history', 100, token)).map((line) => line.action);
}

describe('what an actor decides', () => {
  it('has its line, with who did it, to what, and details without secrets', async () => {
    const organizer = await somebody('organizer');
    const customer = await somebody();
    const event = await createEvent(organizer.token, { status: 'draft', reservations_open_at: hoursFromNow(-1) });
    await request('POST', `/api/events/${event.id}/publish`, { token: organizer.token });
    await request('PATCH', `/api/events/${event.id}`, { token: organizer.token, body: { title: 'Recital' } });
    const reserved = await request('POST', `/api/events/${event.id}/reservations`, {
      token: customer.token,
      body: { quantity: 2, status: 'pending' },
    });
    const reservation = `/api/reservations/${reserved.body.id}`;
    await request('POST', `${reservation}/confirm`, { token: customer.token });
    await request('POST', `${reservation}/cancel`, { token: organizer.token });

    const lines = await historyOf(event.id);
    expect(lines.map((line) => line.action)).toEqual([
      'reservation_cancelled',
      'reservation_confirmed',
      'reservation_created',
      'event_edited',
      'event_published',
      'event_created',
    ]);
    const [cancelled, , created, edited, , first] = lines;
    expect(first).toMatchObject({
      at: event.created_at,
      user_id: organizer.userId,
      subject: { type: 'event', id: event.id },
      event_id: event.id,
      details: { status: 'draft', details: { title: 'Concert', hold_minutes: 15, start_time: event.start_time } },
    });
    expect(edited.details).toEqual({ title: 'Recital' });
    expect(created).toMatchObject({
      user_id: customer.userId,
      subject: { type: 'reservation', id: reserved.body.id },
      details: { quantity: 2, status: 'pending', expires_at: reserved.body.expires_at },
    });
    expect(cancelled).toMatchObject({ user_id: organizer.userId, details: { by: 'organizer' } });
    expect(JSON.stringify(lines)).not.toMatch(/ticket/i);

    const mine = await allPages('/api/me/history', 100, customer.token);
    expect(mine.map((line) => [line.action, line.user_id])).toEqual([
      ['reservation_cancelled', null],
      ['reservation_confirmed', customer.userId],
      ['reservation_created', customer.userId],
    ]);
    expect(await actionsOf(organizer.token)).toEqual([
      'reservation_cancelled',
      'event_edited',
      'event_published',
      'event_created',
    ]);
  });

  it('has one line a fact, however often it is projected, and a rebuild brings lost lines back', async () => {
    const { token } = await somebody('organizer');
    const event = await createEvent(token);
    for (let count = 0; count < 3; count += 1) {
      const { token: customer } = await somebody();
      await request('POST', `/api/events/${event.id}/reservations`, { token: customer });
    }
    const lines = await historyOf(event.id);
    expect(lines).toHaveLength(4);
    await rebuild(env, event.id);
    expect(await historyOf(event.id)).toEqual(lines);
    await env.DB.prepare("DELETE FROM history WHERE event_id = ? AND action = 'reservation_created'")
      .bind(event.id)
      .run();
    expect(await historyOf(event.id)).toHaveLength(1);
    await rebuild(env, event.id);
    expect(await historyOf(event.id)).toEqual(lines);
  });
});

describe('what becomes of a reservation', () => {
  it('is known to each of its owners for their time, also after a rebuild', async () => {
    const event = await createEvent((await somebody('organizer')).token);
    const giver = await member('customer');
    const taker = await member('customer');
    const { body } = await request('POST', `/api/events/${event.id}/reservations`, { token: giver.token });
    const path = `/api/reservations/${body.id}`;
    await request('POST', `${path}/transfer`, { token: giver.token, body: { username: taker.username } });
    await request('POST', `${path}/transfer/accept`, { token: taker.token });
    await request('POST', `${path}/cancel`, { token: taker.token });
    for (let times = 0; times < 2; times += 1) {
      expect(await actionsOf(giver.token)).toEqual([
        'reservation_transferred',
        'transfer_offered',
        'reservation_created',
      ]);
      expect(await actionsOf(taker.token)).toEqual(['reservation_cancelled', 'reservation_transferred']);
      await env.DB.prepare('DELETE FROM history WHERE event_id = ?').bind(event.id).run();
      await rebuild(env, event.id);
    }
  });

  it('is no act of whoever made room', async () => {
    const event = await createEvent((await somebody('organizer')).token, { capacity: 1 });
    const first = await somebody();
    const next = await somebody();
    const path = `/api/events/${event.id}/reservations`;
    const { body } = await request('POST', path, { token: first.token });
    await request('POST', path, { token: next.token, body: { on_full: 'waitlist' } });
    await request('POST', `/api/reservations/${body.id}/cancel`, { token: first.token });
    expect(await actionsOf(first.token)).toEqual(['reservation_cancelled', 'reservation_created']);
    const [promoted] = await allPages('/api/me/history', 10, next.token);
    expect(promoted).toMatchObject({ action: 'reservation_promoted', user_id: null });
    expect(JSON.stringify(await historyOf(event.id))).not.toContain('passed');
  });
});

describe('what is done to an attendee', () => {
  it('has its line without personal data, with whoever was signed in', async () => {
    const owner = await somebody();
    const body = attendeeBody();
    const attendee = await register(body, owner.token);
    const path = `/api/attendees/${attendee.id}`;
    await request('PATCH', path, { token: owner.token, body: { phone: '+49 30 901820' } });
    await request('PATCH', path, { body: { first_name: 'Ada' }, headers: { 'x-edit-token': attendee.edit_token } });
    await request('PATCH', path, { token: owner.token, body: {} });
    await request('DELETE', path, { token: admin.token });
    const lines = await allPages('/api/me/history', 100, owner.token);
    expect(lines.map((line) => [line.action, line.user_id, line.details])).toEqual([
      ['attendee_deleted', null, {}],
      ['attendee_edited', null, { fields: ['first_name'] }],
      ['attendee_edited', owner.userId, { fields: ['phone'] }],
      ['attendee_registered', owner.userId, {}],
    ]);
  });
});

describe('what is done to an account', () => {
  it('has its line without personal data', async () => {
    const { body: session } = await signUp();
    const token = session.access_token;
    const { username, email } = session.user;
    await request('POST', '/api/auth/login', { body: { username, password: 'not the password' } });
    const login = await request('POST', '/api/auth/login', {
      body: { username, password: PASSWORD },
      headers: { 'cf-connecting-ip': '10.255.0.1' },
    });
    await request('POST', '/api/auth/logout', { body: { refresh_token: login.body.refresh_token } });
    await request('POST', '/api/auth/logout', { body: { refresh_token: login.body.refresh_token } });
    await request('PATCH', '/api/me', { token, body: { email: `new-${email}` } });
    await request('PATCH', '/api/me', { token, body: { username: 'ada', email: 'no address' } });
    await request('PUT', '/api/me/organizer', { token, body: { organization_name: 'Ada & Co' } });
    await request('PUT', '/api/me/organizer', { token, body: { organization_name: 'Ada Ltd' } });
    await request('PUT', '/api/me/password', {
      token,
      body: { current_password: PASSWORD, new_password: 'a better passphrase' },
    });
    await request('POST', '/api/auth/logout', { token, body: { all: true } });

    const lines = await allPages('/api/me/history', 100, token);
    const inOrder = lines.toSorted((a, b) => a.at.localeCompare(b.at));
    expect(inOrder.map((line) => line.action)).toEqual([
      'signed_up',
      'logged_in',
      'logged_out',
      'profile_edited',
      'became_organizer',
      'organization_changed',
      'password_changed',
      'logged_out_everywhere',
    ]);
    for (const line of lines) {
      const subject = { type: 'user', id: session.user.id };
      expect(line).toMatchObject({ user_id: session.user.id, subject, event_id: null });
    }
    expect(inOrder[0].details).toEqual({ role: 'customer' });
    expect(inOrder[3].details).toEqual({ fields: ['email'] });
    expect(JSON.stringify(lines)).not.toContain(email);
    expect(JSON.stringify(lines)).not.toContain('Ada');
  });

  it('has no line for what was refused or lost a race', async () => {
    const { body: first } = await signUp();
    const { body: second } = await signUp();
    const body = { username: first.user.username };
    expect((await request('PATCH', '/api/me', { token: second.access_token, body })).status).toBe(409);
    expect(
      (
        await request('POST', '/api/auth/signup', {
          body: { ...body, email: 'x@example.com', password: 'long enough it is' },
        })
      ).status,
    ).toBe(409);
    expect(await actionsOf(first.access_token)).toEqual(['signed_up']);
    expect(await actionsOf(second.access_token)).toEqual(['signed_up']);
  });

  it('has its line when an admin changes it, which its owner sees without the admin’s name', async () => {
    const { body } = await signUp();
    const change = { role: 'admin', disabled: true };
    await request('PATCH', `/api/users/${body.user.id}`, { token: admin.token, body: change });
    await request('PATCH', `/api/users/${body.user.id}`, { token: admin.token, body: {} });
    const [line, ...others] = await allPages('/api/me/history', 100, body.access_token);
    expect(line).toMatchObject({ action: 'account_changed', user_id: null, details: change });
    expect(others.map(({ action }) => action)).toEqual(['signed_up']);
    const [seen] = await allPages('/api/history?action=account_changed', 100, admin.token);
    expect(seen.subject).toEqual({ type: 'user', id: body.user.id });
    expect(seen.user_id).toMatch(/^usr_/);
  });

  it('tells when a spent refresh token ended a device', async () => {
    const { body } = await signUp();
    await refresh(body.refresh_token);
    expect(await actionsOf(body.access_token)).toEqual(['signed_up']);
    await refresh(body.refresh_token);
    await refresh(body.refresh_token);
    expect(await actionsOf(body.access_token)).toEqual(['session_revoked', 'signed_up']);
  });
});

describe('what is done to a venue', () => {
  it('has its line, also when an admin does it, and none when it is refused or changes nothing', async () => {
    const owner = await somebody('organizer');
    const venue = await createVenue(owner.token);
    const path = `/api/venues/${venue.id}`;
    await request('PATCH', path, { token: owner.token, body: {} });
    await request('PATCH', path, { token: owner.token, body: { capacity: 50 } });
    await request('PATCH', path, { token: owner.token, body: { capacity: 60 }, headers: { 'if-match': '"1"' } });
    await request('DELETE', path, { token: (await somebody('organizer')).token });
    await request('DELETE', path, { token: admin.token });
    const lines = await allPages('/api/me/history', 100, owner.token);
    expect(lines.map((line) => [line.action, line.user_id, line.details])).toEqual([
      ['venue_deleted', null, {}],
      ['venue_edited', owner.userId, { capacity: 50 }],
      ['venue_created', owner.userId, { name: 'Tempodrom' }],
    ]);
    expect(lines[0].subject).toEqual({ type: 'venue', id: venue.id });
  });
});

describe('reading history', () => {
  it('is for the signed-in, and everybody’s for admins, new ones at once', async () => {
    expect(await request('GET', '/api/me/history')).toMatchObject({ status: 401 });
    expect(await request('GET', '/api/history')).toMatchObject({ status: 401 });
    const { body } = await signUp();
    const ask = () => request('GET', '/api/history', { token: body.access_token });
    expect(await ask()).toMatchObject({ status: 403, body: { code: 'admin_required' } });
    await env.DB.prepare("UPDATE users SET role = 'admin' WHERE id = ?").bind(body.user.id).run();
    expect((await ask()).status).toBe(200);
  });

  it('filters by who, where, what and when, and pages without gaps', async () => {
    const organizer = await somebody('organizer');
    const event = await createEvent(organizer.token);
    const before = new Date(Date.now() + 60_000).toISOString();
    for (let count = 0; count < 3; count += 1) {
      await request('POST', `/api/events/${event.id}/reservations`, { token: (await somebody()).token });
    }
    const list = (query: string) => allPages(`/api/history?${query}`, 2, admin.token);
    expect(await list(`event_id=${event.id}`)).toHaveLength(4);
    expect(await list(`event_id=${event.id}&action=reservation_created`)).toHaveLength(3);
    expect(await list(`event_id=${event.id}&user_id=${organizer.userId}`)).toHaveLength(1);
    expect(await list(`user_id=${organizer.userId}&action=event_created`)).toHaveLength(1);
    expect(await list(`user_id=${organizer.userId}&from=${before}`)).toHaveLength(0);
    expect(await list(`user_id=${organizer.userId}&to=${before}`)).toHaveLength(1);
    const all = await list(`action=reservation_created&from=${event.created_at}&to=${before}`);
    expect(all.filter((line) => line.event_id === event.id)).toHaveLength(3);
    expect(all.map((line) => line.id)).toEqual(
      all
        .map((line) => line.id)
        .sort()
        .reverse(),
    );
    expect(await allPages('/api/me/history?action=event_created', 1, organizer.token)).toHaveLength(1);
  });

  it.each([
    ['user_id=ada', '/user_id', 'invalid_format'],
    ['event_id=1', '/event_id', 'invalid_format'],
    ['action=Robert%27)%3B', '/action', 'invalid_format'],
    ['from=yesterday', '/from', 'invalid_format'],
    ['limit=0', '/limit', 'too_small'],
    ['cursor=x', '/cursor', 'invalid_cursor'],
    ['subject=x', '/subject', 'unknown_field'],
  ])('refuses ?%s', async (query, pointer, code) => {
    expect(await request('GET', `/api/history?${query}`, { token: admin.token })).toMatchObject(
      invalid([pointer, code]),
    );
  });
});
