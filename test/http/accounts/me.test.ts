import { env } from 'cloudflare:workers';
import { drizzle } from 'drizzle-orm/d1';
import { beforeAll, describe, expect, it } from 'vitest';
import { changePassword } from '../../../src/accounts/devices.ts';
import { findUser } from '../../../src/accounts/queries.ts';
import { currentRole } from '../../../src/db/roles.ts';
import { verifyAccessToken } from '../../../src/http/auth.ts';
import { primary } from '../../../src/http/database.ts';
import { newUserId } from '../../../src/http/ids.ts';
import { address, logIn, newcomer, PASSWORD, refresh, signUp } from '../../support/accounts.ts';
import { request, somebody } from '../../support/api.ts';

describe('one’s own account', () => {
  it.each([
    ['GET', '/api/me', undefined],
    ['PATCH', '/api/me', { email: 'not an address' }],
    ['PUT', '/api/me/password', {}],
    ['PUT', '/api/me/organizer', {}],
  ])('%s %s asks for a token before it judges the body, and for an account behind it', async (method, path, body) => {
    const anonymous = await request(method, path, { body });
    expect(anonymous).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect(anonymous.headers.get('www-authenticate')).toMatch(/^Bearer/);
    const { token } = await somebody('organizer');
    const valid = {
      '/api/me': { username: 'ghost' },
      '/api/me/password': { current_password: PASSWORD, new_password: PASSWORD },
      '/api/me/organizer': { organization_name: 'Ghosts' },
    }[path];
    const gone = await request(method, path, { token, body: method === 'GET' ? undefined : valid, headers: address() });
    expect(gone).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  });
});

describe('changing the profile', () => {
  let token: string;
  let user: Record<string, string>;
  const patch = (body: unknown) => request('PATCH', '/api/me', { token, body });
  beforeAll(async () => {
    const { body } = await signUp();
    token = body.access_token;
    user = body.user;
  });

  it('changes what is sent and nothing else, and the new name works for logging in', async () => {
    const { username } = newcomer();
    const reply = await patch({ username });
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ ...user, username, updated_at: expect.any(String) });
    expect(Date.parse(reply.body.updated_at)).toBeGreaterThanOrEqual(Date.parse(String(user.updated_at)));
    expect((await logIn(username)).status).toBe(200);
    user = reply.body;
  });

  it('changes nothing for an empty body', async () => {
    expect(await patch({})).toMatchObject({ status: 200, body: user });
  });

  it('lets one write the own name in another case', async () => {
    const username = String(user.username).toUpperCase();
    expect(await patch({ username })).toMatchObject({ status: 200, body: { username } });
    user.username = username;
  });

  it('refuses names of others and keeps the own', async () => {
    const other = (await signUp()).body.user;
    const username = other.username.toUpperCase();
    expect(await patch({ username })).toMatchObject({ status: 409, body: { code: 'username_taken' } });
    expect(await patch({ email: other.email })).toMatchObject({ status: 409, body: { code: 'email_taken' } });
    expect(await patch({ username: newcomer().username, email: other.email })).toMatchObject({ status: 409 });
    const { body } = await request('GET', '/api/me', { token });
    expect(body).toMatchObject({ username: user.username, email: user.email });
  });

  it('lets one of two who want the same name at once have it', async () => {
    const { body: other } = await signUp();
    const { username } = newcomer();
    const replies = await Promise.all([
      patch({ username }),
      request('PATCH', '/api/me', { token: other.access_token, body: { username } }),
    ]);
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 409]);
  });

  it('refuses an organization to customers', async () => {
    const reply = await patch({ organization_name: 'Ada & Co' });
    expect(reply).toMatchObject({ status: 403, body: { code: 'organizer_required' } });
  });

  it.each([
    ['a role', { role: 'admin' }, '/role'],
    ['a password', { password: 'another password' }, '/password'],
    ['an empty username', { username: '' }, '/username'],
    ['null for an e-mail address', { email: null }, '/email'],
    ['null for an organization', { organization_name: null }, '/organization_name'],
  ])('refuses %s', async (_, body, pointer) => {
    const reply = await patch(body);
    expect(reply.status).toBe(422);
    expect(reply.body.errors[0].pointer).toBe(pointer);
  });
});

