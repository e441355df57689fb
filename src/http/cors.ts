import type { Context } from 'hono';
import { cors } from 'hono/cors';
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from './router.ts';

/** Browsers ask again after this time at the latest. */
const PREFLIGHT_SECONDS = 7200;

const answer = cors({
  origin: (origin, c: Context<AppEnv>) => (allows(c.env, origin) ? origin : null),
  allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  allowHeaders: [
    'Authorization',
    'Content-Type',
    'Idempotency-Key',
    'If-Match',
    'If-None-Match',
    'Last-Event-ID',
    'X-D1-Bookmark',
    'X-Edit-Token',
  ],
  exposeHeaders: [
    'Content-Disposition',
    'ETag',
    'Idempotency-Replayed',
    'Location',
    'Retry-After',
    'WWW-Authenticate',
    'X-D1-Bookmark',
    'X-Read-Model',
    'X-Request-Id',
  ],
  maxAge: PREFLIGHT_SECONDS,
});

/**
 * Lets pages of the origins in `CORS_ORIGINS` call the API from a browser; none where it is empty. Credentials are
 * never allowed: there are no cookies, so the list decides who may read, not on whose behalf.
 */
export const crossOrigin = createMiddleware<AppEnv>(async (c, next) => {
  return originsOf(c.env).length === 0 ? next() : answer(c, next);
});

/** Who runs the Worker may leave the variable out, and write origins as browsers show them, with a slash at the end. */
function originsOf({ CORS_ORIGINS: origins = '' }: { readonly CORS_ORIGINS?: string }): string[] {
  return origins
    .split(',')
    .map((origin) => origin.trim().replace(/\/$/, ''))
    .filter(Boolean);
}

function allows(env: Env, origin: string): boolean {
  const allowed = originsOf(env);
  return origin !== '' && (allowed.includes('*') || allowed.includes(origin));
}
