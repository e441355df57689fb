import { DurableObject } from 'cloudflare:workers';
import { Outbox } from '../../src/actor/outbox.ts';
import { Store } from '../../src/actor/store.ts';
import { apply } from '../../src/domain/apply.ts';
import type { Fact } from '../../src/domain/facts.ts';
import {
  type EventId,
  type EventState,
  emptyState,
  type Instant,
  LIMITS,
  type ReservationId,
  type UserId,
} from '../../src/domain/model.ts';
import { count, emptyTally } from '../../src/domain/tally.ts';
import { toDetails } from '../../src/events/details.ts';
import { placeAsked } from '../../src/events/place.ts';
import { newReservationId, newSecretCode, newUserId } from '../../src/http/ids.ts';

const HOUR_MS = 60 * 60 * 1000;

/**
 * An actor that writes all that a reservation writes, as the product writes it and in D1 too, and decides and tells
 * nothing: what the promises of durability, order, safe retries and a read model cost by themselves.
 */
export class WritingActor extends DurableObject<Env> {
  readonly #store = new Store(this.ctx.storage);
  readonly #flushed = () => this.ctx.storage.sync();
  readonly #outbox = new Outbox(this.#store, this.env.DB, this.#flushed);

  async insert(eventId: EventId, holders: readonly UserId[]): Promise<void> {
    this.ctx.storage.transactionSync(() => this.#write(eventId, holders));
    await this.#flushed();
    await this.#outbox.reach(this.#store.view()?.seq ?? 0, holders.length);
  }

  #write(eventId: EventId, holders: readonly UserId[]): void {
    const at = Date.now();
    const first = (this.#store.view()?.seq ?? 0) + 1;
    const facts = holders.map((userId, n) => reservationCreated(first + n, at, newReservationId(eventId), userId));
    this.#save(facts, at);
  }

  #save(facts: readonly Fact[], at: Instant): void {
    const view = this.#store.view();
    const state: EventState = { ...emptyState(), ...(view && { ...view, totals: { ...view.totals } }) };
    const tally = emptyTally();
    for (const fact of facts) {
      apply(state, fact);
      const reservation = fact.reservationId === null ? undefined : state.reservations.get(fact.reservationId);
      if (reservation !== undefined) count(tally, undefined, reservation);
    }
    this.#store.save(state, facts, [], this.#outbox.projectedSeq);
    this.#store.counts.add(tally, at, 'UTC');
  }

  /** How many were written, once D1 has them all. The first to ask makes the event, for which no reservation shall pay. */
  async count(eventId: EventId): Promise<number> {
    const at = Date.now();
    if (this.#store.view() === null) {
      this.ctx.storage.transactionSync(() => this.#save([eventCreated(eventId, at)], at));
    }
    await this.#outbox.flush();
    return this.#store.view()?.totals.confirmed ?? 0;
  }
}

function eventCreated(eventId: EventId, at: number): Fact {
  const input = {
    title: 'Opening night',
    start_time: at + HOUR_MS,
    end_time: at + 2 * HOUR_MS,
    capacity: LIMITS.capacityMax,
  };
  const details = toDetails(input, placeAsked({}));
  const data = { eventId, status: 'published', details } as const;
  return { type: 'event_created', seq: 1, at, actorId: newUserId(), reservationId: null, data };
}

function reservationCreated(seq: number, at: number, reservationId: ReservationId, userId: UserId): Fact {
  const seated = { expiresAt: null, extendableUntil: null, passed: [] };
  const data = {
    userId,
    attendeeId: null,
    quantity: 1,
    status: 'confirmed',
    ticketCode: newSecretCode(),
    ...seated,
  } as const;
  return { type: 'reservation_created', seq, at, actorId: userId, reservationId, data };
}