describe('changing the password', () => {
  it('signs every other device out, answers fresh tokens and makes the old password worthless', async () => {
    const { body } = await signUp();
    const put = (current: string, next: string) =>
      request('PUT', '/api/me/password', {
        token: body.access_token,
        body: { current_password: current, new_password: next },
        headers: address(),
      });
    const wrong = await put('not the password', 'a better passphrase');
    expect(wrong).toMatchObject({ status: 403, body: { code: 'wrong_password' } });
    expect(await put(PASSWORD, 'short')).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/new_password' }] },
    });

    const replies = await Promise.all([put(PASSWORD, 'a better passphrase'), put(PASSWORD, 'a better passphrase')]);
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 403]);
    const changed = replies.find((reply) => reply.status === 200);
    expect(changed?.body).toMatchObject({ token_type: 'Bearer', user: { id: body.user.id } });
    expect((await refresh(body.refresh_token)).status).toBe(401);
    expect((await refresh(changed?.body.refresh_token)).status).toBe(200);
    expect((await logIn(body.user.username)).status).toBe(401);
    expect((await logIn(body.user.username, 'a better passphrase')).status).toBe(200);
  });

  it('changes nothing for an account that was disabled meanwhile', async () => {
    const { id } = (await signUp()).body.user;
    const db = drizzle(env.DB);
    const before = await findUser(db, id);
    await env.DB.prepare('UPDATE users SET disabled_at = 1 WHERE id = ?').bind(id).run();
    expect(await changePassword(db, id, before?.passwordHash ?? '', 'another hash', Date.now())).toBeNull();
    expect(await findUser(db, id)).toEqual({ ...before, disabledAt: 1 });
  });
});

describe('becoming an organizer', () => {
  let session: Record<string, string> & { user: { id: string } };
  const put = (body: unknown) => request('PUT', '/api/me/organizer', { token: session.access_token ?? '', body });
  beforeAll(async () => {
    session = (await signUp()).body;
  });

  it.each([
    ['no name', {}],
    ['a blank name', { organization_name: '  ' }],
    ['an unknown field', { organization_name: 'Ada', role: 'admin' }],
  ])('refuses %s', async (_, body) => {
    expect((await put(body)).status).toBe(422);
  });

  it('works at once, with the token of the answer and for whoever asks for the current role', async () => {
    const reply = await put({ organization_name: 'Ada & Co', business_address: '1 Street' });
    expect(reply.status).toBe(200);
    expect(reply.body.user).toMatchObject({
      role: 'organizer',
      organization_name: 'Ada & Co',
      business_address: '1 Street',
    });
    const principal = await verifyAccessToken(env.JWT_SECRET, reply.body.access_token);
    expect(principal).toEqual({ userId: session.user.id, role: 'organizer' });
    expect(await currentRole(primary(env), reply.body.user.id)).toBe('organizer');
    expect((await refresh(session.refresh_token ?? '')).body.user.role).toBe('organizer');
  });

  it('may be repeated to replace the organization, which PATCH may edit then', async () => {
    const replaced = await put({ organization_name: 'Ada Ltd' });
    expect(replaced.body.user).toMatchObject({ organization_name: 'Ada Ltd', business_address: null });
    const patched = await request('PATCH', '/api/me', {
      token: session.access_token ?? '',
      body: { business_address: '2 Street' },
    });
    expect(patched.body).toMatchObject({ organization_name: 'Ada Ltd', business_address: '2 Street' });
  });

  it('leaves an admin an admin', async () => {
    await env.DB.prepare("UPDATE users SET role = 'admin' WHERE id = ?").bind(session.user.id).run();
    expect((await put({ organization_name: 'Ada & Co' })).body.user.role).toBe('admin');
  });

  it('gives no role to an account that does not exist', async () => {
    expect(await currentRole(primary(env), newUserId())).toBeNull();
  });
});
