import { expect, it } from 'vitest';
import { request } from '../../support/api.ts';
import { allPages, invalid } from '../../support/events.ts';

it('lists the countries of ISO 3166-1 and Kosovo page by page, by name, for everybody and for a day', async () => {
  const reply = await request('GET', '/api/countries');
  expect(reply.status).toBe(200);
  expect(reply.headers.get('cache-control')).toBe('public, max-age=86400');
  expect(reply.body.items).toHaveLength(25);
  const items = await allPages('/api/countries', 100);
  expect(items.slice(0, 25)).toEqual(reply.body.items);
  expect(items).toHaveLength(250);
  expect(items[0]).toEqual({ code: 'AF', name: 'Afghanistan' });
  expect(items[1]).toEqual({ code: 'AX', name: 'Aland' });
  expect(new Set(items.map(({ code }) => code)).size).toBe(250);
  expect(items).toContainEqual({ code: 'XK', name: 'Kosovo' });
});

it('finds countries by part of the name, in any case and without accents, or by code', async () => {
  const found = async (q: string) =>
    (await request('GET', `/api/countries?q=${encodeURIComponent(q)}`)).body.items.map(
      ({ code }: { code: string }) => code,
    );
  expect(await found('GERMAN')).toEqual(['DE']);
  expect(await found('curaçao')).toEqual(['CW']);
  expect(await found('korea')).toEqual(['KP', 'KR']);
  expect(await found('gb')).toEqual(['GB']);
  expect(await found('atlantis')).toEqual([]);
});

it('reads one country by its code, in either case', async () => {
  for (const code of ['DE', 'de']) {
    const reply = await request('GET', `/api/countries/${code}`);
    expect(reply).toMatchObject({ status: 200, body: { code: 'DE', name: 'Germany' } });
    expect(reply.headers.get('cache-control')).toBe('public, max-age=86400');
  }
});

it.each([
  'ZZ',
  'DEU',
  '276',
  'AC',
  'constructor',
  '%C3%9F',
  '%00',
  '%F0%9F%87%A9%F0%9F%87%AA',
])('knows no %s', async (code) => {
  const reply = await request('GET', `/api/countries/${code}`);
  expect(reply).toMatchObject({ status: 404, body: { code: 'country_not_found' } });
  expect(reply.headers.get('cache-control')).toBe('no-store');
});

it('refuses a search for nothing and unknown parameters', async () => {
  expect(await request('GET', '/api/countries?q=')).toMatchObject(invalid(['/q', 'too_small']));
  expect(await request('GET', '/api/countries?name=x')).toMatchObject(invalid(['/name', 'unknown_field']));
});

it('has pages of what was searched too', async () => {
  const some = await allPages('/api/countries?q=land', 3);
  expect(some).toEqual((await request('GET', '/api/countries?q=land&limit=100')).body.items);
  const page = await request('GET', '/api/countries?limit=1');
  expect(page.body).toMatchObject({ items: [{ code: 'AF' }], next_cursor: expect.any(String) });
  const foreign = await request('GET', `/api/countries?q=land&cursor=${page.body.next_cursor}`);
  expect(foreign).toMatchObject(invalid(['/cursor', 'invalid_cursor']));
  expect(await request('GET', '/api/countries?limit=101')).toMatchObject(invalid(['/limit', 'too_big']));
});
