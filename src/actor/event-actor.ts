import { DurableObject } from 'cloudflare:workers';
import { typeidUnboxed } from 'typeid-js';
import { manages, maySeeEvent, maySeeReservation } from '../domain/access.ts';
import type { Command } from '../domain/commands.ts';
import type { Fact } from '../domain/facts.ts';
import {
  type Availability,
  type CommandId,
  type EventId,
  type EventView,
  type Instant,
  LIMITS,
  type Principal,
  type Reservation,
  type ReservationId,
  type ReservationView,
  type Showing,
} from '../domain/model.ts';
import type { Outcome, Rejection } from '../domain/outcomes.ts';
import { asOf, availabilityOf, isClosed, judgedAt, takenSeats } from '../domain/seats.ts';
import { type Stats, statsOf } from '../domain/tally.ts';
import { refill } from '../domain/waitlist.ts';
import { type Executed, execute, recall } from './execute.ts';
import { Feed, type Hub } from './feed.ts';
import { GroupCommit, type Settled } from './group-commit.ts';
import { Outbox, type Projected } from './outbox.ts';
import { type Needs, Store } from './store.ts';

/** The answers to a batch of commands, in their order; `failed` is a fault of ours, logged here. */
export interface Reply extends Projected {
  readonly outcomes: readonly (Outcome | { readonly kind: 'failed' })[];
}

/** What a strong read gives: the value, or why the caller may not see it. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly rejection: Rejection };

/** What a rebuild of the read model did, or null for an event that was never created. */
export type Rebuilt = { readonly seq: number; readonly reservations: number } | null;

const HEAD_OF_LINE: Needs = {
  reservationIds: [],
  holders: [],
  theirHolders: false,
  lapsed: 0,
  closing: 0,
  settling: 0,
  line: LIMITS.waitlistWindow,
  capacities: [],
};

/** How long answers are remembered for retries: a client that lost its connection retries within seconds. */
const ANSWERS_KEPT_MS = 60 * 60 * 1000;
const PRUNED_PER_ALARM = 10_000;
/** Bounded steps that one alarm takes before it lets others in and comes again. */
const SETTLES_PER_ALARM = 10;
/** How soon an alarm sees to facts that D1 lacks, should this instance end before the projection started at once does. */
const PROJECTION_DUE_MS = 5_000;
const ALARM_AFTER_FAILURE_MS = 60_000;

/**
 * The actor of one event: the only writer of its seats. A thin shell: the rules are in the domain, the SQL in the
 * store, the way to D1 in the outbox.
 */
