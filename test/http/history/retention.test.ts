import { createScheduledController } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import { firstIdAt } from '../../../src/db/history.ts';
import worker from '../../../src/worker.ts';
import { logIn, refresh, signUp } from '../../support/accounts.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

function runCron(bindings: Partial<Env> = {}): Promise<void> {
  return worker.scheduled(createScheduledController({ cron: '*/5 * * * *' }), { ...env, ...bindings });
}

/** Lines, `ageMs` old, whose details hold `mark`. */
async function addLines(mark: string, ageMs: number, count = 1): Promise<void> {
  const at = Date.now() - ageMs;
  const ids = Array.from({ length: count }, () => firstIdAt(at) + crypto.randomUUID().slice(0, 16));
  await env.DB.prepare(
    `INSERT INTO history (id, at, action, subject_type, subject_id, details)
     SELECT value, ?, 'tested', 'user', ?, '{}' FROM json_each(?)`,
  )
    .bind(at, mark, JSON.stringify(ids))
    .run();
}

async function linesLeft(mark: string): Promise<number> {
  const row = await env.DB.prepare('SELECT count(*) AS n FROM history WHERE subject_id = ?').bind(mark).first();
  return Number(row?.n);
}

it('history is kept for as many days as HISTORY_DAYS says, by default a year', async () => {
  await addLines('old', 366 * DAY_MS);
  await addLines('young', 364 * DAY_MS);
  await runCron();
  expect([await linesLeft('old'), await linesLeft('young')]).toEqual([0, 1]);
  await runCron({ HISTORY_DAYS: '30' as Env['HISTORY_DAYS'] });
  expect(await linesLeft('young')).toBe(0);
});

it('one run removes a bounded number of lines, and the next goes on', async () => {
  await addLines('many', 400 * DAY_MS, 11_000);
  await runCron();
  expect(await linesLeft('many')).toBe(1_000);
  await runCron();
  expect(await linesLeft('many')).toBe(0);
});

it.each(['', '0', '-1', '1.5', 'forever'])('HISTORY_DAYS = "%s" removes no history and is reported', async (days) => {
  const error = vi.spyOn(console, 'error').mockReturnValue();
  await addLines(`kept ${days}`, 400 * DAY_MS);
  const { body } = await signUp();
  await env.DB.prepare('UPDATE refresh_families SET expires_at = 1 WHERE user_id = ?').bind(body.user.id).run();
  await expect(runCron({ HISTORY_DAYS: days as Env['HISTORY_DAYS'] })).rejects.toThrow('a scheduled job broke');
  expect(await linesLeft(`kept ${days}`)).toBe(1);
  expect(JSON.stringify(error.mock.calls)).toContain('HISTORY_DAYS');
  const families = env.DB.prepare('SELECT count(*) AS n FROM refresh_families WHERE user_id = ?').bind(body.user.id);
  expect(await families.first('n'), 'what is next to it goes on').toBe(0);
  error.mockRestore();
});

it('devices whose refresh token has expired are forgotten, others stay signed in', async () => {
  const { body } = await signUp();
  const { body: second } = await logIn(body.user.username);
  await env.DB.prepare('UPDATE refresh_families SET expires_at = ? WHERE id = ?')
    .bind(Date.now() - 1, body.refresh_token.slice(0, 24))
    .run();
  await runCron();
  const families = env.DB.prepare('SELECT count(*) AS n FROM refresh_families WHERE user_id = ?').bind(body.user.id);
  expect(await families.first('n')).toBe(1);
  expect((await refresh(second.refresh_token)).status).toBe(200);
});

it('devices are all forgotten by one run, though there are thousands', async () => {
  const { body } = await signUp();
  await env.DB.prepare(
    `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2500)
     INSERT INTO refresh_families (id, user_id, token_hash, created_at, expires_at) SELECT 'old ' || n, ?, '', 0, n FROM n`,
  )
    .bind(body.user.id)
    .run();
  await runCron();
  expect(await env.DB.prepare("SELECT count(*) AS n FROM refresh_families WHERE id LIKE 'old %'").first('n')).toBe(0);
});

it('answers kept for an Idempotency-Key are forgotten after a day', async () => {
  const add = (key: string, at: number) =>
    env.DB.prepare("INSERT INTO idempotency_keys (key, at, fingerprint, answer) VALUES (?, ?, 'print', 'answer')")
      .bind(key, at)
      .run();
  await add('old', Date.now() - DAY_MS - 1);
  await add('young', Date.now() - DAY_MS + 60_000);
  await runCron();
  const { results } = await env.DB.prepare("SELECT key FROM idempotency_keys WHERE answer = 'answer'").all();
  expect(results).toEqual([{ key: 'young' }]);
});

it('answers are all forgotten by one run, though there are hundreds', async () => {
  await env.DB.prepare(
    `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 250)
     INSERT INTO idempotency_keys (key, at, fingerprint, answer) SELECT n, n, 'print', 'old' FROM n`,
  ).run();
  await runCron();
  expect(await env.DB.prepare("SELECT count(*) AS n FROM idempotency_keys WHERE answer = 'old'").first('n')).toBe(0);
});
