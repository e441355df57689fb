import { actsAs, maySeeReservation } from './access.ts';
import { closing, expiry } from './decide-event.ts';
import { accept, type NewFact, reject } from './decision.ts';
import type { Decision, EventRecord, EventState, Principal, Rejection, Reservation, TimedCommand } from './model.ts';
import {
  cancellableUntil,
  closesAt,
  freeing,
  isActive,
  isLapsed,
  judgedAt,
  lapsedHolds,
  seatsOf,
  takenSeats,
} from './seats.ts';

type CommandOf<T extends TimedCommand['type']> = Extract<TimedCommand, { type: T }>;

/**
 * Takes seats for a holder: all or nothing. Lapsed holds make room first, however late the alarm is. The reservation's
 * id is fresh.
 */
export function reserve(state: EventState, event: EventRecord, command: CommandOf<'reserve'>): Decision {
  if (state.reservations.has(command.reservationId)) throw new Error(`${command.reservationId} exists already`);
  if (command.principal === null) return reject({ code: 'event_not_found' });
  const closed = closedFor(event, command);
  if (closed !== null) return reject(closed);

  const own = heldBy(state, command.attendeeId ?? command.principal.userId);
  if (own !== null && !isLapsed(own, command.at)) return reject({ code: 'already_reserved', reservationId: own.id });
  const expired = own === null ? [] : [own];
  const free = event.capacity - takenSeats(state.totals) + seatsOf(expired);
  if (free < command.quantity) {
    const others = lapsedHolds(state, command.at).filter((hold) => hold.id !== own?.id);
    expired.push(...freeing(others, command.quantity - free));
  }
  const available = event.capacity - takenSeats(state.totals) + seatsOf(expired);
  if (available < command.quantity) return reject({ code: 'sold_out', availableSlots: available });

  const status = command.status ?? (event.requiresConfirmation ? 'pending' : 'confirmed');
  const created: NewFact = {
    type: 'reservation_created',
    reservationId: command.reservationId,
    data: {
      userId: command.principal.userId,
      attendeeId: command.attendeeId,
      quantity: command.quantity,
      status,
      expiresAt: status === 'pending' ? command.at + event.holdMs : null,
      ticketCode: command.ticketCode,
    },
  };
  return accept(state, command, [...expired.map(expiry), created]);
}

/** Why nobody can reserve this many seats of the event now, whatever is free; null if they can. */
function closedFor(event: EventRecord, command: CommandOf<'reserve'>): Rejection | null {
  if (event.status === 'draft') return { code: 'event_not_published' };
  if (event.status === 'cancelled') return { code: 'event_cancelled' };
  if (command.at >= closesAt(event)) return { code: 'reservations_closed' };
  if (event.reservationsOpenAt !== null && command.at < event.reservationsOpenAt)
    return { code: 'reservations_not_open' };
  if (command.quantity > event.maxQuantity) {
    const detail = `One reservation may take at most ${event.maxQuantity} seats of this event.`;
    return { code: 'validation_failed', errors: [{ field: 'quantity', code: 'above_max_quantity', detail }] };
  }
  return null;
}

function heldBy(state: EventState, holder: Parameters<EventState['activeByHolder']['get']>[0]): Reservation | null {
  const id = state.activeByHolder.get(holder);
  return (id !== undefined && state.reservations.get(id)) || null;
}

/** Decides what is asked of one existing reservation. */
export function decideReservation(
  state: EventState,
  event: EventRecord,
  command: CommandOf<'confirm' | 'cancel' | 'delete_reservation'>,
): Decision {
  const { principal } = command;
  const reservation = state.reservations.get(command.reservationId);
  if (reservation === undefined || principal === null || !maySeeReservation(event, reservation, principal)) {
    return reject({ code: 'reservation_not_found' });
  }
  switch (command.type) {
    case 'confirm':
      return confirm(state, event, reservation, command);
    case 'cancel':
      return cancel(state, event, reservation, principal, command);
    case 'delete_reservation':
      return remove(state, event, reservation, principal, command);
  }
}

function confirm(
  state: EventState,
  event: EventRecord,
  reservation: Reservation,
  command: CommandOf<'confirm'>,
): Decision {
  if (event.status === 'cancelled') return reject({ code: 'event_cancelled' });
  if (reservation.status === 'confirmed') return accept(state, command, []);
  if (reservation.status === 'cancelled') return reject({ code: 'reservation_cancelled' });
  if (reservation.status !== 'pending' || isLapsed(reservation, command.at)) return reject({ code: 'hold_expired' });
  return accept(state, command, [{ type: 'reservation_confirmed', reservationId: reservation.id, data: {} }]);
}

function cancel(
  state: EventState,
  event: EventRecord,
  reservation: Reservation,
  principal: Principal,
  command: CommandOf<'cancel'>,
): Decision {
  if (reservation.status === 'cancelled') return accept(state, command, []);
  if (!isActive(reservation) || isLapsed(reservation, judgedAt(event, command.at))) {
    return reject({ code: 'hold_expired' });
  }
  const refused = refusesCancel(event, reservation, principal, command);
  return refused === null
    ? accept(state, command, [cancellation(event, reservation, principal)])
    : reject({ code: refused });
}

/** Removes the reservation from sight; one that still is active is cancelled first, by the same rules. */
function remove(
  state: EventState,
  event: EventRecord,
  reservation: Reservation,
  principal: Principal,
  command: CommandOf<'delete_reservation'>,
): Decision {
  const removal: NewFact = { type: 'reservation_deleted', reservationId: reservation.id, data: {} };
  if (isLapsed(reservation, judgedAt(event, command.at))) return accept(state, command, [expiry(reservation), removal]);
  if (!isActive(reservation)) return accept(state, command, [removal]);
  const refused = refusesCancel(event, reservation, principal, command);
  return refused === null
    ? accept(state, command, [cancellation(event, reservation, principal), removal])
    : reject({ code: refused });
}

function refusesCancel(
  event: EventRecord,
  reservation: Reservation,
  principal: Principal,
  command: TimedCommand,
): 'cancellation_closed' | null {
  const onlyHolder = actsAs(event, reservation, principal) === 'holder' && principal.userId !== event.organizerId;
  const bound = onlyHolder && principal.role !== 'admin' && event.status !== 'cancelled';
  return bound && command.at >= cancellableUntil(event) ? 'cancellation_closed' : null;
}

/** On a cancelled event the organizer has cancelled it already, though its step hasn't come yet. */
function cancellation(event: EventRecord, reservation: Reservation, principal: Principal): NewFact {
  if (event.status === 'cancelled') return closing(reservation);
  const by = actsAs(event, reservation, principal);
  return { type: 'reservation_cancelled', reservationId: reservation.id, data: { by } };
}
