import { expect, it } from 'vitest';
import { listUsers } from '../../../src/accounts/users-queries.ts';
import { userQuery } from '../../../src/accounts/users-schema.ts';
import { planOf } from '../../support/plans.ts';

it.each([
  ['', 'SCAN users'],
  ['disabled=false', 'SCAN users'],
  ['role=admin', 'users_by_role'],
  ['disabled=true', 'users_disabled'],
  ['role=customer&disabled=true', 'users_disabled'],
  ['q=ada', 'sqlite_autoindex_users_2'],
])('the accounts with ?%s come by %s', async (text, index) => {
  const query = userQuery.parse(Object.fromEntries(new URLSearchParams(text)));
  const plan = await planOf((db) => listUsers(db, query));
  expect(plan.join('\n')).toContain(index);
  expect(plan.includes('SCAN users')).toBe(index === 'SCAN users');
  expect(plan.some((step) => step.includes('TEMP B-TREE'))).toBe(text === 'q=ada');
});
