import { createHash } from 'node:crypto';
import type { Context, TypedResponse } from 'hono';
import { createMiddleware } from 'hono/factory';
import { clientHas } from './etag.ts';
import type { AppEnv } from './router.ts';

/** From this age on an answer is made anew; while one request does that, others still get the old one. */
const FRESH_MS = 1_750;
/** No answer is older than this when it leaves. */
const AGE_MAX_MS = 2_000;
/** Browsers and proxies may keep it, but ask each time whether it still holds; saying so costs as little as the answer. */
const CACHE_CONTROL = 'public, no-cache';
/** What an answer depends on besides its address. */
const VARY = 'Authorization, X-D1-Bookmark';
/** Characters of all answers that an isolate keeps, and of their addresses: readers choose how long these are. */
const CHARACTERS_MAX = 8_000_000;
/** More than the headers of an answer have. */
const HEADER_CHARACTERS = 2_000;

interface Kept {
  readonly body: string;
  readonly headers: Record<string, string>;
  readonly tag: string;
  readonly since: number;
  /** When it stops being true by itself. */
  readonly until: number;
  isRenewed: boolean;
}

/**
 * Keeps answers to anonymous readers in the isolate's memory for a moment, so that a crowd costs D1 one read. Whoever
 * sends a token or a bookmark is never answered from here, and a command that passes through the isolate makes it
 * forget, so that a client finds its own writes.
 */
class Answers {
  readonly #kept = new Map<string, Kept>();
  #characters = 0;
  /** Counts what made the cache forget: what was read before is not kept after. */
  generation = 0;

  find(key: string): Kept | undefined {
    return this.#kept.get(key);
  }

  keep(key: string, kept: Kept): void {
    this.#drop(key);
    this.#kept.set(key, kept);
    this.#characters += sizeOf(key, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#characters <= CHARACTERS_MAX) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#characters -= sizeOf(key, kept);
    this.#kept.delete(key);
  }

  forget(): void {
    this.#kept.clear();
    this.#characters = 0;
    this.generation += 1;
  }
}

function sizeOf(key: string, { body }: Kept): number {
  return key.length + body.length + HEADER_CHARACTERS;
}

const cache = new Answers();

/** Drops all kept answers, since something that they may show has changed. */
export function forgetPublicAnswers(): void {
  cache.forget();
}

/**
 * Answers anonymous readers with what another was told less than two seconds ago. It stands before all other
 * middleware, so that an answer which is there costs next to nothing.
 */
export const publicAnswers = createMiddleware<AppEnv>(async (c, next) => {
  const { headers, url, method } = c.req.raw;
  if (method !== 'GET' && method !== 'HEAD') return next();
  // What other sites may read depends on who asks; there are few who do.
  const isPersonal = headers.has('authorization') || headers.has('x-d1-bookmark') || headers.has('origin');
  const now = Date.now();
  const known = isPersonal ? undefined : cache.find(url);
  if (known !== undefined && isGood(known, now)) return answer(known, headers.get('if-none-match'));
  if (known !== undefined) known.isRenewed = true;
  const { generation } = cache;
  await next();
  const shared = c.get('shareable');
  if (shared === undefined || c.res.status !== 200) return;
  const { body, until } = shared;
  const made = c.res.headers;
  if (!made.has('etag')) made.set('etag', tagOf(body));
  made.set('cache-control', isPersonal ? 'private, no-cache' : CACHE_CONTROL);
  made.append('vary', VARY);
  const tag = made.get('etag') ?? '';
  if (!isPersonal && generation === cache.generation) cache.keep(url, kept({ body, tag, until, since: now }, made));
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
  until = Number.POSITIVE_INFINITY,
): TypedResponse<T, 200, 'json'> {
  const body = JSON.stringify(json);
  c.set('shareable', { body, until });
  return c.body(body, 200, { 'content-type': 'application/json' }) as Response as TypedResponse<T, 200, 'json'> &
    Response;
}

function isGood({ since, until, isRenewed }: Kept, now: number): boolean {
  const age = now - since;
  return now < until && (age < FRESH_MS || (isRenewed && age < AGE_MAX_MS));
}

function answer({ body, headers, tag }: Kept, ifNoneMatch: string | null): Response {
  const own = { ...headers, 'x-request-id': crypto.randomUUID() };
  const isKnown = clientHas(ifNoneMatch ?? undefined, tag);
  return isKnown ? notModified(own) : new Response(body, { headers: own });
}

function notModified(headers: HeadersInit): Response {
  return new Response(null, { status: 304, headers });
}

function kept(made: Omit<Kept, 'headers' | 'isRenewed'>, all: Headers): Kept {
  const { 'x-request-id': _, ...headers } = Object.fromEntries(all);
  return { ...made, headers, isRenewed: false };
}

/** A tag of an answer that has no version of its own: the beginning of its SHA-256. */
function tagOf(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
}
