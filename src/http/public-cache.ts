import { waitUntil } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import type { Context, TypedResponse } from 'hono';
import { createMiddleware } from 'hono/factory';
import { Coalescer } from '../calls/coalescer.ts';
import { clientHas } from './etag.ts';
import {
  type About,
  isConfirmable,
  isGood,
  type Kept,
  KeptAnswers,
  type MarksOf,
  type Shareable,
} from './kept-answers.ts';
import type { AppEnv } from './router.ts';

/** Browsers and proxies may keep it, but ask each time whether it still holds; saying so costs as little as the answer. */
const CACHE_CONTROL = 'public, no-cache';
/** What an answer depends on besides its address. */
const VARY = 'Authorization, X-D1-Bookmark';

const cache = new KeptAnswers();

/** Requests that find an answer too old ask together whether it still holds. */
const doubts = new Coalescer<About, void>({ batch: 1_000 });

/**
 * Drops kept answers that may show what has changed.
 * @param id of the only thing that has changed, as `share` was told; none: it may show in any answer
 */
export function forgetPublicAnswers(id: string | null = null): void {
  if (id === null) cache.forgetAll();
  else cache.forget(id);
}

/**
 * Answers anonymous readers with what was true less than two seconds ago, from the isolate's memory, so that a crowd
 * costs D1 one read. It stands before all other middleware, so that an answer which is there costs next to nothing.
 * Whoever sends a token or a bookmark is never answered from there, and a command that passes through the isolate makes
 * it forget what shows its event, so that a client finds its own writes.
 * @param marksOf by which answers about one thing are confirmed; failing is allowed
 */
export const publicAnswers = (marksOf: MarksOf) =>
  createMiddleware<AppEnv>(async (c, next) => {
    const { headers, url, method } = c.req.raw;
    if (method !== 'GET' && method !== 'HEAD') return next();
    // What other sites may read depends on who asks; there are few who do.
    const isPersonal = headers.has('authorization') || headers.has('x-d1-bookmark') || headers.has('origin');
    const now = Date.now();
    const known = isPersonal ? undefined : cache.find(url);
    if (known !== undefined) {
      known.askedAt = now;
      const isYoung = isGood(known, now);
      if (isYoung && cache.isDue(now)) waitUntil(confirm(c.env, marksOf, []));
      if (isYoung || (await isConfirmed(c.env, marksOf, url, known))) {
        return answer(known, headers.get('if-none-match'));
      }
    }
    const { moment } = cache;
    await next();
    const shared = c.get('shareable');
    if (shared === undefined || c.res.status !== 200) return;
    const made = c.res.headers;
    if (!made.has('etag')) made.set('etag', tagOf(shared.body));
    made.set('cache-control', isPersonal ? 'private, no-cache' : CACHE_CONTROL);
    made.append('vary', VARY);
    const tag = made.get('etag') ?? '';
    if (!isPersonal) cache.keep(url, kept(shared, tag, made, { madeAt: now, moment }));
    // What a middleware returns counts only until there is an answer.
    if (clientHas(headers.get('if-none-match') ?? undefined, tag)) c.res = notModified(made);
  });

/**
 * A handler's answer of this JSON, offered to others too: who asks for the same may get it. It is written once, for
 * the answer and for what is kept.
 * @param until when it stops being true by itself, epoch ms
 */
export function share<T>(
  c: Pick<Context<AppEnv>, 'set' | 'body'>,
  json: T,
  { until = Number.POSITIVE_INFINITY, subject = null }: Partial<Omit<Shareable, 'body'>> = {},
): TypedResponse<T, 200, 'json'> {
  const body = JSON.stringify(json);
  c.set('shareable', { body, until, subject });
  return c.body(body, 200, { 'content-type': 'application/json' }) as Response as TypedResponse<T, 200, 'json'> &
    Response;
}

/** Whether an answer that is too old turns out to hold still. */
async function isConfirmed(env: Env, marksOf: MarksOf, url: string, known: Kept): Promise<boolean> {
  const now = Date.now();
  known.isRenewed = true;
  if (!isConfirmable(known, now)) return false;
  await doubts.ask('D1', known, (wanted) => confirm(env, marksOf, wanted));
  return known.since >= now && cache.find(url) === known && isGood(known, Date.now());
}

/** What fails leaves answers to grow old. */
async function confirm(env: Env, marksOf: MarksOf, wanted: readonly About[]): Promise<undefined[]> {
  await cache.confirm(env, marksOf, wanted).catch(() => undefined);
  return wanted.map(() => undefined);
}

function answer({ body, headers, tag }: Kept, ifNoneMatch: string | null): Response {
  const isKnown = clientHas(ifNoneMatch ?? undefined, tag);
  const response = isKnown ? notModified(headers) : new Response(body, { headers });
  response.headers.set('x-request-id', crypto.randomUUID());
  return response;
}

function notModified(headers: Headers): Response {
  return new Response(null, { status: 304, headers });
}

/** @param all are copied */
function kept(shared: Shareable, tag: string, all: Headers, made: Pick<Kept, 'madeAt' | 'moment'>): Kept {
  const headers = new Headers(all);
  return { ...shared, ...made, tag, headers, since: made.madeAt, askedAt: made.madeAt, isRenewed: false };
}

/** A tag of an answer that has no version of its own: the beginning of its SHA-256. */
function tagOf(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
}
