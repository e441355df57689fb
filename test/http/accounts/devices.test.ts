import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { signIn } from '../../../src/accounts/devices.ts';
import type { UserId } from '../../../src/domain/model.ts';
import { primary } from '../../../src/http/database.ts';
import { refresh, signUp } from '../../support/accounts.ts';
import { request, somebody } from '../../support/api.ts';

let user: { id: UserId; username: string };
let accessToken: string;

/** Signs one more device in without the cost of a login. */
async function newDevice(): Promise<string> {
  const hash = await env.DB.prepare('SELECT password_hash FROM users WHERE id = ?')
    .bind(user.id)
    .first('password_hash');
  const device = await signIn(primary(env), user.id, String(hash), Date.now());
  return device?.refreshToken ?? '';
}

const logOut = (body: unknown, token?: string) =>
  request('POST', '/api/auth/logout', { body, ...(token !== undefined && { token }) });

beforeAll(async () => {
  const { body } = await signUp();
  user = body.user;
  accessToken = body.access_token;
});

describe('refreshing', () => {
  it('gives a successor each time and a working access token', async () => {
    let token = await newDevice();
    for (let use = 0; use < 3; use += 1) {
      const reply = await refresh(token);
      expect(reply.status).toBe(200);
      expect(reply.headers.get('cache-control')).toBe('no-store');
      expect(reply.body).toMatchObject({ token_type: 'Bearer', expires_in: 900, user });
      expect(reply.body.refresh_token).not.toBe(token);
      expect((await request('GET', '/api/me', { token: reply.body.access_token })).status).toBe(200);
      token = reply.body.refresh_token;
    }
  });

  it('ends the device when a spent token comes again, however old, and no other device', async () => {
    const other = await newDevice();
    const first = await newDevice();
    const second = (await refresh(first)).body.refresh_token;
    const third = (await refresh(second)).body.refresh_token;
    expect(await refresh(first)).toMatchObject({ status: 401, body: { code: 'invalid_refresh_token' } });
    expect((await refresh(third)).status).toBe(401);
    expect((await refresh(second)).status).toBe(401);
    expect((await refresh(other)).status).toBe(200);
  });

  it('lets exactly one of twenty simultaneous uses win, and takes the others for reuse', async () => {
    const token = await newDevice();
    const replies = await Promise.all(Array.from({ length: 20 }, () => refresh(token)));
    const winners = replies.filter((reply) => reply.status === 200);
    expect(winners).toHaveLength(1);
    expect(replies.filter((reply) => reply.status === 401)).toHaveLength(19);
    expect((await refresh(winners[0]!.body.refresh_token)).status).toBe(401);
  });

  it('refuses an expired token', async () => {
    const token = await newDevice();
    await env.DB.prepare('UPDATE refresh_families SET expires_at = ? WHERE id = ?')
      .bind(Date.now() - 1, token.slice(0, 24))
      .run();
    expect((await refresh(token)).status).toBe(401);
  });

  it('lasts thirty days from the last use', async () => {
    const token = await newDevice();
    await env.DB.prepare('UPDATE refresh_families SET expires_at = ? WHERE id = ?')
      .bind(Date.now() + 60_000, token.slice(0, 24))
      .run();
    await refresh(token);
    const expiresAt = await env.DB.prepare('SELECT expires_at FROM refresh_families WHERE id = ?')
      .bind(token.slice(0, 24))
      .first('expires_at');
    expect(Number(expiresAt)).toBeGreaterThan(Date.now() + 30 * 24 * 3600 * 1000 - 60_000);
  });

  it('answers with the role that the account has by now', async () => {
    const token = await newDevice();
    await env.DB.prepare("UPDATE users SET role = 'admin' WHERE id = ?").bind(user.id).run();
    const reply = await refresh(token);
    expect(reply.body.user.role).toBe('admin');
    await env.DB.prepare("UPDATE users SET role = 'customer' WHERE id = ?").bind(user.id).run();
  });

  it.each([
    ['what is no token', 'not a token'],
    ['a token of nobody', 'A'.repeat(67)],
  ])('refuses %s', async (_, token) => {
    expect(await refresh(token)).toMatchObject({ status: 401, body: { code: 'invalid_refresh_token' } });
  });

  it('refuses a body without a token, with a number for one, or with more', async () => {
    for (const body of [{}, { refresh_token: 5 }, { refresh_token: 'x', device: 'y' }]) {
      const reply = await request('POST', '/api/auth/refresh', { body });
      expect(reply).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
    }
  });
});

describe('logging out', () => {
  it('ends one device, as often as one likes, without an access token', async () => {
    const [mine, other] = [await newDevice(), await newDevice()];
    for (let time = 0; time < 2; time += 1) {
      expect(await logOut({ refresh_token: mine })).toMatchObject({ status: 204, body: '' });
    }
    expect((await refresh(mine)).status).toBe(401);
    expect((await refresh(other)).status).toBe(200);
  });

  it('answers the same for a token of nobody', async () => {
    expect((await logOut({ refresh_token: 'A'.repeat(67) })).status).toBe(204);
    expect((await logOut({ refresh_token: 'nonsense' })).status).toBe(204);
  });

  it('is not hindered by an access token that expired', async () => {
    const mine = await newDevice();
    expect((await logOut({ refresh_token: mine }, 'a.b.c')).status).toBe(204);
    expect((await refresh(mine)).status).toBe(401);
  });

  it('ends all devices of the access token’s account and of nobody else', async () => {
    const [one, two] = [await newDevice(), await newDevice()];
    const stranger = await somebody();
    expect((await logOut({ all: true }, stranger.token)).status).toBe(204);
    const next = (await refresh(one)).body.refresh_token;
    for (let time = 0; time < 2; time += 1) expect((await logOut({ all: true }, accessToken)).status).toBe(204);
    expect((await refresh(next)).status).toBe(401);
    expect((await refresh(two)).status).toBe(401);
  });

  it('of all devices needs an access token', async () => {
    const mine = await newDevice();
    expect(await logOut({ all: true })).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect((await logOut({ all: true, refresh_token: mine }, 'a.b.c')).status).toBe(401);
    expect((await refresh(mine)).status).toBe(200);
  });

  it('refuses a body that names neither a device nor all', async () => {
    for (const body of [{}, { all: false }]) {
      const reply = await logOut(body);
      expect(reply).toMatchObject({ status: 422, body: { errors: [{ pointer: '/refresh_token', code: 'required' }] } });
    }
    expect((await logOut({ all: 'yes' })).status).toBe(422);
    expect((await logOut({ all: true, everything: true })).status).toBe(422);
  });
});

describe('a login', () => {
  it('forgets the devices of the account that were silent for too long', async () => {
    await env.DB.prepare('UPDATE refresh_families SET expires_at = 1 WHERE user_id = ?').bind(user.id).run();
    await newDevice();
    const families = env.DB.prepare('SELECT count(*) AS n FROM refresh_families WHERE user_id = ?').bind(user.id);
    expect(await families.first('n')).toBe(1);
  });
});

describe('a login that a change of password overtakes', () => {
  it('does not sign the device in', async () => {
    expect(await signIn(primary(env), user.id, 'the hash before the change', Date.now())).toBeNull();
  });
});
