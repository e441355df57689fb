import { env } from 'cloudflare:workers';
import { drizzle } from 'drizzle-orm/d1';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listUsers } from '../../../src/accounts/users-queries.ts';
import { newUserId } from '../../../src/http/ids.ts';
import { logIn, refresh, signUp, signUpAdmin } from '../../support/accounts.ts';
import { request, somebody } from '../../support/api.ts';
import { allPages, eventBody, invalid } from '../../support/events.ts';

let admin: Awaited<ReturnType<typeof signUpAdmin>>;
const patch = (id: string, body: unknown, token = admin.token) => request('PATCH', `/api/users/${id}`, { token, body });
const organizer = () => signUp({ role: 'organizer', organization_name: 'Ada & Co', business_address: '1 Street' });

beforeAll(async () => {
  admin = await signUpAdmin();
});

describe('listing accounts', () => {
  it('shows them to admins, newest first, a page at a time', async () => {
    const first = (await signUp()).body.user;
    const second = (await organizer()).body.user;
    const reply = await request('GET', '/api/users?limit=2', { token: admin.token });
    expect(reply.headers.get('cache-control')).toBe('no-store');
    expect(reply.body.items).toEqual([
      { ...second, disabled: false },
      { ...first, disabled: false },
    ]);
    const all = await allPages('/api/users', 2, admin.token);
    const { n } = (await env.DB.prepare('SELECT count(*) AS n FROM users').first<{ n: number }>()) ?? { n: 0 };
    expect(new Set(all.map(({ id }) => id)).size).toBe(n);
  });

  it('never shows a password', async () => {
    const reply = await request('GET', '/api/users', { token: admin.token });
    expect(JSON.stringify(reply.body)).not.toMatch(/password|scrypt/);
  });

  it('filters by name, address, role and being disabled', async () => {
    const { user } = (await organizer()).body;
    const ids = async (query: string) => (await allPages(`/api/users?${query}`, 100, admin.token)).map(({ id }) => id);
    expect(await ids(`q=${user.username.toUpperCase()}`)).toEqual([user.id]);
    expect(await ids(`q=${encodeURIComponent(user.email.slice(0, -4))}`)).toEqual([user.id]);
    expect(await ids(`q=${user.username.slice(2)}`)).toEqual([]);
    expect(await ids('q=%25')).toEqual([]);
    expect(await ids(`q=${user.username}&role=organizer`)).toEqual([user.id]);
    expect(await ids(`q=${user.username}&role=customer`)).toEqual([]);
    expect(await ids('role=admin')).toEqual([admin.id]);
    await patch(user.id, { disabled: true });
    expect(await ids('disabled=true')).toEqual([user.id]);
    expect(await ids(`q=${user.username}&disabled=false`)).toEqual([]);
  });

  it('finds whose name goes on with a letter behind z', async () => {
    const prefix = `u${crypto.randomUUID().slice(0, 8)}`;
    const { user } = (await signUp({ username: `${prefix}é` })).body;
    expect((await allPages(`/api/users?q=${prefix}`, 100, admin.token)).map(({ id }) => id)).toEqual([user.id]);
  });

  it('is refused to everybody else, whatever the token says', async () => {
    expect((await request('GET', '/api/users')).status).toBe(401);
    const tokens = [
      (await somebody()).token,
      (await organizer()).body.access_token,
      // Signed, but of no account: as that of an admin whose account is gone.
      (await somebody('admin')).token,
    ];
    for (const token of tokens) {
      const refused = { status: 403, body: { code: 'admin_required' } };
      expect(await request('GET', '/api/users', { token })).toMatchObject(refused);
      expect(await patch(admin.id, { role: 'customer' }, token)).toMatchObject(refused);
    }
  });

  it.each([
    ['limit=0', '/limit', 'too_small'],
    ['role=god', '/role', 'invalid_value'],
    ['disabled=1', '/disabled', 'invalid_value'],
    ['q=', '/q', 'too_small'],
    ['email=a', '/email', 'unknown_field'],
    ['cursor=x', '/cursor', 'invalid_cursor'],
  ])('refuses ?%s', async (query, pointer, code) => {
    const reply = await request('GET', `/api/users?${query}`, { token: admin.token });
    expect(reply).toMatchObject(invalid([pointer, code]));
  });

  it.each([
    [{}, 'SCAN users'],
    [{ role: 'admin' as const }, 'SEARCH users USING INDEX users_by_role (role=?)'],
    [{ q: 'ada' }, 'MULTI-INDEX OR'],
  ])('%j goes by %s', async (query, step) => {
    const asked: { sql: string; params: unknown[] }[] = [];
    const db = drizzle(env.DB, { logger: { logQuery: (sql, params) => asked.push({ sql, params }) } });
    await listUsers(db, { limit: 25, ...query });
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${asked[0]?.sql}`)
      .bind(...(asked[0]?.params ?? []))
      .all<{ detail: string }>();
    expect(results[0]?.detail).toBe(step);
    expect(results.some(({ detail }) => detail.includes('TEMP B-TREE'))).toBe('q' in query);
  });
});

describe('changing an account', () => {
  it('gives another role, which the next login or refresh carries', async () => {
    const { body } = await organizer();
    const reply = await patch(body.user.id, { role: 'admin' });
    expect(reply).toMatchObject({ status: 200, body: { id: body.user.id, role: 'admin', disabled: false } });
    expect((await refresh(body.refresh_token)).body.user.role).toBe('admin');
    expect((await patch(body.user.id, { role: 'organizer' })).body.role).toBe('organizer');
    expect((await patch(body.user.id, { role: 'customer' })).body.role).toBe('customer');
    expect(await request('GET', '/api/users', { token: body.access_token })).toMatchObject({ status: 403 });
  });

  it('makes a customer an organizer, whose organization has their name until they give it another', async () => {
    const { body } = await signUp();
    const changed = await patch(body.user.id, { role: 'organizer' });
    expect(changed).toMatchObject({ status: 200, body: { role: 'organizer', organization_name: body.user.username } });
    const { access_token: token } = (await refresh(body.refresh_token)).body;
    const event = eventBody();
    expect(await request('POST', '/api/events', { token, body: event })).toMatchObject({ status: 201 });
    expect(await request('PATCH', '/api/me', { token, body: { organization_name: 'Acme' } })).toMatchObject({
      status: 200,
      body: { organization_name: 'Acme' },
    });
  });

  it('is nothing that it does when it names nothing', async () => {
    const { user } = (await signUp()).body;
    const lines = () =>
      env.DB.prepare('SELECT count(*) AS n FROM history WHERE subject_id = ?').bind(user.id).first('n');
    const before = await lines();
    await scheduler.wait(2);
    expect(await patch(user.id, {})).toMatchObject({ status: 200, body: { updated_at: user.updated_at } });
    expect(await lines()).toBe(before);
  });

  it('disables: no login, no refresh, no fresh token by another way; and enables again', async () => {
    const { body } = await signUp();
    const { user, access_token: token } = body;
    expect((await patch(user.id, { disabled: true })).body.disabled).toBe(true);
    expect((await patch(user.id, { disabled: true })).status).toBe(200);
    expect((await refresh(body.refresh_token)).body.code).toBe('invalid_refresh_token');
    expect(await logIn(user.username)).toMatchObject({ status: 403, body: { code: 'account_disabled' } });
    expect(await logIn(user.username, 'wrong password')).toMatchObject({
      status: 401,
      body: { code: 'invalid_credentials' },
    });
    const disabled = { status: 403, body: { code: 'account_disabled' } };
    expect(await request('GET', '/api/me', { token })).toMatchObject(disabled);
    expect(await request('PATCH', '/api/me', { token, body: { username: 'other' } })).toMatchObject(disabled);
    const organization = { organization_name: 'X' };
    expect(await request('PUT', '/api/me/organizer', { token, body: organization })).toMatchObject(disabled);
    expect((await patch(user.id, { disabled: false })).body.disabled).toBe(false);
    expect((await refresh(body.refresh_token)).status).toBe(401);
    expect((await logIn(user.username)).status).toBe(200);
  });

  it('ends a login that is under way', async () => {
    const { user } = (await signUp()).body;
    const [, login] = await Promise.all([patch(user.id, { disabled: true }), logIn(user.username)]);
    const families = 'SELECT count(*) AS n FROM refresh_families WHERE user_id = ?';
    expect(await env.DB.prepare(families).bind(user.id).first('n')).toBe(0);
    if (login.status === 200) expect((await refresh(login.body.refresh_token)).status).toBe(401);
  });

  it('takes an admin’s power at once, though the token lives on', async () => {
    const second = await signUpAdmin();
    await patch(second.id, { disabled: true });
    expect((await request('GET', '/api/users', { token: second.token })).status).toBe(403);
  });

  it.each([
    ['an unknown role', { role: 'god' }, '/role', 'invalid_value'],
    ['null for a role', { role: null }, '/role', 'invalid_value'],
    ['a text for disabled', { disabled: 'true' }, '/disabled', 'invalid_type'],
    ['a password', { password: 'another password' }, '/password', 'unknown_field'],
  ])('refuses %s', async (_, body, pointer, code) => {
    expect(await patch(admin.id, body)).toMatchObject(invalid([pointer, code]));
  });

  it.each([newUserId(), '7', 'ada'])('knows no user %s', async (id) => {
    expect(await patch(id, { disabled: true })).toMatchObject({ status: 404, body: { code: 'user_not_found' } });
  });
});

describe('the last admin', () => {
  beforeEach(async () => {
    await env.DB.prepare("UPDATE users SET role = 'customer' WHERE role = 'admin' AND id <> ?").bind(admin.id).run();
  });

  it.each([{ disabled: true }, { role: 'customer' }, { role: 'organizer' }])('cannot do %j to itself', async (body) => {
    await env.DB.prepare("UPDATE users SET organization_name = 'X' WHERE id = ?").bind(admin.id).run();
    expect(await patch(admin.id, body)).toMatchObject({ status: 409, body: { code: 'last_admin' } });
    expect((await request('GET', '/api/users', { token: admin.token })).status).toBe(200);
  });

  it('is one of two who demote each other at once', async () => {
    const second = await signUpAdmin();
    const replies = await Promise.all([
      patch(second.id, { role: 'customer' }),
      patch(admin.id, { role: 'customer' }, second.token),
    ]);
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    const admins = "SELECT count(*) AS n FROM users WHERE role = 'admin' AND disabled_at IS NULL";
    expect(await env.DB.prepare(admins).first('n')).toBe(1);
    await env.DB.prepare("UPDATE users SET role = 'admin' WHERE id = ?").bind(admin.id).run();
  });

  it('is not a disabled one', async () => {
    const second = await signUpAdmin();
    await patch(second.id, { disabled: true });
    expect((await patch(admin.id, { disabled: true })).body.code).toBe('last_admin');
    expect((await patch(second.id, { role: 'customer' })).status).toBe(200);
  });
});
