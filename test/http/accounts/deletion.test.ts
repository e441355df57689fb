import { createScheduledController } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { drizzle } from 'drizzle-orm/d1';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { closeAccount, startClosing } from '../../../src/accounts/closing.ts';
import { findUser } from '../../../src/accounts/queries.ts';
import { execute } from '../../../src/actor/client.ts';
import { app } from '../../../src/app.ts';
import { eventIdOf } from '../../../src/domain/ids.ts';
import type { ReservationId, UserId } from '../../../src/domain/model.ts';
import { newAttendeeId, newReservationId } from '../../../src/http/ids.ts';
import worker from '../../../src/worker.ts';
import { address, logIn, newcomer, PASSWORD, refresh, signUp, signUpAdmin } from '../../support/accounts.ts';
import { request, somebody } from '../../support/api.ts';
import { attendeeBody, register } from '../../support/attendees.ts';
import { allPages, createEvent, hoursFromNow, projectEvent } from '../../support/events.ts';
import { expectLimit } from '../../support/rate-limits.ts';

const MINUTE_MS = 60_000;

// biome-ignore lint/suspicious/noExplicitAny: as `Reply`
async function account(more: Readonly<Record<string, unknown>> = {}): Promise<any> {
  const { body } = await signUp(more);
  return { ...body.user, token: body.access_token, refreshToken: body.refresh_token };
}

function deleteMe(token: string, password = PASSWORD) {
  return request('DELETE', '/api/me', { token, body: { password }, headers: address() });
}

async function runCron(minutesFromNow = 0): Promise<void> {
  const scheduledTime = new Date(Date.now() + minutesFromNow * MINUTE_MS);
  await worker.scheduled(createScheduledController({ scheduledTime, cron: '*/5 * * * *' }), env);
}

async function closing(id: string): Promise<boolean> {
  return (await env.DB.prepare('SELECT 1 FROM closed_accounts WHERE user_id = ?').bind(id).first()) !== null;
}

async function reserve(token: string, eventId: string): Promise<string> {
  const { body } = await request('POST', `/api/events/${eventId}/reservations`, { token });
  return body.id;
}

async function statusOf(reservationId: string): Promise<string> {
  const admin = await somebody('admin');
  return (await request('GET', `/api/reservations/${reservationId}`, { token: admin.token })).body.status;
}

async function attendeeStatus(attendeeId: string): Promise<number> {
  const admin = await signUpAdmin();
  return (await request('GET', `/api/attendees/${attendeeId}`, { token: admin.token })).status;
}

/** An attendee of the account with a reservation for the event. */
async function comingTo(event: { readonly id: string }, token: string) {
  const { id: attendeeId } = await register({}, token);
  const body = { attendee_id: attendeeId };
  expect((await request('POST', `/api/events/${event.id}/reservations`, { token, body })).status).toBe(201);
  return { attendeeId, eventId: event.id };
}

/** Everything that D1 has of anybody, as text. */
async function everythingInD1(): Promise<string> {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%fts%' AND name NOT LIKE '\\_%' ESCAPE '\\'",
  ).all<{ name: string }>();
  const tables = await Promise.all(results.map(({ name }) => env.DB.prepare(`SELECT * FROM "${name}"`).all()));
  return JSON.stringify(tables.map((table) => table.results));
}

async function keptAnswers(): Promise<number | null> {
  return env.DB.prepare('SELECT count(*) AS count FROM idempotency_keys').first<number>('count');
}

