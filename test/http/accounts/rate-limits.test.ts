import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { networkOf } from '../../../src/http/rate-limits.ts';
import { address, newcomer, signUp } from '../../support/accounts.ts';
import { request } from '../../support/api.ts';
import { expectLimit, whenUsedUp } from '../../support/rate-limits.ts';

describe('rate limits', () => {
  it('let ten logins a minute try an account from one address, however it is written', async () => {
    const headers = address();
    const names = ['nobody-here', 'NOBODY-here', 'ｎobody-here'];
    const call = (username: string, from = headers) =>
      request('POST', '/api/auth/login', { body: { username, password: 'wrong password' }, headers: from });
    await expectLimit(10, (index) => call(names[index % names.length] ?? ''));
    expect((await call('somebody-else')).status).toBe(401);
    expect((await call('nobody-here', address())).status).toBe(401);
  });

  it('let ten logins a minute try an account under both of its names together', async () => {
    const { username, email } = (await signUp()).body.user;
    const headers = address();
    const call = (name: string) =>
      request('POST', '/api/auth/login', { body: { username: name, password: 'wrong password' }, headers });
    await expectLimit(10, (index) => call(index % 2 === 0 ? username : email));
  });

  it('don’t take what is typed for an account’s id', async () => {
    const { id, username } = (await signUp()).body.user;
    const headers = address();
    const call = (name: string) =>
      request('POST', '/api/auth/login', { body: { username: name, password: 'wrong password' }, headers });
    await expectLimit(10, () => call(id));
    expect((await call(username)).status).toBe(401);
  });

  it.each(['username', 'email'] as const)('let an account try sixty times a minute for another %s', async (field) => {
    const taken = (await signUp()).body.user[field];
    const { access_token: token } = (await signUp()).body;
    const edit = (body: object) => request('PATCH', '/api/me', { token, body });
    await expectLimit(60, () => edit({ [field]: taken }));
    expect((await edit({})).status).toBe(200);
  });

  it('let ten changes of password a minute try', async () => {
    const { body } = await signUp();
    const headers = address();
    await expectLimit(10, () =>
      request('PUT', '/api/me/password', {
        token: body.access_token,
        body: { current_password: 'wrong password', new_password: 'wrong password' },
        headers,
      }),
    );
  });

  it.each([
    ['sign-ups', '/api/auth/signup', newcomer(), env.SIGNUP_PER_ADDRESS],
    ['logins', '/api/auth/login', { username: 'anybody', password: 'wrong password' }, env.LOGIN_PER_ADDRESS],
  ])('count %s per network', async (_, path, body, limit) => {
    const from = (ip: string) => request('POST', path, { body, headers: { 'cf-connecting-ip': ip } });
    const reply = await whenUsedUp(limit, '2001:db8:7:7', () => from('2001:db8:7:7:1::1'));
    expect(reply).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect(reply.headers.get('retry-after')).toBe('60');
    expect((await from('2001:db8:7:8::1')).status).not.toBe(429);
  });

  it('tell IPv4 addresses and IPv6 networks apart', () => {
    expect(networkOf('192.0.2.7')).toBe('192.0.2.7');
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2');
    expect(networkOf('2001:db8:1:2::9')).toBe('2001:db8:1:2');
    expect(networkOf('2001:db8::9')).toBe('2001:db8:0:0');
    expect(networkOf('::1')).toBe('0:0:0:0');
    expect(networkOf(undefined)).toBe('unknown');
  });
});
