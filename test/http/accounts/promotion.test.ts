import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { promotion } from '../../../scripts/promotion.ts';
import { request } from '../../support/api.ts';
import { member } from '../../support/cast.ts';
import { admin } from '../../support/reservations.ts';

/** As `npm run admin` does: all statements in one batch. */
async function promote(name: string) {
  const answers = await env.DB.batch(promotion(name, Date.now()).map((sql) => env.DB.prepare(sql)));
  return answers.at(-1)?.results;
}

async function linesAbout(userId: string) {
  const { token } = await member('admin');
  const { body } = await request('GET', '/api/history?action=account_changed&limit=100', { token });
  return body.items.filter((line: { subject: { id: string } }) => line.subject.id === userId);
}

it('makes an account an admin, with a line in the history; twice is once', async () => {
  const { userId, username } = await member('customer');
  expect(await promote(username.toUpperCase())).toEqual([{ username, email: `${username}@example.com` }]);
  const row = () => env.DB.prepare('SELECT role, updated_at FROM users WHERE id = ?').bind(userId).first();
  const promoted = await row();
  expect(promoted).toMatchObject({ role: 'admin' });
  await scheduler.wait(2);
  await promote(`${username}@example.com`);
  expect(await row()).toEqual(promoted);
  expect(await linesAbout(userId)).toMatchObject([{ user_id: null, event_id: null, details: { role: 'admin' } }]);
});

it('makes nobody of nobody, whatever the name is', async () => {
  const before = await env.DB.prepare('SELECT count(*) AS count FROM history').first('count');
  expect(await promote("x'; DROP TABLE users; --")).toEqual([]);
  expect(await env.DB.prepare('SELECT count(*) AS count FROM history').first('count')).toBe(before);
  expect((await request('GET', '/api/users', { token: admin.token })).status).not.toBe(500);
});
