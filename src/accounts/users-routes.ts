import { createRoute, z } from '@hono/zod-openapi';
import { isAdminNow } from '../db/roles.ts';
import { authRequired } from '../http/auth.ts';
import { json, optionalBody } from '../http/bodies.ts';
import { freshDatabase, primary } from '../http/database.ts';
import { EXAMPLE_TIMES, userIdPath } from '../http/fields.ts';
import { BOOKMARK_HEADER, noStore } from '../http/headers.ts';
import { BODY_PROBLEMS, Problem, problems } from '../http/problem.ts';
import { createRouter } from '../http/router.ts';
import { listUsers, updateUser } from './users-queries.ts';
import { accountJson, accountList, accountSchema, userChanges, userQuery } from './users-schema.ts';

const forAdmins = { tags: ['Accounts'], security: [{ bearerAuth: [] }], middleware: authRequired };

const listUsersRoute = createRoute({
  ...forAdmins,
  method: 'get',
  path: '/users',
  operationId: 'listUsers',
  summary: 'List and search accounts',
  description: 'For admins: all accounts, newest first.',
  request: { query: userQuery },
  responses: {
    200: {
      description: 'A page of accounts.',
      headers: BOOKMARK_HEADER,
      content: json(accountList),
    },
    ...problems('unauthorized', 'admin_required', 'validation_failed', 'database_unavailable'),
  },
});

const patchUserRoute = createRoute({
  ...forAdmins,
  method: 'patch',
  path: '/users/{id}',
  operationId: 'updateUser',
  summary: 'Give an account another role, disable or enable it',
  description: 'For admins. At least one admin always stays.',
  request: {
    params: z.object({ id: userIdPath }),
    body: optionalBody(userChanges),
  },
  responses: {
    200: {
      description: 'The account as it is now.',
      headers: BOOKMARK_HEADER,
      content: json(accountSchema, { disabled: true, updated_at: EXAMPLE_TIMES.changed }),
    },
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'admin_required',
      'user_not_found',
      'last_admin',
      'database_unavailable',
    ),
  },
});

/** The accounts of everybody, for admins. */
export const users = createRouter();

users.use('/users', noStore);
users.use('/users/*', noStore);

users.openapi(listUsersRoute, async (c) => {
  if (!(await isAdminNow(primary(c.env), c.get('principal')))) throw new Problem('admin_required');
  const page = await listUsers(freshDatabase(c), c.req.valid('query'));
  return c.json({ items: page.rows.map(accountJson), next_cursor: page.nextCursor }, 200);
});

users.openapi(patchUserRoute, async (c) => {
  if (!(await isAdminNow(primary(c.env), c.get('principal')))) throw new Problem('admin_required');
  const { userId } = c.get('principal');
  const user = await updateUser(freshDatabase(c), c.req.valid('param').id, c.req.valid('json'), userId, Date.now());
  return c.json(accountJson(user), 200);
});
