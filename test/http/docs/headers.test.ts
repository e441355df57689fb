import { expect, it } from 'vitest';
import { request, somebody } from '../../support/api.ts';
import { createEvent } from '../../support/events.ts';
import { callOf, operations } from '../../support/routes.ts';
import { createVenue } from '../../support/venues.ts';

const BOOKMARK = 'x-d1-bookmark';

it('passes a bookmark on with what was read or written, not with a refusal or what the client has already', async () => {
  const { token } = await somebody('organizer');
  const venue = await createVenue(token);
  const path = `/api/venues/${venue.id}`;
  const read = await request('GET', path);
  expect(read.headers.has(BOOKMARK)).toBe(true);
  const again = await request('GET', path, { headers: { 'if-none-match': read.headers.get('etag') ?? '' } });
  expect([again.status, again.headers.has(BOOKMARK)]).toEqual([304, false]);
  const stale = await request('PATCH', path, { token, headers: { 'if-match': '"7"' }, body: { capacity: 1 } });
  expect([stale.status, stale.headers.has(BOOKMARK)]).toEqual([412, false]);
  const gone = await request('GET', path.replace(/.{4}$/, '0000'));
  expect([gone.status, gone.headers.has(BOOKMARK)]).toEqual([404, false]);
});

it.each([
  ['/api/auth/login', { username: 'nobody', password: 'no password of anybody' }],
  ['/api/auth/refresh', { refresh_token: 'none' }],
])('challenges whoever %s refuses', async (path, body) => {
  const reply = await request('POST', path, { body });
  expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
});

const reads = [...operations.keys()].filter((route) => route.startsWith('GET /api/') && !route.endsWith('/live'));

it.concurrent.each(reads)('%s tells every cache what to do with its answer', async (route) => {
  const { path, call } = await callOf(route, 'admin');
  const reply = await request('GET', path, call);
  expect(reply.headers.get('cache-control')).toEqual(expect.any(String));
});

it('lets nobody keep how many seats are free', async () => {
  const { token } = await somebody('organizer');
  const { id } = await createEvent(token);
  const reply = await request('GET', `/api/events/${id}/availability`);
  expect([reply.status, reply.headers.get('cache-control')]).toEqual([200, 'no-store']);
});

it('lets a venue be kept by whoever asks each time whether it still holds, and no list of them', async () => {
  const { token } = await somebody('organizer');
  const { id } = await createVenue(token);
  for (const headers of [{}, { 'if-none-match': '"1"' }]) {
    const reply = await request('GET', `/api/venues/${id}`, { headers });
    expect([reply.status, reply.headers.get('cache-control')]).toEqual([
      'if-none-match' in headers ? 304 : 200,
      'no-cache',
    ]);
  }
  expect((await request('GET', '/api/venues')).headers.get('cache-control')).toBe('no-store');
});