describe('deleting an account', () => {
  it('forgets the answers that were kept for repeats of its requests, and those only', async () => {
    const before = await keptAnswers();
    const headers = () => ({ ...address(), 'idempotency-key': crypto.randomUUID() });
    const me = await request('POST', '/api/auth/signup', { body: newcomer(), headers: headers() });
    const token = me.body.access_token;
    await request('POST', '/api/attendees', { token, body: attendeeBody(), headers: headers() });
    await request('POST', '/api/attendees', { body: attendeeBody(), headers: headers() });
    expect(await keptAnswers()).toBe(Number(before) + 3);
    expect((await deleteMe(token, 'wrong password')).status).toBe(403);
    expect(await keptAnswers()).toBe(Number(before) + 3);
    expect((await deleteMe(token)).status).toBe(204);
    expect(await keptAnswers()).toBe(Number(before) + 1);
  });

  it('removes all personal data, signs every device out and frees the names', async () => {
    const more = { role: 'organizer', organization_name: 'Zanzibar Players', business_address: '7 Quay Street' };
    const me = await account(more);
    expect((await deleteMe(me.token)).status).toBe(204);
    const left = await everythingInD1();
    for (const text of [me.username, me.email, 'Zanzibar', 'Quay Street']) expect(left).not.toContain(text);
    expect((await refresh(me.refreshToken)).status).toBe(401);
    expect((await logIn(me.username)).status).toBe(401);
    expect((await request('GET', '/api/me', { token: me.token })).status).toBe(401);
    expect((await deleteMe(me.token)).status).toBe(401);
    const again = await signUp({ username: me.username, email: me.email });
    expect(again).toMatchObject({ status: 201 });
    expect(again.body.user.id).not.toBe(me.id);
  });

  it('cancels the active reservations, and keeps the id in their history', async () => {
    const organizer = await somebody('organizer');
    const me = await account();
    const events = await Promise.all(['a', 'b', 'c'].map((title) => createEvent(organizer.token, { title })));
    const ids = await Promise.all(events.map((event) => reserve(me.token, event.id)));
    await deleteMe(me.token);
    expect(await Promise.all(ids.map(statusOf))).toEqual(['cancelled', 'cancelled', 'cancelled']);
    const admin = await signUpAdmin();
    const lines = await allPages(`/api/history?user_id=${me.id}`, 100, admin.token);
    const actions = lines.map((line) => line.action).sort();
    expect(actions).toEqual([
      'account_deleted',
      ...Array(3).fill('reservation_cancelled'),
      ...Array(3).fill('reservation_created'),
      'signed_up',
    ]);
    expect(lines.filter((line) => line.action === 'reservation_cancelled').map((line) => line.details.by)).toEqual(
      Array(3).fill('holder'),
    );
  });

  it('gets no seats any more: what it had is not brought back', async () => {
    const organizer = await somebody('organizer');
    const event = await createEvent(organizer.token, { requires_confirmation: true });
    const me = await account();
    const id = await reserve(me.token, event.id);
    const act = (action: string, body?: unknown) =>
      request('POST', `/api/reservations/${id}/${action}`, {
        token: organizer.token,
        ...(body !== undefined && { body }),
      });
    expect((await act('cancel')).status).toBe(200);
    expect((await act('reactivate')).status).toBe(200);
    await deleteMe(me.token);
    expect(await statusOf(id)).toBe('cancelled');
    expect(await act('reactivate')).toMatchObject({ status: 404, body: { code: 'user_not_found' } });
    expect(await act('confirm', { reacquire: true })).toMatchObject({ status: 404, body: { code: 'user_not_found' } });
  });

  it('forgets the attendees whom it registered, but for those who are still expected', async () => {
    const organizer = await somebody('organizer');
    const me = await account();
    const gone = await register({}, me.token);
    const cancelled = await register({}, me.token);
    const expected = await register({}, me.token);
    const open = await createEvent(organizer.token);
    const closed = await createEvent(organizer.token, { cancel_until: hoursFromNow(-1) });
    for (const [event, attendee] of [
      [open, cancelled],
      [closed, expected],
    ]) {
      const body = { attendee_id: attendee.id };
      await request('POST', `/api/events/${event.id}/reservations`, { token: me.token, body });
    }
    await deleteMe(me.token);
    const left = [gone, cancelled, expected].map(({ id }) => attendeeStatus(id));
    expect(await Promise.all(left)).toEqual([404, 404, 200]);
    await runCron(60);
    expect(await closing(me.id)).toBe(true);
    await runCron(48 * 60);
    expect(await closing(me.id)).toBe(false);
  });

  it('forgets, with an attendee whom a token that was still out registered, what was answered', async () => {
    const me = await account();
    await deleteMe(me.token);
    const before = await keptAnswers();
    const headers = { ...address(), 'idempotency-key': crypto.randomUUID() };
    const late = await request('POST', '/api/attendees', { token: me.token, body: attendeeBody(), headers });
    expect(late.status).toBe(201);
    expect(await keptAnswers()).toBe(Number(before) + 1);
    await startClosing(env, drizzle(env.DB), me.id as UserId, Date.now());
    expect(await keptAnswers()).toBe(before);
  });

  it('forgets an attendee of a hold that is over or of an event that is deleted, as by hand', async () => {
    const organizer = await somebody('organizer');
    const me = await account();
    // Holders may not cancel any more, so that the reservations are still there when the attendees' turn comes.
    const over = { cancel_until: hoursFromNow(-1), requires_confirmation: true };
    const [lapsed, removed, held] = await Promise.all([
      comingTo(await createEvent(organizer.token, over), me.token),
      comingTo(await createEvent(organizer.token, over), me.token),
      comingTo(await createEvent(organizer.token, over), me.token),
    ]);
    await env.DB.batch([
      env.DB.prepare('UPDATE reservations SET expires_at = 1 WHERE attendee_id = ?').bind(lapsed.attendeeId),
      env.DB.prepare('UPDATE events SET deleted_at = 1 WHERE id = ?').bind(removed.eventId),
    ]);
    await deleteMe(me.token);
    const left = [lapsed, removed, held].map(({ attendeeId }) => attendeeStatus(attendeeId));
    expect(await Promise.all(left)).toEqual([404, 404, 200]);
  });

  it('leaves a reservation whose holder may not cancel any more', async () => {
    const organizer = await somebody('organizer');
    const event = await createEvent(organizer.token, { cancel_until: hoursFromNow(-1) });
    const me = await account();
    const id = await reserve(me.token, event.id);
    expect((await deleteMe(me.token)).status).toBe(204);
    expect(await statusOf(id)).toBe('confirmed');
    await runCron(60);
    expect(await closing(me.id)).toBe(false);
  });

  it('leaves the line of those who wait, however late it is', async () => {
    const organizer = await somebody('organizer');
    const event = await createEvent(organizer.token, { capacity: 1, cancel_until: hoursFromNow(-1) });
    const taken = await reserve(organizer.token, event.id);
    const me = await account();
    const path = `/api/events/${event.id}/reservations`;
    const waiting = await request('POST', path, { token: me.token, body: { on_full: 'waitlist' } });
    expect(waiting.body.status).toBe('waitlisted');
    expect((await deleteMe(me.token)).status).toBe(204);
    await request('POST', `/api/reservations/${taken}/cancel`, { token: organizer.token });
    expect(await statusOf(waiting.body.id)).toBe('cancelled');
  });

  it('cancels what a token that is still out reserves, however late it is', async () => {
    const organizer = await somebody('organizer');
    const event = await createEvent(organizer.token, { cancel_until: hoursFromNow(-1) });
    const me = await account();
    expect((await deleteMe(me.token)).status).toBe(204);
    const id = await reserve(me.token, event.id);
    await runCron(5);
    expect(await statusOf(id)).toBe('cancelled');
  });

  it('cancels what such a token takes back or takes over, however late it is, and nothing that was there', async () => {
    const organizer = await somebody('organizer');
    const other = await somebody();
    const late = () => createEvent(organizer.token, { cancel_until: hoursFromNow(-1) });
    const me = await account();
    const before = await reserve(me.token, (await late()).id);
    const ended = await reserve(me.token, (await late()).id);
    const offered = await reserve(other.token, (await late()).id);
    const act = (as: { token: string }, id: string, command: string, body?: object) =>
      request('POST', `/api/reservations/${id}/${command}`, { token: as.token, body });
    await act(organizer, ended, 'cancel');
    expect((await act(other, offered, 'transfer', { user_id: me.id })).status).toBe(200);
    expect((await deleteMe(me.token)).status).toBe(204);
    expect(await act(me, ended, 'reactivate')).toMatchObject({ status: 200, body: { status: 'confirmed' } });
    // As when the account is looked for before it is deleted, and accepts after.
    const accept = { type: 'accept_transfer', reservationId: offered as ReservationId, ticketCode: 'new' } as const;
    const principal = { userId: me.id, role: 'customer' } as const;
    const { outcome } = await execute(env, eventIdOf(accept.reservationId), principal, accept);
    expect(outcome).toMatchObject({ reservation: { userId: me.id } });
    await runCron(5);
    expect(await Promise.all([before, ended, offered].map(statusOf))).toEqual(['confirmed', 'cancelled', 'cancelled']);
  });

  it('needs the password, and a limited number of guesses', async () => {
    const me = await account();
    expect(await deleteMe(me.token, 'not the password')).toMatchObject({
      status: 403,
      body: { code: 'wrong_password' },
    });
    const headers = address();
    await expectLimit(10, () =>
      request('DELETE', '/api/me', { token: me.token, body: { password: 'guess' }, headers }),
    );
    expect((await request('GET', '/api/me', { token: me.token })).status).toBe(200);
  });

  it('tells the second of two who had the right password that the account is gone', async () => {
    const me = await account();
    const replies = await Promise.all([deleteMe(me.token), deleteMe(me.token)]);
    expect(replies.map(({ status }) => status).sort()).toEqual([204, 401]);
  });

  it('is refused while published events are to come, until they are cancelled', async () => {
    const me = await account({ role: 'organizer', organization_name: 'Ada & Co' });
    const event = await createEvent(me.token);
    await createEvent(me.token, { status: 'draft' });
    expect(await deleteMe(me.token)).toMatchObject({ status: 409, body: { code: 'account_has_events' } });
    await request('POST', `/api/events/${event.id}/cancel`, { token: me.token });
    expect((await deleteMe(me.token)).status).toBe(204);
  });

  it('signs no device out where it is refused', async () => {
    const me = await account({ role: 'organizer', organization_name: 'Ada & Co' });
    await createEvent(me.token);
    expect(await deleteMe(me.token)).toMatchObject({ status: 409, body: { code: 'account_has_events' } });
    expect(await refresh(me.refreshToken)).toMatchObject({ status: 200, body: { user: { id: me.id } } });
  });

  it('is refused where the password was changed after it was looked at', async () => {
    const me = await account();
    const db = drizzle(env.DB);
    const looked = await findUser(db, me.id);
    if (looked === null) throw new Error('the account is missing');
    const body = { current_password: PASSWORD, new_password: 'another passphrase' };
    const changed = await request('PUT', '/api/me/password', { token: me.token, body, headers: address() });
    expect(changed.status).toBe(200);
    expect(await closeAccount(db, looked, Date.now())).toBe('wrong_password');
    expect((await request('GET', '/api/me', { token: me.token })).status).toBe(200);
    expect((await refresh(changed.body.refresh_token)).status).toBe(200);
  });

  it('is refused to the last admin', async () => {
    await env.DB.prepare("UPDATE users SET role = 'customer' WHERE role = 'admin'").run();
    const [one, other] = [await signUpAdmin(), await signUpAdmin()];
    const both = await Promise.all([deleteMe(one.token), deleteMe(other.token)]);
    expect(both.map((reply) => reply.status).sort()).toEqual([204, 409]);
    expect(both.find((reply) => reply.status === 409)?.body.code).toBe('last_admin');
  });

  it.each([
    ['no body', undefined],
    ['no password', {}],
    ['an unknown field', { password: PASSWORD, sure: true }],
  ])('refuses %s', async (_, body) => {
    const me = await account();
    const reply = await request('DELETE', '/api/me', { token: me.token, body });
    expect([400, 415, 422]).toContain(reply.status);
    expect((await request('DELETE', '/api/me', { body: { password: PASSWORD } })).status).toBe(401);
  });
});

