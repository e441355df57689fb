import { expect, it } from 'vitest';
import { request, somebody } from '../../support/api.ts';
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
