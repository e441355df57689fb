import type { TimedCommand } from './commands.ts';
import { accept, type NewFact, reject } from './decision.ts';
import type { EventRecord, EventState, HolderId, Instant, Reservation } from './model.ts';
import type { Decision, Rejection } from './outcomes.ts';
import { makeRoom, noRoom, type Room } from './room.ts';
import { closesAt, isLapsed } from './seats.ts';
import { seated, seatedAs } from './waitlist.ts';

type Reserve = Extract<TimedCommand, { type: 'reserve' }>;

/** Takes seats for a holder, all or nothing; or, where that is wanted, a place on the waitlist. Its id is fresh. */
export function reserve(state: EventState, event: EventRecord, command: Reserve): Decision {
  if (state.reservations.has(command.reservationId)) throw new Error(`${command.reservationId} exists already`);
  if (command.principal === null) return reject({ code: 'event_not_found' });
  const refusal = refusesSeats(event, command.quantity, command.at);
  if (refusal !== null) return reject(refusal);
  const own = activeOf(state, command.attendeeId ?? command.principal.userId);
  if (own !== null && !isLapsed(own, command.at)) return reject({ code: 'already_reserved', reservationId: own.id });

  const asking = { id: command.reservationId, quantity: command.quantity, passes: 0 };
  const room = makeRoom(state, event, asking, own, command.at);
  const waits = room.granted === null && command.onFull === 'waitlist' && command.quantity <= event.capacity;
  if (room.granted === null && !waits) return reject(noRoom(room));
  return accept(state, command, [...room.before, creation(event, command, command.principal.userId, room)]);
}

function creation(event: EventRecord, command: Reserve, userId: Reservation['userId'], room: Room): NewFact {
  const { reservationId, attendeeId, quantity, ticketCode, at } = command;
  const who = { userId, attendeeId, quantity, ticketCode };
  if (room.granted === null) {
    const unseated = { expiresAt: null, extendableUntil: null, passed: [] };
    return { type: 'reservation_created', reservationId, data: { ...who, status: 'waitlisted', ...unseated } };
  }
  // Who asks for `confirmed` doesn't get around a confirmation that the event wants.
  const status = seatedAs(event, event.requiresConfirmation ? null : command.status);
  const data = { ...who, status, ...seated(event, status, at, room.granted.passed) };
  return { type: 'reservation_created', reservationId, data };
}

/** Why nobody can take this many seats of the event now, whatever is free; null if they can. */
export function refusesSeats(event: EventRecord, quantity: number, at: Instant): Rejection | null {
  if (event.deletedAt !== null) return { code: 'event_not_found' };
  if (event.status === 'draft') return { code: 'event_not_published' };
  if (event.status === 'cancelled') return { code: 'event_cancelled' };
  if (at >= closesAt(event)) return { code: 'reservations_closed' };
  if (event.reservationsOpenAt !== null && at < event.reservationsOpenAt) return { code: 'reservations_not_open' };
  if (quantity > event.maxQuantity) {
    const detail = `One reservation may take at most ${event.maxQuantity} seats of this event.`;
    return { code: 'validation_failed', errors: [{ field: 'quantity', code: 'above_max_quantity', detail }] };
  }
  return null;
}

/** The holder's active reservation, or null. */
export function activeOf(state: EventState, holder: HolderId): Reservation | null {
  const id = state.activeByHolder.get(holder);
  return (id !== undefined && state.reservations.get(id)) || null;
}