describe('what a deleted account leaves to the cron trigger', () => {
  // A run looks at so many accounts, and the tests above have left some.
  beforeEach(async () => void (await env.DB.exec('DELETE FROM closed_accounts')));

  it('is whatever an access token that was still out reserved or published', async () => {
    const organizer = await somebody('organizer');
    const event = await createEvent(organizer.token);
    const me = await account({ role: 'organizer', organization_name: 'Ada & Co' });
    await deleteMe(me.token);
    const reservation = await reserve(me.token, event.id);
    const late = await createEvent(me.token);
    await runCron(5);
    expect(await statusOf(reservation)).toBe('cancelled');
    expect((await request('GET', `/api/events/${late.id}`, { token: organizer.token })).body.status).toBe('cancelled');
    expect(await closing(me.id)).toBe(true);
    await runCron(35);
    expect(await closing(me.id)).toBe(false);
  });

  it('is all that such a token published, however many and however late it comes to that', async () => {
    const me = await account({ role: 'organizer', organization_name: 'Ada & Co' });
    await deleteMe(me.token);
    const ids = await Promise.all(Array.from({ length: 30 }, async () => (await createEvent(me.token)).id));
    await runCron(31);
    const { token } = await somebody();
    const events = await Promise.all(ids.map((id) => request('GET', `/api/events/${id}`, { token })));
    expect(events.filter(({ body }) => body.status !== 'cancelled')).toEqual([]);
    expect(await closing(me.id)).toBe(false);
  });

  it('is seen to in turn, however many accounts there are', async () => {
    await env.DB.prepare(
      `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30)
       INSERT INTO closed_accounts (user_id, closed_at, checked_at) SELECT 'usr_' || n, ? - n, 0 FROM n`,
    )
      .bind(Date.now())
      .run();
    const unseen = () => env.DB.prepare('SELECT count(*) AS n FROM closed_accounts WHERE checked_at = 0').first('n');
    await runCron(5);
    expect(await unseen()).toBe(10);
    await runCron(10);
    expect(await unseen()).toBe(0);
  });

  it('is what one request does not get done, in runs that are bounded', async () => {
    const event = await projectEvent();
    const me = await account();
    const rows = Array.from({ length: 620 }, () => newReservationId(event.id));
    await env.DB.prepare(
      `INSERT INTO reservations (id, seq, event_id, user_id, quantity, status, ticket_code, created_at, updated_at, version)
       SELECT value, 1, ?, ?, 1, 'confirmed', value, 0, 0, 1 FROM json_each(?)`,
    )
      .bind(event.id, me.id, JSON.stringify(rows))
      .run();
    const asked = vi.spyOn(env.EVENT_ACTOR, 'get');
    await deleteMe(me.token);
    expect(asked).toHaveBeenCalledTimes(100);
    asked.mockClear();
    await runCron(60);
    expect(asked).toHaveBeenCalledTimes(500);
    expect(await closing(me.id)).toBe(true);
    asked.mockRestore();
  });

  it('is whom it registered, beyond what one request gets done', async () => {
    const me = await account();
    await env.DB.prepare(
      `INSERT INTO attendees (id, user_id, first_name, last_name, last_name_key, email, email_key, edit_token_hash,
         created_at, updated_at, version)
       SELECT value, ?, 'Ann', 'Name', 'name', value || '@example.com', value || '@example.com', '', 0, 0, 1
       FROM json_each(?)`,
    )
      .bind(me.id, JSON.stringify(Array.from({ length: 130 }, newAttendeeId)))
      .run();
    const left = () => env.DB.prepare('SELECT count(*) AS n FROM attendees WHERE user_id = ?').bind(me.id).first('n');
    await deleteMe(me.token);
    expect(await left()).toBe(30);
    await runCron();
    expect(await left()).toBe(0);
  });

  it('is what D1 failed to tell of: the account is gone all the same', async () => {
    const organizer = await somebody('organizer');
    const me = await account();
    const id = await reserve(me.token, (await createEvent(organizer.token)).id);
    const error = vi.spyOn(console, 'error').mockReturnValue();
    const DB = {
      withSession(constraint: D1SessionConstraint) {
        const session = env.DB.withSession(constraint);
        const prepare = (query: string) => {
          if (query.includes('from "reservations"')) throw new Error('D1_ERROR: D1 DB is overloaded.');
          return session.prepare(query);
        };
        return { prepare, batch: session.batch.bind(session), getBookmark: () => session.getBookmark() };
      },
    };
    const body = JSON.stringify({ password: PASSWORD });
    const headers = { ...address(), 'content-type': 'application/json', authorization: `Bearer ${me.token}` };
    const reply = await app.request('/api/me', { method: 'DELETE', headers, body }, { ...env, DB } as unknown as Env);
    expect(reply.status).toBe(204);
    expect(error).toHaveBeenCalledTimes(1);
    error.mockRestore();
    expect(await closing(me.id)).toBe(true);
    await runCron();
    expect(await statusOf(id)).toBe('cancelled');
  });

  it('is what no actor answered for', async () => {
    const organizer = await somebody('organizer');
    const event = await createEvent(organizer.token);
    const me = await account();
    const id = await reserve(me.token, event.id);
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const out = vi.spyOn(env.EVENT_ACTOR, 'get').mockImplementation(() => {
      throw Object.assign(new Error('out of reach'), { overloaded: true });
    });
    expect((await deleteMe(me.token)).status).toBe(204);
    out.mockRestore();
    expect(await statusOf(id)).toBe('confirmed');
    await runCron();
    expect(await statusOf(id)).toBe('cancelled');
    warn.mockRestore();
  });
});
