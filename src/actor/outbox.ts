import { Coalescer } from '../calls/coalescer.ts';
import { within } from '../calls/within.ts';
import { type Page, project, replaceRange } from '../db/projection.ts';
import { idOf } from '../db/reservation-columns.ts';
import { type Instant, LIMITS } from '../domain/model.ts';
import type { Store } from './store.ts';

/** Whether D1 already shows what a command did, and the bookmark of the last projection. */
export interface Projected {
  readonly readModel: 'current' | 'pending';
  readonly bookmark: string | null;
}

/** Longest that a reply waits for its projection, unless told otherwise. */
const WAIT_MS = 250;
/** A D1 call that takes longer counts as failed; the next try is safe because projection is idempotent. */
const D1_TIMEOUT_MS = 10_000;
/** So many answers waiting for D1 at once are a rush: none waits until D1 has caught up. */
const RUSH_WAITERS = 100;
/** So are so many facts within a second. */
const RUSH_FACTS = 500;
const RUSH_WINDOW_MS = 1_000;
/** Between two writes to D1 under a rush, so that each carries more and the actor has time for its commands. */
const RUSH_PAUSE_MS = 100;
/** The rush is over when fewer facts than these came during a pause. */
const RUSH_OVER_FACTS = 50;
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 60_000;

/** What became of a page that was sent to D1: the bookmark of then, or what failed. */
type Sent = { readonly bookmark: string | null } | { readonly error: unknown };

/**
 * Projections of the actors that live in one isolate: while some are on their way to D1, further ones gather for the
 * next, so that many events with little to say cost D1 few transactions.
 */
const shipments = new Coalescer<Page, Sent>({ batch: 100, gatherMs: 0 });

interface Waiter {
  readonly seq: number;
  /** Answers that wait in it. */
  readonly answers: number;
  readonly resolve: (reached: boolean) => void;
}

/**
 * Carries the fact log to D1: at least once, in order, in bulk. It reads what the next facts touched, writes it in one
 * D1 transaction, and goes on until D1 has caught up; after a failure it waits for `nextTryAt` and tells callers not
 * to wait. How far it came is saved with the next command or alarm, so a crash only repeats work.
 */
export class Outbox {
  readonly #store: Store;
  readonly #db: D1Database;
  readonly #flushed: () => Promise<void>;
  readonly #waitMs: number;
  readonly #waiters: Waiter[] = [];
  /** Null: not read yet. */
  #projectedSeq: number | null = null;
  /** Since when, and from which fact on, facts are counted. */
  #window = { since: 0, seq: 0 };
  #bookmark: string | null = null;
  #running: Promise<void> | null = null;
  #failures = 0;
  #nextTryAt: Instant = 0;
  #isRush = false;

  /**
   * @param flushed resolves when what the store has is on disk
   * @param waitMs longest that a reply waits for its projection, in milliseconds
   */
  constructor(store: Store, db: D1Database, flushed: () => Promise<void>, waitMs = WAIT_MS) {
    this.#store = store;
    this.#db = db;
    this.#flushed = flushed;
    this.#waitMs = waitMs;
  }

  /** Up to which fact D1 is known to be. */
  get projectedSeq(): number {
    this.#projectedSeq ??= this.#store.projectedSeq();
    return this.#projectedSeq;
  }

  /** When to try again after a failure, epoch ms; 0 while all is well. */
  get nextTryAt(): Instant {
    return this.#nextTryAt;
  }

