import { waitUntil } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import type { Context, TypedResponse } from 'hono';
import { createMiddleware } from 'hono/factory';
import { Coalescer } from '../calls/coalescer.ts';
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
const CHARACTERS_MAX = 16_000_000;
/** More than the headers of an answer have. */
const HEADER_CHARACTERS = 2_000;
/** So often it is looked which answers about one thing still hold, all of them at once. */
const CONFIRM_EVERY_MS = 1_000;
/** Of those that somebody asked for in this time. */
const ASKED_WITHIN_MS = 5_000;
/** Then an answer is made anew even so, lest something that no mark shows stays for ever. */
const CONFIRMED_FOR_MS = 60_000;

/** What an answer is about, if it is about one thing, and a mark that is another whenever the answer would be. */
export interface Subject {
  readonly id: string;
  readonly mark: string;
}

/** The marks of things as they are now; none for what is gone. */
export type MarksOf = (env: Env, ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/** An answer that others may get too. */
export interface Shareable {
  readonly body: string;
  /** When it stops being true by itself, epoch ms. */
  readonly until: number;
  readonly subject: Subject | null;
}

interface Kept extends Shareable {
  readonly headers: Record<string, string>;
  readonly tag: string;
  readonly madeAt: number;
  /** When it was last known to be true. */
  since: number;
  askedAt: number;
  isRenewed: boolean;
}

/** An answer about one thing. */
type About = Kept & { readonly subject: Subject };

function isAbout(kept: Kept): kept is About {
  return kept.subject !== null;
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
  #confirmedAt = 0;

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

  /** Whether it is time to confirm what is asked for often. */
  isDue(now: number): boolean {
    return now - this.#confirmedAt >= CONFIRM_EVERY_MS;
  }

  /** Makes those answers young again whose subjects have not changed; with them, when it is time, what is asked often. */
  async confirm(env: Env, marksOf: MarksOf, wanted: readonly About[]): Promise<void> {
    const now = Date.now();
    const judged = [...new Set([...wanted, ...(this.isDue(now) ? this.#askedLately(now) : [])])];
    if (judged.length === 0) return;
    const ids = judged.map(({ subject }) => subject.id);
    const marks = await marksOf(env, ids);
    for (const kept of judged) {
      if (marks.get(kept.subject.id) === kept.subject.mark) Object.assign(kept, { since: now, isRenewed: false });
    }
  }

  #askedLately(now: number): About[] {
    this.#confirmedAt = now;
    return [...this.#kept.values()].filter(isAbout).filter(({ madeAt, since, askedAt }) => {
      return now - madeAt < CONFIRMED_FOR_MS && now - since < AGE_MAX_MS && now - askedAt < ASKED_WITHIN_MS;
    });
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
    this.#confirmedAt = 0;
    this.generation += 1;
  }
}

function sizeOf(key: string, { body }: Kept): number {
  return key.length + body.length + HEADER_CHARACTERS;
}

const cache = new Answers();

/** Requests that find an answer too old ask together whether it still holds. */
const doubts = new Coalescer<About, void>({ batch: 1_000 });

/** Drops all kept answers, since something that they may show has changed. */
export function forgetPublicAnswers(): void {
  cache.forget();
}

/**
 * Answers anonymous readers with what was true less than two seconds ago. It stands before all other middleware, so that
 * an answer which is there costs next to nothing.
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
    const { generation } = cache;
    await next();
    const shared = c.get('shareable');
    if (shared === undefined || c.res.status !== 200) return;
    const made = c.res.headers;
    if (!made.has('etag')) made.set('etag', tagOf(shared.body));
    made.set('cache-control', isPersonal ? 'private, no-cache' : CACHE_CONTROL);
    made.append('vary', VARY);
    const tag = made.get('etag') ?? '';
    if (!isPersonal && generation === cache.generation) cache.keep(url, kept(shared, tag, made, now));
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

function isGood({ since, until, isRenewed }: Kept, now: number): boolean {
  const age = now - since;
  return now < until && (age < FRESH_MS || (isRenewed && age < AGE_MAX_MS));
}

/** Whether an answer that is too old turns out to hold still. */
async function isConfirmed(env: Env, marksOf: MarksOf, url: string, known: Kept): Promise<boolean> {
  const now = Date.now();
  known.isRenewed = true;
  if (!isAbout(known) || now - known.madeAt >= CONFIRMED_FOR_MS) return false;
  await doubts.ask('D1', known, (wanted) => confirm(env, marksOf, wanted));
  return known.since >= now && cache.find(url) === known && isGood(known, Date.now());
}

/** What fails leaves answers to grow old. */
async function confirm(env: Env, marksOf: MarksOf, wanted: readonly About[]): Promise<undefined[]> {
  await cache.confirm(env, marksOf, wanted).catch(() => undefined);
  return wanted.map(() => undefined);
}

function answer({ body, headers, tag }: Kept, ifNoneMatch: string | null): Response {
  const own = { ...headers, 'x-request-id': crypto.randomUUID() };
  const isKnown = clientHas(ifNoneMatch ?? undefined, tag);
  return isKnown ? notModified(own) : new Response(body, { headers: own });
}

function notModified(headers: HeadersInit): Response {
  return new Response(null, { status: 304, headers });
}

function kept(shared: Shareable, tag: string, all: Headers, now: number): Kept {
  const { 'x-request-id': _, ...headers } = Object.fromEntries(all);
  return { ...shared, tag, headers, madeAt: now, since: now, askedAt: now, isRenewed: false };
}

/** A tag of an answer that has no version of its own: the beginning of its SHA-256. */
function tagOf(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
}
