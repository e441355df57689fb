import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { address, logIn, newcomer, PASSWORD, signUp } from '../../support/accounts.ts';
import { request } from '../../support/api.ts';

const post = (body: unknown) => request('POST', '/api/auth/signup', { body, headers: address() });

async function accountsNamed(username: string): Promise<number> {
  const row = await env.DB.prepare('SELECT count(*) AS n FROM users WHERE username = ?').bind(username).first('n');
  return Number(row);
}

describe('signing up', () => {
  it('makes a customer and signs the device in', async () => {
    const body = newcomer();
    const reply = await post(body);
    expect(reply.status).toBe(201);
    expect(reply.headers.get('cache-control')).toBe('no-store');
    expect(reply.body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: expect.stringMatching(/^[\w-]{67}$/),
      user: {
        id: expect.stringMatching(/^usr_/),
        username: body.username,
        email: body.email,
        role: 'customer',
        organization_name: null,
        business_address: null,
        created_at: expect.stringMatching(/Z$/),
        updated_at: expect.stringMatching(/Z$/),
      },
    });
    const me = await request('GET', '/api/me', { token: reply.body.access_token });
    expect(me.body).toEqual(reply.body.user);
  });

  it('makes an organizer with a trimmed name and an address of several lines', async () => {
    const reply = await signUp({ role: 'organizer', organization_name: ' Ada & Co ', business_address: 'A\r\nB' });
    expect(reply.status).toBe(201);
    expect(reply.body.user).toMatchObject({
      role: 'organizer',
      organization_name: 'Ada & Co',
      business_address: 'A\nB',
    });
  });

  it('keeps neither the password nor the refresh token in readable form', async () => {
    const { body } = await signUp();
    const user = await env.DB.prepare('SELECT * FROM users WHERE id = ?').bind(body.user.id).first();
    expect(user?.password_hash).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$[\w+/]{22}\$[\w+/]{43}$/);
    const family = await env.DB.prepare('SELECT * FROM refresh_families WHERE user_id = ?').bind(body.user.id).first();
    expect(JSON.stringify([user, family])).not.toContain(PASSWORD);
    expect(JSON.stringify([user, family])).not.toContain(body.refresh_token.slice(24));
  });

  it('refuses a username or an e-mail address that differs from another only by case or width', async () => {
    const first = newcomer();
    expect((await post(first)).status).toBe(201);
    const wide = first.username.toUpperCase().replace('USER', 'ＵＳＥＲ');
    expect(await post({ ...newcomer(), username: wide })).toMatchObject({
      status: 409,
      body: { code: 'username_taken' },
    });
    expect(await post({ ...newcomer(), email: first.email.toUpperCase() })).toMatchObject({
      status: 409,
      body: { code: 'email_taken' },
    });
  });

  it('takes the two sigmas of Greek, which have one upper case, for one', async () => {
    const username = 'Νίκος';
    expect((await post({ ...newcomer(), username })).status).toBe(201);
    const other = await post({ ...newcomer(), username: 'ΝΊΚΟσ' });
    expect(other).toMatchObject({ status: 409, body: { code: 'username_taken' } });
    expect((await logIn(username.toUpperCase())).body.user).toMatchObject({ username });
  });

  it('lets exactly one of five identical sign-ups at once win', async () => {
    const body = newcomer();
    const replies = await Promise.all(Array.from({ length: 5 }, () => post(body)));
    expect(replies.map((reply) => reply.status).sort()).toEqual([201, 409, 409, 409, 409]);
    expect(await accountsNamed(body.username)).toBe(1);
  });
});

describe('a sign-up is refused and nothing is stored', () => {
  const wrong: readonly [string, Record<string, unknown>, string, string][] = [
    ['for the role admin', { role: 'admin' }, '/role', 'invalid_value'],
    ['for an organizer without a name', { role: 'organizer' }, '/organization_name', 'required'],
    [
      'for an organizer with a blank name',
      { role: 'organizer', organization_name: ' ' },
      '/organization_name',
      'too_small',
    ],
    ['for a customer with an organization', { organization_name: 'X' }, '/organization_name', 'organizer_only'],
    ['for an unknown field', { is_admin: true }, '/is_admin', 'unknown_field'],
    ['without a password', { password: undefined }, '/password', 'required'],
    ['for a password of 9 characters', { password: 'ninechars' }, '/password', 'too_small'],
    ['for a password of 257 characters', { password: 'x'.repeat(257) }, '/password', 'too_big'],
    ['for a password with a lone surrogate', { password: `0123456789\ud800` }, '/password', 'invalid_text'],
    ['for a password with a NUL', { password: '0123456789\0' }, '/password', 'invalid_text'],
    ['for a username that is a number', { username: 12345 }, '/username', 'invalid_type'],
    ['for a username with an @', { username: 'a@b.example' }, '/username', 'invalid_format'],
    ['for a username with a full-width ＠', { username: 'a＠b' }, '/username', 'invalid_format'],
    ['for a username with a space', { username: 'a b' }, '/username', 'invalid_format'],
    ['for a username with a lone surrogate', { username: 'ab\udc00' }, '/username', 'invalid_format'],
    ...['\u3164', '\ufe0f', '\u034f', '\u115f'].map((unseen): [string, Record<string, unknown>, string, string] => [
      `for a username with the invisible ${escape(unseen)}`,
      { username: `ada${unseen}` },
      '/username',
      'invalid_format',
    ]),
    ['for a username of 65 characters', { username: 'x'.repeat(65) }, '/username', 'too_big'],
    ['for a username of many marks', { username: `a${'\u0301'.repeat(1000)}` }, '/username', 'too_big'],
    ['for an e-mail address without a domain', { email: 'ada' }, '/email', 'invalid_format'],
    ['for an e-mail address of 300 characters', { email: `a@${'b.'.repeat(148)}cd` }, '/email', 'too_big'],
    [
      'for a name with a line feed',
      { role: 'organizer', organization_name: 'a\nb' },
      '/organization_name',
      'invalid_text',
    ],
    [
      'for an address with a lone surrogate',
      { role: 'organizer', organization_name: 'a', business_address: '\ud800' },
      '/business_address',
      'invalid_text',
    ],
  ];
  it.each(wrong)('%s', async (_, fields, pointer, code) => {
    const body = newcomer(fields);
    const reply = await post(body);
    expect(reply).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
    expect(reply.body.errors).toContainEqual(expect.objectContaining({ pointer, code }));
    expect(await accountsNamed(String(body.username))).toBe(0);
  });

  it.each([
    ['malformed JSON', { raw: '{"username":' }, 400, 'malformed_request'],
    ['an array', { raw: '[]' }, 422, 'validation_failed'],
    ['no body', {}, 422, 'validation_failed'],
    ['a form', { raw: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415, null],
    ['an empty body, whatever its type', { headers: { 'content-type': 'text/plain' } }, 422, 'validation_failed'],
    ['JSON under no type', { raw: '{}', headers: { 'content-type': '' } }, 415, null],
    ['101 KB', { raw: JSON.stringify({ username: 'x'.repeat(101 * 1024) }) }, 413, 'body_too_large'],
  ])('for %s', async (_, call, status, code) => {
    const headers = { ...address(), ...('headers' in call ? call.headers : {}) };
    const reply = await request('POST', '/api/auth/signup', { ...call, headers });
    expect(reply).toMatchObject({ status, body: { code: code ?? 'unsupported_media_type' } });
  });
});