export class EventActor extends DurableObject<Env> {
  readonly #store = new Store(this.ctx.storage);
  readonly #flushed = () => this.ctx.storage.sync();
  readonly #outbox = new Outbox(
    this.#store,
    this.env.DB,
    this.#flushed,
    Number(this.env.PROJECTION_WAIT_MS) || undefined,
  );
  readonly #commit = new GroupCommit((commands) => this.#executeBatch(commands), this.#flushed);
  readonly #feed = new Feed(
    this.#store,
    () => this.#showing(),
    (eventId) => this.env.LIVE_HUB.get(this.env.LIVE_HUB.idFromName(eventId)) as unknown as Hub,
  );
  /** When the alarm is set, as far as this instance knows. */
  #alarmAt: Instant = Number.POSITIVE_INFINITY;

  /** Executes commands, each decided in turn; those that come together share a transaction. Never throws. */
  async execute(commands: readonly Command[]): Promise<Reply> {
    const settled = await this.#commit.submit(commands);
    const outcomes = settled.map((one, index) => outcomeOf(commands[index] as Command, one));
    const seq = Math.max(0, ...outcomes.map(seqOf));
    const projected = await this.#outbox.reach(seq, commands.length);
    if (this.#outbox.nextTryAt > 0) this.#arm(Date.now());
    return { outcomes, ...projected };
  }

  #executeBatch(commands: readonly Command[]): Executed {
    const executed = execute(this.ctx.storage, this.#store, commands, Date.now(), this.#outbox.projectedSeq);
    if (executed.added > 0) {
      this.#arm(Date.now());
      this.#feed.changed();
    }
    return executed;
  }

  /** What was answered under a client's Idempotency-Key; null: nothing that is remembered. */
  recall(idempotency: NonNullable<Command['idempotency']>): Outcome | null {
    return recall(this.#store, idempotency, this.#now());
  }

  /** The event with its seat counts, now. */
  readEvent(principal: Principal | null): Read<EventView> {
    const view = this.#store.view();
    if (view === null || !maySeeEvent(view.event, principal)) return refused('event_not_found');
    return { ok: true, value: view };
  }

  /** The same for who runs the event. */
  readManagedEvent(principal: Principal): Read<EventView> {
    const read = this.readEvent(principal);
    return !read.ok || manages(read.value.event, principal) ? read : refused('not_organizer');
  }

  /** The event's occupancy, now. */
  readAvailability(principal: Principal | null): Read<Availability> {
    const read = this.readEvent(principal);
    return read.ok ? { ok: true, value: availabilityOf(read.value, this.#store.lapsedSeats(this.#now())) } : read;
  }

  /**
   * What watchers are to see now; from here on the event's live hub hears of every change, for a while.
   * @param first who wants to watch, to be judged; null: it is for those who watch already
   */
  watch(first: { readonly principal: Principal | null } | null): Read<Showing> {
    const showing = this.#showing();
    if (showing === null || (first !== null && !maySeeEvent(showing.audience, first.principal))) {
      return refused('event_not_found');
    }
    this.#feed.watch(Date.now());
    return { ok: true, value: showing };
  }

  #showing(): Showing | null {
    const view = this.#store.view();
    if (view === null) return null;
    const { organizerId, publishedAt, deletedAt } = view.event;
    const availability = availabilityOf(view, this.#store.lapsedSeats(this.#now()));
    return { availability, audience: { organizerId, publishedAt, deletedAt } };
  }

  /** The event's figures, as they are now; for who runs it. */
  readStats(principal: Principal): Read<Stats> {
    const read = this.readManagedEvent(principal);
    if (!read.ok) return read;
    const { counts } = this.#store;
    const lapsed = counts.lapsed(judgedAt(read.value.event, this.#now()));
    return { ok: true, value: statsOf(read.value, counts.stock(), lapsed, counts.days()) };
  }

  /** One reservation, as it is now. */
  readReservation(id: ReservationId, principal: Principal): Read<ReservationView> {
    const event = this.#store.view()?.event;
    const reservation = this.#store.reservation(id);
    if (event === undefined || reservation === null) return refused('reservation_not_found');
    const current = asOf(reservation, event, this.#now());
    if (!maySeeReservation(event, current, principal)) return refused('reservation_not_found');
    return { ok: true, value: { reservation: current, waitlistPosition: this.#positionOf(current) } };
  }

  /** The line of the waitlist from its head on; for who runs the event. */
  readWaitlist(principal: Principal, afterQueueSeq: number, limit: number): Read<readonly ReservationView[]> {
    const read = this.readManagedEvent(principal);
    if (!read.ok) return read;
    const line = isClosed(read.value.event) ? [] : this.#store.line(afterQueueSeq, limit);
    const [head] = line;
    const first = head === undefined ? null : this.#positionOf(head);
    // Counted once: those behind it stand one behind the other.
    return {
      ok: true,
      value: line.map((reservation, index) => ({ reservation, waitlistPosition: (first ?? 1) + index })),
    };
  }

  /** The facts after `afterSeq`, in order, at most `limit`; for who runs the event, to the end of a deleted one. */
  readChanges(principal: Principal, afterSeq: number, limit: number): Read<readonly Fact[]> {
    const event = this.#store.view()?.event;
    if (event !== undefined && manages(event, principal)) {
      return { ok: true, value: this.#store.facts(afterSeq, limit) };
    }
    return refused(event !== undefined && maySeeEvent(event, principal) ? 'not_organizer' : 'event_not_found');
  }

  #positionOf({ queueSeq }: Reservation): number | null {
    if (queueSeq === null) return null;
    return (this.#store.view()?.totals.waitlisted ?? 0) - this.#store.behind(queueSeq);
  }

  /** Writes all of the event's rows in D1 anew; what stood there wrongly goes. */
  async rebuild(): Promise<Rebuilt> {
    if (!this.#store.isOpen()) return null;
    const reservations = await this.#outbox.rebuild();
    return { seq: this.#store.view()?.seq ?? 0, reservations };
  }

  /** Housekeeping, safe to run late or twice: ends what has lapsed, brings D1 up to date, forgets old answers. */
  override async alarm(): Promise<void> {
    this.#alarmAt = Number.POSITIVE_INFINITY;
    const event = this.#store.view()?.event;
    if (event === undefined) return;
    try {
      await this.#settle(event.id);
      if (this.#outbox.nextTryAt <= Date.now()) await this.#outbox.flush();
      this.#store.saveProjectedSeq(this.#outbox.projectedSeq);
      this.#store.answers.prune(Date.now() - ANSWERS_KEPT_MS, Date.now() - LIMITS.idempotencyMs, PRUNED_PER_ALARM);
      // What the steps above had set it for, this very alarm has seen to.
      this.#alarmAt = Number.POSITIVE_INFINITY;
      this.#arm(Date.now());
      // An instance that was cut off before it told the hub left this alarm behind.
      this.#feed.changed();
    } catch (error) {
      // An alarm that throws is dropped after a few tries; one that sets itself again is not.
      console.error(JSON.stringify({ error: 'an alarm broke', event_id: event.id, reason: `${error}` }));
      this.#setAlarm(Date.now() + ALARM_AFTER_FAILURE_MS);
    }
  }

  async #settle(eventId: EventId): Promise<void> {
    for (let step = 0, seq = -1; step < SETTLES_PER_ALARM; step += 1) {
      const id = typeidUnboxed('cmd') as string as CommandId;
      const [settled] = (await this.#commit.submit([{ type: 'settle', id, eventId, principal: null }])) as [Settled];
      if ('error' in settled) throw settled.error;
      const reached = seqOf(settled.outcome);
      if (reached === seq) return;
      seq = reached;
    }
  }

  /** Sets the alarm to the earliest time at which something is due, in the same turn as the write that made it due. */
  #arm(now: Instant): void {
    const view = this.#store.view();
    if (view === null) return;
    const due = [
      view.totals.held > 0 ? this.#store.nextDeadline() : null,
      this.#store.answers.nextPruneAt(ANSWERS_KEPT_MS, LIMITS.idempotencyMs),
      this.#outbox.projectedSeq < view.seq ? this.#projectionDueAt(now) : null,
      isClosed(view.event) && hasActive(view) ? now : null,
      this.#movesUp(view) ? now : null,
    ].filter((at) => at !== null);
    this.#setAlarm(Math.min(...due));
  }

  /** Whether seats are free for somebody who waits, because one command's bound was reached; as a step will judge it. */
  #movesUp(view: EventView): boolean {
    const at = this.#now();
    if (view.totals.waitlisted === 0 || takenSeats(view.totals) === view.event.capacity) return false;
    return refill(this.#store.load(HEAD_OF_LINE, at), view.event, at).length > 0;
  }

  /** While D1 is failing, when to try again; else soon. */
  #projectionDueAt(now: Instant): Instant {
    const { nextTryAt } = this.#outbox;
    return nextTryAt > now ? nextTryAt : now + PROJECTION_DUE_MS;
  }

  #setAlarm(at: Instant): void {
    if (at >= this.#alarmAt) return;
    this.#alarmAt = at;
    void this.ctx.storage.setAlarm(at);
  }

  /** Never earlier than what was decided last. */
  #now(): Instant {
    return Math.max(Date.now(), this.#store.lastAt());
  }
}

/** Whether reservations are active, going by the totals. */
function hasActive({ totals }: EventView): boolean {
  return totals.held + totals.confirmed + totals.waitlisted > 0;
}

function refused(code: 'event_not_found' | 'reservation_not_found' | 'not_organizer'): {
  ok: false;
  rejection: Rejection;
} {
  return { ok: false, rejection: { code } };
}

/** The outcome of a command; one that broke is a fault of ours, which is logged here. */
function outcomeOf({ type, id, eventId }: Command, settled: Settled): Reply['outcomes'][number] {
  if ('outcome' in settled) return settled.outcome;
  const reason = `${settled.error}`;
  console.error(JSON.stringify({ error: 'a command broke', type, id, event_id: eventId, reason }));
  return { kind: 'failed' };
}

function seqOf(outcome: Outcome | { readonly kind: 'failed' }): number {
  if (outcome.kind === 'event') return outcome.view.seq;
  return outcome.kind === 'reservation' || outcome.kind === 'settled' ? outcome.seq : 0;
}
