import { env } from 'cloudflare:workers';
import { scryptSync } from 'node:crypto';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { hashPassword, verifyPassword } from '../../../src/accounts/passwords.ts';
import { identifierKey } from '../../../src/http/identifiers.ts';
import { address, logIn, PASSWORD, signUp } from '../../support/accounts.ts';
import { request } from '../../support/api.ts';
import { MINUTE_MS } from '../../support/reservations.ts';

const post = (body: unknown) => request('POST', '/api/auth/login', { body, headers: address() });

describe('logging in', () => {
  let user: { id: string; username: string; email: string };
  beforeAll(async () => {
    user = (await signUp()).body.user;
  });

  it('takes the username or the e-mail address, in any case', async () => {
    for (const name of [user.username, user.email.toUpperCase()]) {
      const reply = await logIn(name);
      expect(reply.status).toBe(200);
      expect(reply.body).toMatchObject({ token_type: 'Bearer', expires_in: 900, user });
    }
  });

  it('refuses a wrong password and an unknown account with the same words', async () => {
    const wrong = await logIn(user.username, 'not the password');
    const unknown = await logIn('nobody-of-that-name');
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer');
    const strip = ({ request_id, ...rest }: Record<string, unknown>) => rest;
    expect(strip(wrong.body)).toEqual(strip(unknown.body));
    expect(wrong.body.code).toBe('invalid_credentials');
  });

  it.each([
    ['no password', { username: 'ada' }, '/password'],
    ['a password of 257 characters', { username: 'ada', password: 'x'.repeat(257) }, '/password'],
    ['no username', { password: PASSWORD }, '/username'],
    ['a username with a lone surrogate', { username: '\ud800', password: PASSWORD }, '/username'],
    ['an unknown field', { username: 'ada', password: PASSWORD, remember: true }, '/remember'],
    ['a username that is an object', { username: {}, password: PASSWORD }, '/username'],
  ])('refuses %s', async (_, body, pointer) => {
    const reply = await post(body);
    expect(reply).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
  });

  it('hashes anew a password whose hash has other parameters', async () => {
    const salt = new Uint8Array(16).fill(7);
    const weak = scryptSync(PASSWORD, salt, 32, { N: 1024, r: 8, p: 1 });
    const base64 = (bytes: Uint8Array) => bytes.toBase64({ omitPadding: true });
    const phc = `$scrypt$ln=10,r=8,p=1$${base64(salt)}$${base64(new Uint8Array(weak))}`;
    await env.DB.prepare('UPDATE users SET password_hash = ? WHERE id = ?').bind(phc, user.id).run();
    const first = await logIn(user.username);
    expect(first.status).toBe(200);
    const stored = await env.DB.prepare('SELECT password_hash FROM users WHERE id = ?').bind(user.id).first();
    expect(stored?.password_hash).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$/);
    expect((await logIn(user.username)).status).toBe(200);
  });

  it('keeps at most fifty devices, dropping those silent for longest, and forgets expired ones', async () => {
    const insert = env.DB.prepare(
      'INSERT INTO refresh_families (id, user_id, token_hash, created_at, expires_at) VALUES (?, ?, ?, 0, ?)',
    );
    await env.DB.batch(
      Array.from({ length: 60 }, (_, index) =>
        insert.bind(`device-${index}`, user.id, 'x', index === 0 ? 1 : Date.now() + index * 1000),
      ),
    );
    await logIn(user.username);
    const { results } = await env.DB.prepare('SELECT id FROM refresh_families WHERE user_id = ?').bind(user.id).all();
    const ids = results.map((row) => row.id);
    expect(ids).toHaveLength(50);
    expect(ids).toContain('device-59');
    expect(ids).not.toContain('device-0');
    expect(ids).not.toContain('device-1');
  });
});

describe('a password', () => {
  it('is the same from a keyboard that composes its letters otherwise', async () => {
    const hash = await hashPassword('caf\u00e9 cr\u00e8me br\u00fbl\u00e9e');
    expect(await verifyPassword('cafe\u0301 cre\u0300me bru\u0302le\u0301e', hash)).toBe(true);
    expect(await verifyPassword('cafe creme brulee', hash)).toBe(false);
  });

  it('lets other work go on between two hashes', async () => {
    const hashes = Array.from({ length: 8 }, () => hashPassword(PASSWORD));
    let done = 0;
    for (const hash of hashes) void hash.then(() => (done += 1));
    await scheduler.wait(1);
    expect((await request('GET', '/healthz')).status).toBe(200);
    expect(done).toBeLessThan(hashes.length);
    await Promise.all(hashes);
  });

  it('does not wait for ever for one that was cut off', async () => {
    const cutOff = vi.spyOn(scheduler, 'wait').mockReturnValueOnce(new Promise(() => undefined));
    void hashPassword(PASSWORD);
    cutOff.mockRestore();
    expect(await verifyPassword(PASSWORD, await hashPassword(PASSWORD))).toBe(true);
  });

  it('lets nobody wait for longer than a minute', async () => {
    const now = Date.now() - 60 * MINUTE_MS;
    vi.useFakeTimers({ toFake: ['Date'], now: now + 2 * MINUTE_MS });
    const cutOff = vi.spyOn(scheduler, 'wait').mockReturnValueOnce(new Promise(() => undefined));
    void hashPassword(PASSWORD);
    cutOff.mockRestore();
    vi.setSystemTime(now);
    const waiting = expect(hashPassword(PASSWORD)).rejects.toMatchObject({ code: 'overloaded' });
    vi.setSystemTime(now + MINUTE_MS + 1);
    await waiting;
    vi.useRealTimers();
  });

  it('takes as long to refuse for an account that does not exist', async () => {
    const hash = await hashPassword(PASSWORD);
    const least = { unknown: Number.POSITIVE_INFINITY, wrong: Number.POSITIVE_INFINITY };
    // The shortest time counts, for what else runs on this machine only makes it longer.
    for (let time = 0; time < 4; time += 1) {
      for (const [name, stored] of [
        ['unknown', null],
        ['wrong', hash],
      ] as const) {
        const started = performance.now();
        expect(await verifyPassword('not the password', stored)).toBe(false);
        least[name] = Math.min(least[name], performance.now() - started);
      }
    }
    expect(least.unknown).toBeGreaterThan(least.wrong / 3);
  });
});

describe('an identifier', () => {
  it('is the same in other case or width and different in other letters', () => {
    expect(identifierKey('ÅDA')).toBe(identifierKey('a\u030ada'));
    expect(identifierKey('Ａda')).toBe('ada');
    expect(identifierKey('ada.')).not.toBe(identifierKey('ada'));
  });
});
