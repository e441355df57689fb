import { expect, it } from 'vitest';
import { request } from '../../support/api.ts';
import { openApi, schemaErrors } from '../../support/contract.ts';

it('says in plain words that a field is missing', async () => {
  const { body } = await request('POST', '/api/auth/login', { body: { username: 'ada' } });
  expect(body.errors).toEqual([{ pointer: '/password', code: 'required', detail: 'This field is required.' }]);
});

it('names a hundred of thousands of fields that are wrong', async () => {
  const unknown = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`x${index}`, 1]));
  const { status, body } = await request('POST', '/api/auth/login', { body: unknown });
  expect([status, body.errors.length]).toEqual([422, 100]);
  expect(body.detail).toMatch(/^Not valid: (\/\w+, ){9}\/\w+ and \d+ more\.$/);
});

it.each([
  ['GET', '/api/nowhere'],
  ['DELETE', '/api/events'],
])('answers %s %s, which is not there, with a problem of the document', async (method, path) => {
  const { status, body } = await request(method, path);
  expect([status, body.code]).toEqual([404, 'route_not_found']);
  const api = await openApi();
  expect(schemaErrors(api, api.components.schemas?.Problem ?? {}, body)).toEqual([]);
});
