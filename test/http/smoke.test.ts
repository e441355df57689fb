import { exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';

it('answers an unknown path with a problem', async () => {
  const response = await exports.default.fetch('http://localhost/api/nothing');
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ code: 'route_not_found', instance: '/api/nothing' });
});
