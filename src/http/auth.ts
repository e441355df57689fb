import { createMiddleware } from 'hono/factory';
import { errors, jwtVerify, SignJWT } from 'jose';
import { parseUserId } from '../domain/ids.ts';
import { type Principal, ROLES } from '../domain/model.ts';
import { Problem } from './problem.ts';
import type { AppEnv } from './router.ts';

/** How long an access token is valid. */
export const ACCESS_TOKEN_SECONDS = 15 * 60;
const ISSUER = 'seatkeeper';
const AUDIENCE = 'seatkeeper-api';
const SECRET_BYTES_MIN = 32;

const HS256 = { name: 'HMAC', hash: 'SHA-256' };

/** The key made of the secret that was used last: making it costs as much as checking a token. */
let latest: { readonly secret: string; readonly key: CryptoKey } | null = null;

async function keyOf(secret: string): Promise<CryptoKey> {
  if (latest?.secret === secret) return latest.key;
  const bytes = new TextEncoder().encode(secret);
  if (bytes.byteLength < SECRET_BYTES_MIN) throw new Error(`JWT_SECRET must have at least ${SECRET_BYTES_MIN} bytes`);
  const key = await crypto.subtle.importKey('raw', bytes, HS256, false, ['sign', 'verify']);
  latest = { secret, key };
  return key;
}

/** A signed access token for the principal: JWT (RFC 7519), HS256, valid 15 minutes. */
export async function signAccessToken(secret: string, principal: Principal): Promise<string> {
  const key = await keyOf(secret);
  return new SignJWT({ role: principal.role })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(principal.userId)
    .setJti(crypto.randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${ACCESS_TOKEN_SECONDS}s`)
    .sign(key);
}

/** Whom the token speaks for, or null if it is expired, forged, of another algorithm or not ours. */
export async function verifyAccessToken(secret: string, token: string): Promise<Principal | null> {
  try {
    const { payload } = await jwtVerify<{ role?: unknown }>(token, await keyOf(secret), {
      algorithms: ['HS256'],
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ['sub', 'exp', 'iat', 'jti'],
    });
    const userId = parseUserId(payload.sub ?? '');
    const role = ROLES.find((one) => one === payload.role);
    return userId === null || role === undefined ? null : { userId, role };
  } catch (error) {
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}

async function authenticate(secret: string, header: string | undefined): Promise<Principal | null> {
  if (header === undefined) return null;
  const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header)?.[1];
  const principal = token === undefined ? null : await verifyAccessToken(secret, token);
  if (principal === null) throw unauthorized('The access token is expired or not valid.', 'error="invalid_token"');
  return principal;
}

/** A 401 for a token that is missing, not valid, or of an account that is gone (RFC 6750, section 3). */
function unauthorized(detail: string, challenge = ''): Problem {
  return new Problem('unauthorized', detail, {}, { 'www-authenticate': `Bearer ${challenge}`.trim() });
}

/** A 401 for the token of an account that has been deleted. */
export function accountGone(): Problem {
  return unauthorized('The account of this token does not exist.', 'error="invalid_token"');
}

/**
 * The principal of a caller who has to be signed in.
 * @throws Problem `unauthorized` for an anonymous one
 */
export function signedIn(principal: Principal | null): Principal {
  if (principal === null) throw unauthorized('Send an access token as "Authorization: Bearer …".');
  return principal;
}

/**
 * Whom the request's access token speaks for, for routes that need one only sometimes.
 * @throws Problem `unauthorized` without a valid token
 */
export async function requirePrincipal(secret: string, header: string | undefined): Promise<Principal> {
  return signedIn(await authenticate(secret, header));
}

/** Lets only signed-in callers through; runs before the body is judged. */
export const authRequired = createMiddleware<{
  Bindings: Env;
  Variables: AppEnv['Variables'] & { principal: Principal };
}>(async (c, next) => {
  c.set('principal', await requirePrincipal(c.env.JWT_SECRET, c.req.header('authorization')));
  await next();
});

/** Lets everybody through; a token that is sent must be valid. */
export const authOptional = createMiddleware<AppEnv>(async (c, next) => {
  c.set('principal', await authenticate(c.env.JWT_SECRET, c.req.header('authorization')));
  await next();
});
