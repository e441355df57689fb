import { createRoute, type z } from '@hono/zod-openapi';
import type { UserRow } from '../db/tables.ts';
import { authRequired, unauthorized } from '../http/auth.ts';
import { primary } from '../http/database.ts';
import { noStore } from '../http/headers.ts';
import { BODY_PROBLEMS, Problem, problems } from '../http/problem.ts';
import { countAgainst, networkOf } from '../http/rate-limits.ts';
import { createRouter } from '../http/router.ts';
import { accessJson, sessionJson } from './answers.ts';
import { changePassword } from './devices.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { becomeOrganizer, findUser, updateProfile } from './queries.ts';
import {
  accessSchema,
  organizerBody,
  passwordBody,
  profileBody,
  sessionSchema,
  userJson,
  userSchema,
} from './schema.ts';

/** What every route about one's own account has. */
const own = {
  tags: ['Accounts'],
  security: [{ bearerAuth: [] }],
  middleware: authRequired,
};

function json<Schema extends z.ZodType>(schema: Schema) {
  return { 'application/json': { schema } } as const;
}

const getMeRoute = createRoute({
  ...own,
  method: 'get',
  path: '/me',
  operationId: 'getMe',
  summary: 'Get my account',
  description: 'The account of the access token.',
  responses: {
    200: { description: 'The account.', content: json(userSchema) },
    ...problems('unauthorized', 'account_disabled'),
  },
});

const patchMeRoute = createRoute({
  ...own,
  method: 'patch',
  path: '/me',
  operationId: 'updateMe',
  summary: 'Change my account',
  description: 'Changes the fields that are sent. The organization is for organizers; customers become one first.',
  request: { body: { required: true, content: json(profileBody) } },
  responses: {
    200: { description: 'The account as it is now.', content: json(userSchema) },
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'account_disabled',
      'organizer_required',
      'username_taken',
      'email_taken',
    ),
  },
});

const putPasswordRoute = createRoute({
  ...own,
  method: 'put',
  path: '/me/password',
  operationId: 'changePassword',
  summary: 'Change my password',
  description: 'Signs every device out and answers fresh tokens for this one.',
  request: { body: { required: true, content: json(passwordBody) } },
  responses: {
    200: { description: 'Fresh tokens for this device.', content: json(sessionSchema) },
    ...problems(...BODY_PROBLEMS, 'unauthorized', 'account_disabled', 'wrong_password', 'rate_limited'),
  },
});

const putOrganizerRoute = createRoute({
  ...own,
  method: 'put',
  path: '/me/organizer',
  operationId: 'becomeOrganizer',
  summary: 'Become an organizer',
  description:
    'Makes a customer an organizer, or replaces the organization of one. The answer holds an access token with the ' +
    'new role; refresh tokens stay valid.',
  request: { body: { required: true, content: json(organizerBody) } },
  responses: {
    200: { description: 'The account, and an access token with its role.', content: json(accessSchema) },
    ...problems(...BODY_PROBLEMS, 'unauthorized', 'account_disabled'),
  },
});

/** An access token outlives its account, or the account's being enabled, by up to 15 minutes, and begets no other. */
function existing(user: UserRow | null): UserRow {
  if (user === null) throw unauthorized('The account of this token does not exist.', 'error="invalid_token"');
  if (user.disabledAt !== null) throw new Problem('account_disabled');
  return user;
}

/** One's own account. */
export const me = createRouter();

me.use('/me', noStore);
me.use('/me/*', noStore);

me.openapi(getMeRoute, async (c) => {
  const user = existing(await findUser(primary(c.env), c.var.principal.userId));
  return c.json(userJson(user), 200);
});

me.openapi(patchMeRoute, async (c) => {
  const { organization_name, business_address, ...rest } = c.req.valid('json');
  const db = primary(c.env);
  const user = existing(await findUser(db, c.var.principal.userId));
  const organization = {
    ...(organization_name !== undefined && { organizationName: organization_name }),
    ...(business_address !== undefined && { businessAddress: business_address }),
  };
  if (user.role === 'customer' && Object.keys(organization).length > 0) throw new Problem('organizer_required');
  const changes = { ...rest, ...organization };
  if (Object.keys(changes).length === 0) return c.json(userJson(user), 200);
  const updated = await updateProfile(db, user.id, changes, Date.now());
  if (typeof updated === 'string') throw new Problem(updated);
  return c.json(userJson(existing(updated)), 200);
});

me.openapi(putPasswordRoute, async (c) => {
  const { current_password, new_password } = c.req.valid('json');
  const { userId } = c.var.principal;
  // A stolen access token must not help to guess the password.
  await countAgainst(c.env.LOGIN_PER_ACCOUNT, `${networkOf(c.req.header('cf-connecting-ip'))} ${userId}`);
  const db = primary(c.env);
  const user = existing(await findUser(db, userId));
  if (!(await verifyPassword(current_password, user.passwordHash))) throw new Problem('wrong_password');
  const newHash = await hashPassword(new_password);
  const device = await changePassword(db, userId, user.passwordHash, newHash, Date.now());
  if (device === null) throw new Problem('wrong_password');
  return c.json(await sessionJson(c, device), 200);
});

me.openapi(putOrganizerRoute, async (c) => {
  const { organization_name, business_address } = c.req.valid('json');
  const organization = { organizationName: organization_name, businessAddress: business_address ?? null };
  const db = primary(c.env);
  const { id } = existing(await findUser(db, c.var.principal.userId));
  const user = await becomeOrganizer(db, id, organization, Date.now());
  return c.json(await accessJson(c, existing(user)), 200);
});
