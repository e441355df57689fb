import { expect, it } from 'vitest';
import { request } from '../../support/api.ts';

it('says in plain words that a field is missing', async () => {
  const { body } = await request('POST', '/api/auth/login', { body: { username: 'ada' } });
  expect(body.errors).toEqual([{ pointer: '/password', code: 'required', detail: 'This field is required.' }]);
});