  /**
   * Starts projecting and waits until D1 has the fact `seq`, but at most `waitMs` and not at all under a rush.
   * @param answers how many wait for this
   */
  async reach(seq: number, answers: number): Promise<Projected> {
    if (this.#failures > 0 && Date.now() < this.#nextTryAt) return this.#answer(false);
    if (seq <= this.projectedSeq) return this.#answer(true);
    void this.flush();
    const waiting = this.#waiters.reduce((sum, waiter) => sum + waiter.answers, answers);
    if (waiting > RUSH_WAITERS || this.#factsOfLate(seq) > RUSH_FACTS) {
      this.#isRush = true;
      this.#release(0, true);
    }
    if (this.#isRush || this.#failures > 0) return this.#answer(false);
    return this.#answer(await this.#waitFor(seq, answers));
  }

  /** How many facts up to `seq` have come within the window. */
  #factsOfLate(seq: number): number {
    const now = Date.now();
    if (now - this.#window.since >= RUSH_WINDOW_MS) this.#window = { since: now, seq: this.projectedSeq };
    return seq - this.#window.seq;
  }

  #answer(reached: boolean): Projected {
    return { readModel: reached ? 'current' : 'pending', bookmark: this.#bookmark };
  }

  #waitFor(seq: number, answers: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), this.#waitMs);
      const done = (reached: boolean) => {
        clearTimeout(timer);
        resolve(reached);
      };
      this.#waiters.push({ seq, answers, resolve: done });
    });
  }

  /** Projects until D1 has caught up or fails; never rejects. */
  flush(): Promise<void> {
    return this.#alone(() => this.#run());
  }

  /** One writer to D1 at a time: joins what runs already, else starts `work`. */
  #alone(work: () => Promise<void>): Promise<void> {
    this.#running ??= work().finally(() => {
      this.#running = null;
      // Whoever came while the last round was ending must not wait for an alarm.
      if (this.#waiters.length > 0) void this.flush();
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      await this.#projectFrom(this.projectedSeq);
      this.#failures = 0;
      this.#nextTryAt = 0;
    } catch (error) {
      this.#failures += 1;
      this.#nextTryAt = Date.now() + backoffMs(this.#failures);
      this.#release(0, true);
      console.warn(JSON.stringify({ warning: 'projection to D1 failed', failures: this.#failures, error: `${error}` }));
    }
  }

  /** Projects all facts after `afterSeq`, page by page. */
  async #projectFrom(afterSeq: number): Promise<void> {
    let seenSeq = afterSeq;
    for (let reachedSeq = afterSeq; ; ) {
      const page = this.#store.projectionPage(reachedSeq, LIMITS.batchMax);
      if (page === null) {
        this.#isRush = false;
        return;
      }
      if (page.view.seq - seenSeq < RUSH_OVER_FACTS) this.#isRush = false;
      seenSeq = page.view.seq;
      // Another actor may carry it, whose writes are no sign that ours are on disk.
      await this.#flushed();
      const sent = await within(D1_TIMEOUT_MS, this.#send(page));
      if ('error' in sent) throw sent.error;
      reachedSeq = page.upToSeq;
      this.#projectedSeq = Math.max(this.projectedSeq, reachedSeq);
      this.#bookmark = sent.bookmark ?? this.#bookmark;
      this.#release(this.#projectedSeq, false);
      if (this.#isRush) await scheduler.wait(RUSH_PAUSE_MS);
    }
  }

  #send(page: Page): Promise<Sent> {
    return shipments.ask('D1', page, async (pages) => {
      const sent: Sent[] = [];
      for (const together of parted(pages)) sent.push(...(await sendTogether(this.#db, together)));
      return sent;
    });
  }

  /** Lets go those who wait for facts up to `seq`, and with `all` the others too, unreached. */
  #release(seq: number, all: boolean): void {
    const others = this.#waiters.splice(0).filter((waiter) => {
      if (waiter.seq <= seq) waiter.resolve(true);
      else if (all) waiter.resolve(false);
      else return true;
      return false;
    });
    this.#waiters.push(...others);
  }

  /**
   * Makes D1's rows of this event exactly what the actor has, whatever stood there, and adds the lines that its
   * history lacks. Projection waits meanwhile.
   * @returns the number of reservations written
   * @throws what D1 throws; running it again is safe
   */
  async rebuild(): Promise<number> {
    while (this.#running !== null) await this.#running;
    let written = 0;
    let failure: unknown = null;
    await this.#alone(async () => {
      try {
        written = await this.#replaceAll();
        await this.#projectFrom(0);
      } catch (error) {
        failure = error;
      }
    });
    if (failure !== null) throw failure;
    return written;
  }

  async #replaceAll(): Promise<number> {
    const session = this.#db.withSession('first-primary');
    let afterId = '';
    let written = 0;
    for (;;) {
      const rows = this.#store.reservationsAfter(afterId, LIMITS.batchMax);
      const view = this.#store.view();
      if (view === null) return written;
      const last = rows.length < LIMITS.batchMax ? undefined : rows.at(-1);
      const upToId = last === undefined ? null : idOf(last);
      await within(D1_TIMEOUT_MS, replaceRange(session, view, { afterId, upToId }, rows));
      written += rows.length;
      if (upToId === null) return written;
      afterId = upToId;
    }
  }
}

/** The pages in their order, in parts of no more facts than one page may have. */
function parted(pages: readonly Page[]): Page[][] {
  const parts: Page[][] = [];
  let facts: number = LIMITS.batchMax;
  for (const page of pages) {
    facts += page.facts.length;
    if (facts > LIMITS.batchMax) {
      parts.push([]);
      facts = page.facts.length;
    }
    parts.at(-1)?.push(page);
  }
  return parts;
}

/** One transaction for all; should that fail, one for each, so that no event's fault becomes another's. */
async function sendTogether(db: D1Database, pages: readonly Page[]): Promise<Sent[]> {
  const session = db.withSession('first-primary');
  try {
    await project(session, pages);
    return pages.map(() => ({ bookmark: session.getBookmark() }));
  } catch (error) {
    if (pages.length === 1) return [{ error }];
    const sent: Sent[] = [];
    for (const page of pages) sent.push(...(await sendTogether(db, [page])));
    return sent;
  }
}

/** 1 s, doubled at each failure up to a minute, with up to a quarter of jitter so that events don't retry in step. */
function backoffMs(failures: number): number {
  const base = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (failures - 1));
  return Math.ceil(base * (1 + Math.random() / 4));
}
