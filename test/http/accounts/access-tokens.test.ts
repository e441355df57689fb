import { env } from 'cloudflare:workers';
import { SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { signAccessToken, verifyAccessToken } from '../../../src/http/auth.ts';
import { newUserId } from '../../../src/http/ids.ts';
import { signUp } from '../../support/accounts.ts';
import { request } from '../../support/api.ts';

const key = (secret: string) => new TextEncoder().encode(secret);
const seconds = () => Math.floor(Date.now() / 1000);
let userId: string;
let valid: string;
let claims: Record<string, unknown>;

beforeAll(async () => {
  const { body } = await signUp();
  userId = body.user.id;
  valid = body.access_token;
  claims = {
    iss: 'seatkeeper',
    aud: 'seatkeeper-api',
    sub: userId,
    role: 'customer',
    iat: seconds(),
    exp: seconds() + 60,
    jti: 'some-id',
  };
});

const sign = (payload: Record<string, unknown>, secret = env.JWT_SECRET, alg = 'HS256') =>
  new SignJWT(payload).setProtectedHeader({ alg, typ: 'JWT' }).sign(key(secret));
const part = (value: unknown) => key(JSON.stringify(value)).toBase64({ alphabet: 'base64url', omitPadding: true });
const signature = (token: string) => token.split('.')[2];

describe('an access token', () => {
  it('passes when it is signed by the server’s key and complete', async () => {
    expect((await request('GET', '/api/me', { token: await sign(claims) })).body.id).toBe(userId);
  });

  const forgeries: readonly [string, () => Promise<string> | string][] = [
    ['is expired', () => sign({ ...claims, exp: seconds() - 1 })],
    ['is not valid yet', () => sign({ ...claims, nbf: seconds() + 60 })],
    ['is unsigned', () => valid.split('.').slice(0, 2).join('.')],
    ['has an empty signature', () => `${valid.split('.').slice(0, 2).join('.')}.`],
    ['says alg none', () => new UnsecuredJWT(claims).encode()],
    ['says alg none above a real signature', () => `${part({ alg: 'none' })}.${part(claims)}.${signature(valid)}`],
    ['is signed by a foreign key', () => sign(claims, 'a foreign secret of at least 32 bytes, too')],
    ['uses another algorithm with the right key', () => sign(claims, env.JWT_SECRET.repeat(2), 'HS512')],
    [
      'carries the signature of another token',
      async () => {
        const [header, , mac] = valid.split('.');
        return [header, part({ ...claims, role: 'admin' }), mac].join('.');
      },
    ],
    ['is for another audience', () => sign({ ...claims, aud: 'another-api' })],
    ['is of another issuer', () => sign({ ...claims, iss: 'another' })],
    ['has a role that does not exist', () => sign({ ...claims, role: 'root' })],
    ['has a role that is no text', () => sign({ ...claims, role: ['admin'] })],
    ['has a subject that is no user', () => sign({ ...claims, sub: 'evt_01k9wq4n8hfj2r5v6x7y8z9abc' })],
    [
      'demands an unknown extension',
      async () => {
        const header = part({ alg: 'HS256', crit: ['x'], x: 1 });
        return `${header}.${part(claims)}.${signature(valid)}`;
      },
    ],
    ['has a payload that is no JSON', () => `${valid.split('.')[0]}.AAAA.${signature(valid)}`],
    ['is no token at all', () => 'hello'],
    ['is a refresh token', () => 'A'.repeat(67)],
  ];
  it.each(forgeries)('is refused when it %s', async (_, make) => {
    const reply = await request('GET', '/api/me', { token: await make() });
    expect(reply).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect(reply.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });

  it.each(['iss', 'aud', 'sub', 'role', 'iat', 'exp', 'jti'])('is refused without the claim %s', async (claim) => {
    const { [claim]: _, ...rest } = claims;
    expect((await request('GET', '/api/me', { token: await sign(rest) })).status).toBe(401);
  });

  it('is refused under another scheme than Bearer', async () => {
    const reply = await request('GET', '/api/me', { headers: { authorization: `Basic ${valid}` } });
    expect(reply.status).toBe(401);
  });

  it('lives fifteen minutes and has an id of its own', async () => {
    const principal = { userId: newUserId(), role: 'admin' } as const;
    const [first, second] = await Promise.all([
      signAccessToken(env.JWT_SECRET, principal),
      signAccessToken(env.JWT_SECRET, principal),
    ]);
    expect(await verifyAccessToken(env.JWT_SECRET, first)).toEqual(principal);
    const payload = JSON.parse(atob((first.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')));
    expect(payload.exp - payload.iat).toBe(900);
    expect(first).not.toBe(second);
  });

  it('is neither made nor read with a secret that is too short', async () => {
    const principal = { userId: newUserId(), role: 'customer' } as const;
    await expect(signAccessToken('short', principal)).rejects.toThrow('32 bytes');
    await expect(verifyAccessToken('short', valid)).rejects.toThrow('32 bytes');
  });
});
