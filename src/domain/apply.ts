import type { EventFact, Fact, ReservationFact } from './facts.ts';
import { eventIdOf } from './ids.ts';
import { type EventRecord, type EventState, LIMITS, type Reservation } from './model.ts';
import { ended, holderOf, isActive, isClosed } from './seats.ts';

/**
 * Applies a fact. It changes `state` in place and returns it: a batch of a thousand commands shares one state, and
 * copying its maps for each fact would cost more than deciding.
 */
export function apply(state: EventState, fact: Fact): EventState {
  if (isReservationFact(fact)) {
    replace(state, nextReservation(state, fact));
    if ('passed' in fact.data) for (const id of fact.data.passed) pass(state, id);
  } else state.event = nextEvent(state.event, fact);
  state.seq = fact.seq;
  return state;
}

function isReservationFact(fact: Fact): fact is ReservationFact {
  return fact.reservationId !== null;
}

function nextEvent(event: EventRecord | null, fact: EventFact): EventRecord {
  const { at } = fact;
  if (fact.type === 'event_created') {
    const { eventId, status, details } = fact.data;
    return {
      ...details,
      id: eventId,
      organizerId: known(fact.actorId, 'organizer'),
      status,
      publishedAt: status === 'published' ? at : null,
      deletedAt: null,
      createdAt: at,
      updatedAt: at,
      version: 1,
    };
  }
  const before = known(event, 'event');
  const next = { ...before, updatedAt: at, version: before.version + 1 };
  switch (fact.type) {
    case 'event_edited':
      return { ...next, ...fact.data };
    case 'event_published':
      return { ...next, status: 'published', publishedAt: at };
    case 'event_cancelled':
      return { ...next, status: 'cancelled' };
    case 'event_deleted':
      return { ...next, deletedAt: at };
  }
}

function nextReservation(state: EventState, fact: ReservationFact): Reservation {
  const { at } = fact;
  if (fact.type === 'reservation_created') return created(fact);
  const before = known(state.reservations.get(fact.reservationId), fact.reservationId);
  const next = { ...before, updatedAt: at, version: before.version + 1 };
  switch (fact.type) {
    case 'reservation_confirmed':
      return { ...next, status: 'confirmed', confirmedAt: at };
    case 'reservation_extended':
      return { ...next, expiresAt: fact.data.expiresAt };
    case 'reservation_promoted':
      return { ...next, ...seatedNow(fact) };
    case 'reservation_reactivated':
      return { ...next, ...seatedNow(fact), ...nobodyArrived, cancelledAt: null, cancelledBy: null };
    case 'reservation_resized':
      return { ...next, quantity: fact.data.quantity, ...(fact.data.requeued && { queueSeq: fact.seq, passes: 0 }) };
    case 'reservation_cancelled': {
      // A large event's reservations end with it, though the facts of that come in later steps.
      const endedAt = state.event !== null && isClosed(state.event) ? state.event.updatedAt : at;
      const { by } = fact.data;
      return { ...next, ...ended('cancelled'), cancelledAt: endedAt, cancelledBy: by, updatedAt: endedAt };
    }
    case 'reservation_expired':
      // It expired when its time was over, as reads have shown it since, not when this was written down.
      return { ...next, ...ended('expired'), updatedAt: before.expiresAt ?? at };
    case 'reservation_deleted':
      return { ...next, deletedAt: at };
    case 'transfer_offered':
      return { ...next, transferTo: fact.data.to };
    case 'transfer_withdrawn':
      return { ...next, transferTo: null };
    case 'reservation_transferred':
      return { ...next, userId: fact.data.to, attendeeId: null, ticketCode: fact.data.ticketCode, transferTo: null };
    case 'reservation_checked_in':
      return { ...next, ...arrived(before, fact) };
    case 'check_in_undone':
      // The nonces stay known: a late repeat of what was undone must not let anybody in again.
      return { ...next, ...nobodyArrived };
  }
}

type FactOf<T extends ReservationFact['type']> = Extract<ReservationFact, { type: T }>;

function seatedNow({ data, at }: FactOf<'reservation_promoted' | 'reservation_reactivated'>) {
  const { status, expiresAt, extendableUntil } = data;
  const confirmedAt = status === 'confirmed' ? at : null;
  return { status, expiresAt, extendableUntil, confirmedAt, queueSeq: null, passes: 0 };
}

const nobodyArrived = { checkedInAt: null, checkedInQuantity: 0 };

function arrived(before: Reservation, { data, at }: FactOf<'reservation_checked_in'>) {
  return {
    checkedInAt: before.checkedInAt ?? at,
    checkedInQuantity: before.checkedInQuantity + data.quantity,
    checkInNonces:
      data.nonce === null ? before.checkInNonces : [...before.checkInNonces, data.nonce].slice(-LIMITS.noncesMax),
  };
}

/** The reservation that a fact creates. */
export function created(fact: FactOf<'reservation_created'>): Reservation {
  const { userId, attendeeId, quantity, status, expiresAt, extendableUntil, ticketCode } = fact.data;
  return {
    id: fact.reservationId,
    eventId: eventIdOf(fact.reservationId),
    userId,
    attendeeId,
    quantity,
    status,
    expiresAt,
    confirmedAt: status === 'confirmed' ? fact.at : null,
    cancelledAt: null,
    cancelledBy: null,
    queueSeq: status === 'waitlisted' ? fact.seq : null,
    passes: 0,
    extendableUntil,
    checkedInAt: null,
    checkedInQuantity: 0,
    checkInNonces: [],
    transferTo: null,
    ticketCode,
    deletedAt: null,
    createdAt: fact.at,
    updatedAt: fact.at,
    version: 1,
  };
}

/** Puts a reservation in the place of its former self, and keeps the totals and the holders' index in step. */
function replace(state: EventState, next: Reservation): void {
  const before = state.reservations.get(next.id);
  if (before !== undefined) {
    count(state, before, -1);
    const holder = holderOf(before);
    if (state.activeByHolder.get(holder) === before.id) state.activeByHolder.delete(holder);
  }
  count(state, next, 1);
  state.reservations.set(next.id, next);
  if (isActive(next)) state.activeByHolder.set(holderOf(next), next.id);
}

/** Counts that a smaller party got ahead of a waiting one; not a change that its holder would see. */
function pass(state: EventState, id: Reservation['id']): void {
  const waiting = known(state.reservations.get(id), id);
  state.reservations.set(id, { ...waiting, passes: waiting.passes + 1 });
}

function count(state: EventState, { status, quantity }: Reservation, sign: 1 | -1): void {
  const { held, confirmed, waitlisted } = state.totals;
  if (status === 'pending') state.totals = { held: held + sign * quantity, confirmed, waitlisted };
  if (status === 'confirmed') state.totals = { held, confirmed: confirmed + sign * quantity, waitlisted };
  if (status === 'waitlisted') state.totals = { held, confirmed, waitlisted: waitlisted + sign };
}

function known<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`a fact speaks of an unknown ${what}`);
  return value;
}
