import { env } from 'cloudflare:workers';
import { drizzle } from 'drizzle-orm/d1';
import { beforeEach, describe, expect, it } from 'vitest';
import { listVenues } from '../../../src/venues/queries.ts';
import { venueQuery } from '../../../src/venues/schema.ts';
import { request, somebody } from '../../support/api.ts';
import { allPages, invalid } from '../../support/events.ts';
import { createVenue } from '../../support/venues.ts';

const { token } = await somebody('organizer');
const other = await somebody('organizer');

beforeEach(async () => {
  await env.DB.prepare('DELETE FROM venues').run();
});

async function names(query: string, as?: string): Promise<string[]> {
  const items = await allPages(`/api/venues${query}`, 2, as);
  return items.map((item: { name: string }) => item.name);
}

it('lists venues to everybody by name, neither case nor accents counting', async () => {
  for (const name of ['zebra', 'Émile', 'Delta', 'echo', 'Echo']) await createVenue(token, { name });
  expect(await names('')).toEqual(['Delta', 'echo', 'Echo', 'Émile', 'zebra']);
  expect(await names('?sort=-name')).toEqual(['zebra', 'Émile', 'Echo', 'echo', 'Delta']);
});

it('sorts by capacity and by creation, either way', async () => {
  for (const capacity of [30, 10, 20, 10]) await createVenue(token, { name: `${capacity}`, capacity });
  expect(await names('?sort=capacity')).toEqual(['10', '10', '20', '30']);
  expect(await names('?sort=-capacity')).toEqual(['30', '20', '10', '10']);
  expect(await names('?sort=created_at')).toEqual(['30', '10', '20', '10']);
  expect(await names('?sort=-created_at')).toEqual(['10', '20', '10', '30']);
});

it('finds the beginnings of words in name and location, and follows a change', async () => {
  const venue = await createVenue(token, { name: 'Zürcher Kongresshaus', location: 'Claridenstrasse, Zürich' });
  await createVenue(token, { name: 'Halle 7', location: 'Berlin' });
  expect(await names('?q=zurch')).toEqual(['Zürcher Kongresshaus']);
  expect(await names('?q=kongress%20ZUR')).toEqual(['Zürcher Kongresshaus']);
  expect(await names('?q=kongress%20berlin')).toEqual([]);
  expect(await names('?q=claridenstraße')).toEqual(['Zürcher Kongresshaus']);
  expect(await names('?q=haus')).toEqual([]);
  expect(await names(`?q=${encodeURIComponent('" OR * NEAR(')}`)).toEqual([]);
  expect(await names('?q=%21%21')).toEqual([]);
  await request('PATCH', `/api/venues/${venue.id}`, { token, body: { name: 'Messe' } });
  expect(await names('?q=zurcher')).toEqual([]);
  expect(await names('?q=mess')).toEqual(['Messe']);
});

it('filters by country and by owner', async () => {
  await createVenue(token, { name: 'a', country_code: 'DE' });
  await createVenue(token, { name: 'b', country_code: 'AT' });
  await createVenue(other.token, { name: 'c', country_code: 'DE' });
  expect(await names('?country=de')).toEqual(['a', 'c']);
  expect(await names('?mine=true', token)).toEqual(['a', 'b']);
  expect(await names('?mine=true&country=DE', token)).toEqual(['a']);
  expect(await names('?mine=true&q=temp', other.token)).toEqual([]);
  expect(await request('GET', '/api/venues?mine=true')).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
});

it.each([
  '\uFDFA',
  '\u5F37',
  '\uAC15',
])('goes on after a name of 200 times %s, whatever sorting makes of it', async (character) => {
  const somebodys = await somebody('organizer');
  for (const last of ['x', 'y', 'z']) await createVenue(somebodys.token, { name: character.repeat(199) + last });
  expect(await allPages('/api/venues?mine=true', 1, somebodys.token)).toHaveLength(3);
});

it('takes a cursor for its own list and caller only', async () => {
  for (const name of ['a', 'b', 'c']) await createVenue(token, { name });
  const { next_cursor: cursor } = (await request('GET', '/api/venues?limit=1&mine=true', { token })).body;
  for (const [query, as] of [
    ['?mine=true', other.token],
    ['', token],
    ['?sort=capacity', token],
    ['?country=DE', token],
  ] as const) {
    const reply = await request('GET', `/api/venues${query}${query ? '&' : '?'}cursor=${cursor}`, { token: as });
    expect(reply).toMatchObject(invalid(['/cursor', 'invalid_cursor']));
  }
});

it.each([
  ['limit=0', '/limit', 'too_small'],
  ['q=', '/q', 'too_small'],
  ['country=ZZ', '/country', 'unknown_country'],
  ['mine=1', '/mine', 'invalid_value'],
  ['sort=owner', '/sort', 'invalid_value'],
  ['owner_id=x', '/owner_id', 'unknown_field'],
])('refuses ?%s', async (query, pointer, code) => {
  expect(await request('GET', `/api/venues?${query}`)).toMatchObject(invalid([pointer, code]));
});

describe('plans', () => {
  it.each([
    ['', 'USING INDEX venues_by_name'],
    ['sort=-created_at', 'USING INDEX venues_by_creation'],
    ['sort=capacity', 'USING INDEX venues_by_capacity'],
    ['country=DE', 'SEARCH venues USING INDEX venues_by_country'],
    ['mine=true', 'SEARCH venues USING INDEX venues_by_owner'],
    ['q=berlin', 'SEARCH venues USING INTEGER PRIMARY KEY'],
  ])('?%s goes by %s, in one query', async (text, index) => {
    const asked: { sql: string; params: unknown[] }[] = [];
    const db = drizzle(env.DB, { logger: { logQuery: (sql, params) => asked.push({ sql, params }) } });
    const query = venueQuery.parse(Object.fromEntries(new URLSearchParams(text)));
    await listVenues(db, query, { userId: other.userId, role: 'organizer' });
    expect(asked).toHaveLength(1);
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${asked[0]?.sql}`)
      .bind(...(asked[0]?.params ?? []))
      .all<{ detail: string }>();
    expect(results.map(({ detail }) => detail).join('\n')).toContain(index);
  });
});
