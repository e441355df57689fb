import { createRoute, type z } from '@hono/zod-openapi';
import type { BatchItem } from 'drizzle-orm/batch';
import { once } from '../db/idempotency.ts';
import type { UserId } from '../domain/model.ts';
import { requirePrincipal } from '../http/auth.ts';
import { json, type PartOf, requiredBody } from '../http/bodies.ts';
import { freshDatabase } from '../http/database.ts';
import { BOOKMARK_HEADER, noStore } from '../http/headers.ts';
import { answerOnce, IDEMPOTENCY_INPUT, idempotencyKeyOf, REPLAYED_HEADER } from '../http/idempotency.ts';
import { identifierKey } from '../http/identifiers.ts';
import { newUserId } from '../http/ids.ts';
import { BODY_PROBLEMS, Problem, problems } from '../http/problem.ts';
import { countAgainst, networkOf } from '../http/rate-limits.ts';
import { createRouter } from '../http/router.ts';
import { sessionJson } from './answers.ts';
import { rotate, signIn, signOut, signOutEverywhere } from './devices.ts';
import { hashPassword, isOutdated, verifyPassword } from './passwords.ts';
import { createUser, findUser, findUserByKey, newUser, replaceHash, userExists } from './queries.ts';
import { issueToken, readToken } from './refresh-tokens.ts';
import { logInBody, logOutBody, NEXT_REFRESH_TOKEN, refreshBody, sessionSchema, signUpBody } from './schema.ts';

const tags = ['Accounts'];

function session(description: string, example?: PartOf<z.output<typeof sessionSchema>>) {
  return { description, headers: BOOKMARK_HEADER, content: json(sessionSchema, example) };
}

const signUpRoute = createRoute({
  method: 'post',
  path: '/auth/signup',
  operationId: 'signUp',
  summary: 'Create an account',
  description: 'Creates a customer or an organizer and signs the device in. Username and e-mail address are unique.',
  tags,
  security: [],
  request: { headers: IDEMPOTENCY_INPUT, body: requiredBody(signUpBody) },
  responses: {
    201: {
      ...session('The account, and the tokens of its first device.'),
      headers: { ...BOOKMARK_HEADER, ...REPLAYED_HEADER },
    },
    ...problems(
      ...BODY_PROBLEMS,
      'username_taken',
      'email_taken',
      'idempotency_key_reused',
      'rate_limited',
      'overloaded',
      'database_unavailable',
    ),
  },
});

const logInRoute = createRoute({
  method: 'post',
  path: '/auth/login',
  operationId: 'logIn',
  summary: 'Sign a device in',
  description: 'Takes the username or the e-mail address, in any case, with the password.',
  tags,
  security: [],
  request: { body: requiredBody(logInBody) },
  responses: {
    200: session('The tokens of the device.'),
    ...problems(
      ...BODY_PROBLEMS,
      'invalid_credentials',
      'account_disabled',
      'rate_limited',
      'overloaded',
      'database_unavailable',
    ),
  },
});

const refreshRoute = createRoute({
  method: 'post',
  path: '/auth/refresh',
  operationId: 'refreshSession',
  summary: 'Exchange a refresh token for fresh tokens',
  description:
    'A refresh token works once; the answer holds its successor. Using a spent one signs the device out, because two ' +
    'seem to hold it: never send the same one twice, not even at the same time.',
  tags,
  security: [],
  request: { body: requiredBody(refreshBody) },
  responses: {
    200: session('The next tokens of the device, with the role that the account has now.', {
      refresh_token: NEXT_REFRESH_TOKEN,
    }),
    ...problems(...BODY_PROBLEMS, 'invalid_refresh_token', 'database_unavailable'),
  },
});

const logOutRoute = createRoute({
  method: 'post',
  path: '/auth/logout',
  operationId: 'logOut',
  summary: 'Sign one device or all devices out',
  description:
    'With a refresh token, its device is signed out; no access token is needed. With `all`, every device of the ' +
    "access token's account is. Signing out again changes nothing and answers the same. Access tokens that are out " +
    'already stay valid until they expire.',
  tags,
  security: [{}, { bearerAuth: [] }],
  request: { body: requiredBody(logOutBody) },
  responses: {
    204: { description: 'Signed out.', headers: BOOKMARK_HEADER },
    ...problems(...BODY_PROBLEMS, 'unauthorized', 'database_unavailable'),
  },
});

