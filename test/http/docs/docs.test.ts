import { exports } from 'cloudflare:workers';
import { afterEach, expect, it, vi } from 'vitest';
import { app } from '../../../src/app.ts';
import { request } from '../../support/api.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('is healthy when D1 answers', async () => {
  const reply = await request('GET', '/healthz');
  expect(reply.status).toBe(200);
  expect(reply.body).toEqual({ status: 'ok' });
  expect(reply.headers.get('cache-control')).toBe('no-store');
});

it('says that it is healthy whatever bookmark it is sent', async () => {
  const reply = await request('GET', '/healthz', { headers: { 'x-d1-bookmark': 'no bookmark' } });
  expect(reply.status).toBe(200);
});

it('is not healthy when D1 fails, and says when to ask again', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
  const DB = { prepare: () => ({ run: () => Promise.reject(new Error('gone')) }) };
  const response = await app.request('/healthz', {}, { DB });
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(await response.json()).toMatchObject({ code: 'database_unavailable' });
  expect(logged).toHaveBeenCalledWith(expect.stringContaining('gone'));
});

it('is not healthy when D1 says nothing for two seconds', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const run = () => {
    ask();
    return new Promise(() => {});
  };
  const response = app.request('/healthz', {}, { DB: { prepare: () => ({ run }) } });
  await asked;
  vi.advanceTimersByTime(2_000);
  expect(vi.getTimerCount(), 'nothing is waited for any more').toBe(0);
  expect((await response).status).toBe(503);
});

it.each(['/', '/docs', '/redoc'])('serves the page %s with everything on it from here', async (path) => {
  const reply = await request('GET', path);
  expect(reply.status).toBe(200);
  const links = [...String(reply.body).matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
  expect(links.filter((link) => !link.startsWith('/'))).toEqual([]);
  for (const link of links) expect(`${link} ${await statusOf(link)}`).toBe(`${link} 200`);
});

async function statusOf(path: string): Promise<number> {
  const response = await exports.default.fetch(`http://localhost${path}`);
  await response.body?.cancel();
  return response.status;
}

const ALWAYS = {
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
const OF_ANSWERS = "default-src 'none'; frame-ancestors 'none'";
const OF_PAGES =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

it.each([
  ['/api/nothing', OF_ANSWERS],
  ['/api/countries', OF_ANSWERS],
  ['/openapi.json', OF_ANSWERS],
  ['/', OF_PAGES],
  ['/docs', OF_PAGES],
  ['/redoc', OF_PAGES],
])('lets a browser do with %s what it has to, and no more', async (path, policy) => {
  const { headers } = await request('GET', path);
  expect(Object.fromEntries(headers)).toMatchObject({ ...ALWAYS, 'content-security-policy': policy });
});

it('answers a missing asset with a problem', async () => {
  expect((await request('GET', '/assets/nothing.js')).body).toMatchObject({ code: 'route_not_found' });
});

it.each(['/', '/docs', '/redoc'])('answers 304 to a browser that has the page %s', async (path) => {
  const etag = (await request('GET', path)).headers.get('etag') ?? expect.fail('no ETag');
  const again = await request('GET', path, { headers: { 'if-none-match': etag } });
  expect([again.status, again.body, again.headers.get('etag')]).toEqual([304, '', etag]);
});
