import { eventIdOf } from './ids.ts';
import type { EventFact, EventRecord, EventState, Fact, Reservation, ReservationFact } from './model.ts';
import { isActive } from './seats.ts';

/**
 * Applies a fact. It changes `state` in place and returns it: a batch of a thousand commands shares one state, and
 * copying its maps for each fact would cost more than deciding.
 */
export function apply(state: EventState, fact: Fact): EventState {
  if (isReservationFact(fact)) replace(state, nextReservation(state, fact));
  else state.event = nextEvent(state.event, fact);
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
    case 'reservation_cancelled': {
      // A large event's reservations end with it, though the facts of that come in later steps.
      const endedAt = state.event?.status === 'cancelled' ? state.event.updatedAt : at;
      return { ...next, status: 'cancelled', cancelledAt: endedAt, cancelledBy: fact.data.by, updatedAt: endedAt };
    }
    case 'reservation_expired':
      // It expired when its time was over, as reads have shown it since, not when this was written down.
      return { ...next, status: 'expired', updatedAt: before.expiresAt ?? at };
    case 'reservation_deleted':
      return { ...next, deletedAt: at };
  }
}

function created(fact: Extract<ReservationFact, { type: 'reservation_created' }>): Reservation {
  return {
    id: fact.reservationId,
    eventId: eventIdOf(fact.reservationId),
    userId: fact.data.userId,
    attendeeId: fact.data.attendeeId,
    quantity: fact.data.quantity,
    status: fact.data.status,
    expiresAt: fact.data.expiresAt,
    confirmedAt: fact.data.status === 'confirmed' ? fact.at : null,
    cancelledAt: null,
    cancelledBy: null,
    checkedInAt: null,
    ticketCode: fact.data.ticketCode,
    deletedAt: null,
    createdAt: fact.at,
    updatedAt: fact.at,
    version: 1,
  };
}

/** Puts a reservation in the place of its former self, and keeps the totals and the holders' index in step. */
function replace(state: EventState, next: Reservation): void {
  const before = state.reservations.get(next.id);
  if (before !== undefined) count(state, before, -1);
  count(state, next, 1);
  state.reservations.set(next.id, next);
  const holder = next.attendeeId ?? next.userId;
  if (isActive(next)) state.activeByHolder.set(holder, next.id);
  else if (state.activeByHolder.get(holder) === next.id) state.activeByHolder.delete(holder);
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