function invalid(code: 'invalid_credentials' | 'invalid_refresh_token'): Problem {
  return new Problem(code, undefined, {}, { 'www-authenticate': 'Bearer' });
}

/** Sign-up, login, refresh and logout. */
export const auth = createRouter();

auth.use('/auth/*', noStore);

auth.openapi(signUpRoute, async (c) => {
  const network = networkOf(c.req.header('cf-connecting-ip'));
  await countAgainst(c.env.SIGNUP_PER_ADDRESS, network);
  const { password, organization_name, business_address, ...rest } = c.req.valid('json');
  const chosen = { ...rest, organizationName: organization_name ?? null, businessAddress: business_address ?? null };
  // Without the password, of which nothing but its slow hash is to be stored: a replay is for who knows it.
  const key = idempotencyKeyOf(c, 'signUp', 'anonymous', chosen);
  const db = freshDatabase(c);
  const now = Date.now();
  const user = newUser(chosen, newUserId(), await hashPassword(password), now);
  const token = issueToken();
  const answer = await sessionJson(c, { user, refreshToken: token.token });
  const commit = (keep: readonly BatchItem<'sqlite'>[]) => createUser(db, user, token, keep);
  const its = key && { ...key, userId: user.id };
  const made = await once(db, c.env.JWT_SECRET, its, now, answer, commit, userExists(user));
  const session = answerOnce(c, made);
  if (session !== answer) {
    // The account that the session is of, not whoever has its name by now.
    const id = session.user.id as UserId;
    await countAgainst(c.env.LOGIN_PER_ACCOUNT, `${network} ${id}`);
    const owner = await findUser(db, id);
    const verified = await verifyPassword(password, owner?.passwordHash ?? null);
    if (!verified || owner?.disabledAt !== null) throw new Problem('idempotency_key_reused');
  }
  return c.json(session, 201);
});

auth.openapi(logInRoute, async (c) => {
  const { username, password } = c.req.valid('json');
  const key = identifierKey(username);
  const network = networkOf(c.req.header('cf-connecting-ip'));
  await countAgainst(c.env.LOGIN_PER_ADDRESS, network);
  const db = freshDatabase(c);
  const user = await findUserByKey(db, key);
  // By the account, which has two names to be guessed under.
  // What is typed must not count as an account's id.
  await countAgainst(c.env.LOGIN_PER_ACCOUNT, `${network} ${user?.id ?? `name ${key}`}`);
  const verified = await verifyPassword(password, user?.passwordHash ?? null);
  if (user === null || !verified) throw invalid('invalid_credentials');
  // Only after the right password, so that nobody else learns that the account exists.
  if (user.disabledAt !== null) throw new Problem('account_disabled');
  const device = await signIn(db, user.id, user.passwordHash, Date.now());
  if (device === null) throw invalid('invalid_credentials');
  if (isOutdated(user.passwordHash)) await replaceHash(db, user.id, user.passwordHash, await hashPassword(password));
  return c.json(await sessionJson(c, device), 200);
});

auth.openapi(refreshRoute, async (c) => {
  const token = readToken(c.req.valid('json').refresh_token);
  const device = token && (await rotate(freshDatabase(c), token, Date.now()));
  if (device === null) throw invalid('invalid_refresh_token');
  return c.json(await sessionJson(c, device), 200);
});

auth.openapi(logOutRoute, async (c) => {
  const { refresh_token, all } = c.req.valid('json');
  const db = freshDatabase(c);
  if (all) {
    const { userId } = await requirePrincipal(c.env.JWT_SECRET, c.req.header('authorization'));
    await signOutEverywhere(db, userId, Date.now());
  }
  const token = readToken(refresh_token ?? '');
  if (token !== null) await signOut(db, token, Date.now());
  return c.body(null, 204);
});
