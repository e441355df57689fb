import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { app } from '../../src/app.ts';
import { address, PASSWORD } from '../support/accounts.ts';
import { type Call, request } from '../support/api.ts';
import { assertContract, openApi } from '../support/contract.ts';
import { admin } from '../support/reservations.ts';
import { callOf, operations } from '../support/routes.ts';

const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
beforeEach(() => {
  logged.mockClear();
});

/** A D1 that answers everything with this error. */
function failing(message: string): D1Database {
  const fail = () => Promise.reject(new Error(message, { cause: new Error(message.replace('D1_ERROR: ', '')) }));
  const statement = { bind: () => statement, all: fail, raw: fail, run: fail, first: fail };
  const database = { prepare: () => statement, batch: fail, withSession: () => database, getBookmark: () => null };
  return database as unknown as D1Database;
}

/** One request to a Worker that has this D1; its answer must be as the OpenAPI document says. */
async function requestWith(DB: D1Database, method: string, path: string, { token, body, headers }: Call = {}) {
  const all = new Headers(headers);
  if (token !== undefined) all.set('authorization', `Bearer ${token}`);
  if (body !== undefined) all.set('content-type', 'application/json');
  const text = body === undefined ? null : JSON.stringify(body);
  const response = await app.request(path, { method, headers: all, body: text }, { ...env, DB });
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    await response.body?.cancel();
    return { response, text: '' };
  }
  const answer = await response.text();
  const contentType = response.headers.get('content-type');
  assertContract(await openApi(), { method, path, status: response.status, contentType, text: answer });
  return { response, text: answer };
}

const OUT_OF_REACH = 'D1_ERROR: D1 DB is overloaded. Requests queued for too long.';

describe('an error of D1', () => {
  it.each([
    OUT_OF_REACH,
    'D1_ERROR: Network connection lost.',
    'Network connection lost.',
    'D1_ERROR: Internal error in D1 DB storage caused object to be reset.',
    'D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.',
    'D1_ERROR: Failed to parse body as JSON, got: error code: 1101',
    'D1_ERROR: database is locked: SQLITE_BUSY',
  ])('is told as a database that does not answer, with when to come again: %s', async (message) => {
    for (const [method, path, body] of [
      ['GET', '/api/events', undefined],
      ['PATCH', '/api/venues/ven_01k8v1m2z9q7r5s8w0x4t6v2b1', { capacity: 2 }],
    ] as const) {
      const { response, text } = await requestWith(failing(message), method, path, { token: admin.token, body });
      expect(response.status, text).toBe(503);
      expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(JSON.parse(text)).toMatchObject({ code: 'database_unavailable' });
    }
    expect(logged).toHaveBeenCalledWith(expect.stringContaining(message.replace('D1_ERROR: ', '')));
  });

  it.each([
    'D1_ERROR: near "FORM": syntax error at offset 9: SQLITE_ERROR',
    'D1_ERROR: UNIQUE constraint failed: venues.id: SQLITE_CONSTRAINT',
    'D1_ERROR: UNIQUE constraint failed: venues.id: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)',
    'D1_ERROR: Wrong number of parameter bindings for SQL query.',
    "D1_TYPE_ERROR: Type 'undefined' not supported for value 'undefined'",
    'Cannot read properties of undefined',
  ])('is our own fault where D1 was asked something wrong: %s', async (message) => {
    const { response, text } = await requestWith(failing(message), 'GET', '/api/events');
    expect(response.status).toBe(500);
    expect(JSON.parse(text)).toMatchObject({ code: 'internal_error' });
    expect(text).not.toContain(message);
  });

  it('is our own fault where a table is missing, as the real D1 says it', async () => {
    await env.DB.exec('ALTER TABLE venues RENAME TO hidden');
    const reply = await request('GET', '/api/venues').finally(() => env.DB.exec('ALTER TABLE hidden RENAME TO venues'));
    expect(reply).toMatchObject({ status: 500, body: { code: 'internal_error' } });
    expect(logged).toHaveBeenCalledWith(expect.stringContaining('no such table: venues'));
  });

  it('is logged without what was asked for, which may be personal data', async () => {
    const body = { username: 'ada@example.com', password: PASSWORD };
    await requestWith(failing(OUT_OF_REACH), 'POST', '/api/auth/login', { headers: address(), body });
    expect(logged).toHaveBeenCalledWith(expect.stringContaining('email_key'));
    expect(logged).not.toHaveBeenCalledWith(expect.stringContaining('ada@example.com'));
  });
});

describe('with D1 out of reach', () => {
  it.concurrent.each([...operations.keys()])('%s says so or does without', async (route) => {
    const { method, path, call } = await callOf(route, 'owner');
    const { response, text } = await requestWith(failing(OUT_OF_REACH), method, path, call);
    expect(response.status, text).not.toBe(500);
    if (response.status !== 503) return;
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(JSON.parse(text)).toMatchObject({ code: 'database_unavailable' });
  });
});
