import { exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';

it('answers an unknown path with a problem', async () => {
  const response = await exports.default.fetch('http://localhost/api/nothing');
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ code: 'route_not_found', instance: '/api/nothing' });
});

it.each([
  "/api/events/'%20or%201=1?limit=1",
  '/api/nothing/%00',
  '/api/countries/%C3%9F1',
])('names the path of %s as it was sent', async (path) => {
  const response = await exports.default.fetch(`http://localhost${path}`);
  expect(await response.json()).toMatchObject({ instance: path.split('?')[0] });
});
