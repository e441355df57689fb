import { createRoute } from '@hono/zod-openapi';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import type { UserRow } from '../db/tables.ts';
import type { UserId } from '../domain/model.ts';
import { accountGone, authRequired } from '../http/auth.ts';
import { json, optionalBody, requiredBody } from '../http/bodies.ts';
import { freshDatabase } from '../http/database.ts';
import { EXAMPLE_TIMES } from '../http/fields.ts';
import { BOOKMARK_HEADER, noStore } from '../http/headers.ts';
import { BODY_PROBLEMS, Problem, problems } from '../http/problem.ts';
import { countAgainst, networkOf } from '../http/rate-limits.ts';
import { createRouter, logError } from '../http/router.ts';
import { accessJson, sessionJson } from './answers.ts';
import { closeAccount, startClosing } from './closing.ts';
import { changePassword } from './devices.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { becomeOrganizer, findUser, updateProfile } from './queries.ts';
import {
  accessSchema,
  deletionBody,
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

/** What is otherwise in the example of an account that was changed. */
const changed = { updated_at: EXAMPLE_TIMES.changed };

const getMeRoute = createRoute({
  ...own,
  method: 'get',
  path: '/me',
  operationId: 'getMe',
  summary: 'Get my account',
  description: 'The account of the access token.',
  responses: {
    200: { description: 'The account.', headers: BOOKMARK_HEADER, content: json(userSchema) },
    ...problems('unauthorized', 'account_disabled', 'database_unavailable'),
  },
});

const patchMeRoute = createRoute({
  ...own,
  method: 'patch',
  path: '/me',
  operationId: 'updateMe',
  summary: 'Change my account',
  description:
    'Changes the fields that are sent; username and e-mail address 60 times a minute. The organization is for ' +
    'organizers; customers become one first.',
  request: { body: optionalBody(profileBody) },
  responses: {
    200: {
      description: 'The account as it is now.',
      headers: BOOKMARK_HEADER,
      content: json(userSchema, { ...changed, email: 'ada@analytical-engines.example' }),
    },
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'account_disabled',
      'organizer_required',
      'username_taken',
      'email_taken',
      'rate_limited',
      'database_unavailable',
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
  request: { body: requiredBody(passwordBody) },
  responses: {
    200: {
      description: 'Fresh tokens for this device.',
      headers: BOOKMARK_HEADER,
      content: json(sessionSchema, { user: changed }),
    },
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'account_disabled',
      'wrong_password',
      'rate_limited',
      'overloaded',
      'database_unavailable',
    ),
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
  request: { body: requiredBody(organizerBody) },
  responses: {
    200: {
      description: 'The account, and an access token with its role.',
      headers: BOOKMARK_HEADER,
      content: json(accessSchema, { user: changed }),
    },
    ...problems(...BODY_PROBLEMS, 'unauthorized', 'account_disabled', 'database_unavailable'),
  },
});

const deleteMeRoute = createRoute({
  ...own,
  method: 'delete',
  path: '/me',
  operationId: 'deleteMe',
  summary: 'Delete my account',
  description:
    'Removes all personal data at once and for good; the username and the e-mail address are free again. Every device ' +
    'is signed out. Active reservations are cancelled as far as their holder still may, the first hundred before the ' +
    'answer, others within minutes. Access tokens that are out run out within 15 minutes; what is reserved or ' +
    'published with one is cancelled. Attendees whom the account registered are forgotten likewise, once no upcoming ' +
    'event expects them. Whoever has upcoming published events cancels those first. The history keeps ' +
    'the id, which then stands for nobody.',
  request: { body: requiredBody(deletionBody) },
  responses: {
    204: { description: 'It is gone.', headers: BOOKMARK_HEADER },
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'account_disabled',
      'wrong_password',
      'account_has_events',
      'last_admin',
      'rate_limited',
      'overloaded',
      'database_unavailable',
    ),
  },
});

/** An access token outlives its account, or the account's being enabled, by up to 15 minutes, and begets no other. */
function existing(user: UserRow | null): UserRow {
  if (user === null) throw accountGone();
  if (user.disabledAt !== null) throw new Problem('account_disabled');
  return user;
}

/** One's own account. */
export const me = createRouter();

me.use('/me', noStore);
me.use('/me/*', noStore);

me.openapi(getMeRoute, async (c) => {
  const user = existing(await findUser(freshDatabase(c), c.var.principal.userId));
  return c.json(userJson(user), 200);
});

me.openapi(patchMeRoute, async (c) => {
  const { organization_name, business_address, ...rest } = c.req.valid('json');
  const db = freshDatabase(c);
  const user = existing(await findUser(db, c.var.principal.userId));
  const organization = {
    ...(organization_name !== undefined && { organizationName: organization_name }),
    ...(business_address !== undefined && { businessAddress: business_address }),
  };
  if (user.role === 'customer' && Object.keys(organization).length > 0) throw new Problem('organizer_required');
  const changes = { ...rest, ...organization };
  if (Object.keys(changes).length === 0) return c.json(userJson(user), 200);
  // It tells which names are taken, as a sign-up does, and counts like one.
  if ('username' in rest || 'email' in rest) await countAgainst(c.env.SIGNUP_PER_ADDRESS, user.id);
  const updated = await updateProfile(db, user.id, changes, Date.now());
  if (typeof updated === 'string') throw new Problem(updated);
  return c.json(userJson(existing(updated)), 200);
});

/**
 * The caller's account, if the password is theirs.
 * @throws Problem `wrong_password`, `rate_limited`, `overloaded`
 */
async function confirmedBy(
  env: Env,
  db: DrizzleD1Database,
  userId: UserId,
  password: string,
  address: string | undefined,
): Promise<UserRow> {
  // A stolen access token must not help to guess the password.
  await countAgainst(env.LOGIN_PER_ACCOUNT, `${networkOf(address)} ${userId}`);
  const user = existing(await findUser(db, userId));
  if (!(await verifyPassword(password, user.passwordHash))) throw new Problem('wrong_password');
  return user;
}

/**
 * Says why a password that was right a moment ago counts no more.
 * @throws Problem `unauthorized`, `account_disabled` or `wrong_password`
 */
async function refuseOutdated(db: DrizzleD1Database, userId: UserId): Promise<never> {
  existing(await findUser(db, userId));
  throw new Problem('wrong_password');
}

me.openapi(deleteMeRoute, async (c) => {
  const db = freshDatabase(c);
  const address = c.req.header('cf-connecting-ip');
  const user = await confirmedBy(c.env, db, c.var.principal.userId, c.req.valid('json').password, address);
  const now = Date.now();
  const kept = await closeAccount(db, user, now);
  if (kept === 'wrong_password') return refuseOutdated(db, user.id);
  if (kept !== null) throw new Problem(kept);
  // The account is gone, whatever becomes of this; its note has the rest done within minutes.
  await startClosing(c.env, db, user.id, now).catch((error: unknown) => logError(error, c.get('requestId')));
  return c.body(null, 204);
});

me.openapi(putPasswordRoute, async (c) => {
  const { current_password, new_password } = c.req.valid('json');
  const db = freshDatabase(c);
  const address = c.req.header('cf-connecting-ip');
  const user = await confirmedBy(c.env, db, c.var.principal.userId, current_password, address);
  const newHash = await hashPassword(new_password);
  const device = await changePassword(db, user.id, user.passwordHash, newHash, Date.now());
  if (device === null) return refuseOutdated(db, user.id);
  return c.json(await sessionJson(c, device), 200);
});

me.openapi(putOrganizerRoute, async (c) => {
  const { organization_name, business_address } = c.req.valid('json');
  const organization = { organizationName: organization_name, businessAddress: business_address ?? null };
  const db = freshDatabase(c);
  const { id } = existing(await findUser(db, c.var.principal.userId));
  const user = await becomeOrganizer(db, id, organization, Date.now());
  return c.json(await accessJson(c, existing(user)), 200);
});
