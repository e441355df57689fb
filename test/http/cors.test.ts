import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { app } from '../../src/app.ts';

const PAGE = 'https://app.example';

function ask(origins: string | undefined, method: string, path: string, headers: Record<string, string> = {}) {
  return app.request(path, { method, headers: { origin: PAGE, ...headers } }, { ...env, CORS_ORIGINS: origins });
}

const preflight = (origins: string | undefined, headers: Record<string, string> = {}) =>
  ask(origins, 'OPTIONS', '/api/events', {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,if-match',
    ...headers,
  });

describe('a page of an allowed origin', () => {
  const origins = `https://other.example, ${PAGE}`;

  it('gets leave for every method and header that the API knows, without credentials', async () => {
    const { status, headers } = await preflight(origins);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(headers.get('access-control-allow-methods')).toBe('GET,HEAD,POST,PUT,PATCH,DELETE');
    expect(headers.get('access-control-allow-headers')?.split(',')).toEqual(
      expect.arrayContaining([
        ...['Authorization', 'Content-Type', 'If-Match', 'Idempotency-Key', 'Last-Event-ID', 'X-Edit-Token'],
      ]),
    );
    expect(headers.get('access-control-max-age')).toBe('7200');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    expect(headers.get('vary')).toContain('Origin');
  });

  it('is known by its origin, whether that was written with a slash or without', async () => {
    const { headers } = await preflight(`${PAGE}/`);
    expect(headers.get('access-control-allow-origin')).toBe(PAGE);
  });

  it.each([
    ['/api/events', 200],
    ['/api/nothing', 404],
    ['/api/events?limit=0', 422],
    ['/api/me', 401],
  ])('may read the answer of %s and its headers, refusals included', async (path, status) => {
    const reply = await ask(origins, 'GET', path);
    expect(reply.status).toBe(status);
    expect(reply.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(reply.headers.get('vary')).toContain('Origin');
    const exposed = reply.headers.get('access-control-expose-headers')?.split(',');
    for (const name of [
      'ETag',
      'X-Request-Id',
      'X-D1-Bookmark',
      'X-Read-Model',
      'Location',
      'Retry-After',
      'Idempotency-Replayed',
    ]) {
      expect(exposed).toContain(name);
    }
    expect(reply.headers.get('x-request-id')).toEqual(expect.any(String));
    await reply.body?.cancel();
  });

  it('may be any where the list says so', async () => {
    expect((await preflight('*')).headers.get('access-control-allow-origin')).toBe(PAGE);
  });
});

describe('a page of another origin', () => {
  it.each([
    ['https://other.example', PAGE],
    [PAGE, 'https://app.example.evil.example'],
    [PAGE, 'https://app.exampl'],
    [PAGE, 'http://app.example'],
    [PAGE, 'null'],
  ])('gets no leave where %s is allowed and %s asks', async (origins, origin) => {
    for (const reply of [await preflight(origins, { origin }), await ask(origins, 'GET', '/api/events', { origin })]) {
      expect(reply.headers.get('access-control-allow-origin')).toBeNull();
      expect(reply.headers.get('vary')).toContain('Origin');
    }
  });

  it.each([undefined, '', ' ', ' , '])('gets none by default (%j), and no header tells of it', async (origins) => {
    const asked = await preflight(origins);
    expect(asked.status).toBe(404);
    const read = await ask(origins, 'GET', '/api/events');
    expect(read.status).toBe(200);
    for (const { headers } of [asked, read]) {
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});
