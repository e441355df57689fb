import { type EventId, type Heard, type Instant, LIMITS, type Showing } from '../domain/model.ts';
import type { Store } from './store.ts';

/** An event's live hub as its actor sees it. */
export interface Hub {
  show(showing: Showing): Promise<Heard>;
}

/** Least time between two calls of the hub. */
const PAUSE_MS = 250;
const PAUSE_AFTER_FAILURE_MS = 1_000;

/**
 * Tells the event's live hub what changed: the first change at once, then the latest state whenever the hub can take
 * it, one call at a time, however many watch and however much changes. Commands never wait for it.
 */
export class Feed {
  readonly #store: Store;
  readonly #latest: () => Showing | null;
  readonly #hubOf: (eventId: EventId) => Hub;
  #toldSeq = 0;
  #running = false;
  /** Counts subscriptions, so that an end that was on its way doesn't take a newer one with it. */
  #subscriptions = 0;
  /** Null: not read from the store yet. */
  #watchedUntil: Instant | null = null;

  constructor(store: Store, latest: () => Showing | null, hubOf: (eventId: EventId) => Hub) {
    this.#store = store;
    this.#latest = latest;
    this.#hubOf = hubOf;
  }

  /** The hub wants to hear of changes from now on; it knows the state as of now. */
  watch(now: Instant): void {
    this.#subscriptions += 1;
    this.#setWatchedUntil(now + LIMITS.subscriptionMs);
  }

  /** Something may have changed. Returns at once. */
  changed(): void {
    if (!this.#running && this.#isWatched()) void this.#run();
  }

  #isWatched(): boolean {
    this.#watchedUntil ??= this.#store.watchedUntil();
    return Date.now() < this.#watchedUntil;
  }

  #setWatchedUntil(until: Instant): void {
    this.#watchedUntil = until;
    this.#store.saveWatchedUntil(until);
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      while (this.#isWatched()) {
        const showing = this.#latest();
        if (showing === null || showing.availability.seq <= this.#toldSeq) return;
        await scheduler.wait(await this.#tell(showing));
      }
    } finally {
      this.#running = false;
    }
  }

  /** Tells the hub, and answers how long to wait before the next call; never rejects. */
  async #tell(showing: Showing): Promise<number> {
    const { eventId, seq } = showing.availability;
    const subscriptions = this.#subscriptions;
    try {
      const heard = await this.#hubOf(eventId).show(showing);
      if (heard?.passedOn) this.#toldSeq = seq;
      if (heard === null && subscriptions === this.#subscriptions) this.#setWatchedUntil(0);
      return Math.max(PAUSE_MS, heard?.pauseMs ?? 0);
    } catch (error) {
      console.warn(JSON.stringify({ warning: 'a live hub did not answer', event_id: eventId, error: `${error}` }));
      return PAUSE_AFTER_FAILURE_MS;
    }
  }
}
