import { actsAs, mayActOn, maySeeReservation } from './access.ts';
import type { TimedCommand } from './commands.ts';
import { checkIn, undoCheckIn } from './decide-check-in.ts';
import { activeOf, refusesSeats } from './decide-reserve.ts';
import { acceptTransfer, offerTransfer, withdrawTransfer } from './decide-transfer.ts';
import { accept, type Case, type CommandOf, isOutdated, type NewFact, refusesEnded, reject } from './decision.ts';
import type { EventRecord, EventState, Reservation } from './model.ts';
import type { Decision, Rejection } from './outcomes.ts';
import { makeRoom, noRoom } from './room.ts';
import { asOf, cancellableUntil, closing, expiry, holderOf, isActive, isLapsed } from './seats.ts';
import { refill, seated, seatedAs } from './waitlist.ts';

type OnReservation = Exclude<Extract<TimedCommand, { reservationId: Reservation['id'] }>, { type: 'reserve' }>;

/** Decides what is asked of one existing reservation, as it is by now, whatever facts are still to be written. */
export function decideReservation(state: EventState, event: EventRecord, command: OnReservation): Decision {
  const { principal } = command;
  const stored = state.reservations.get(command.reservationId);
  const reservation = stored && asOf(stored, event, command.at);
  if (command.type === 'check_in') return checkIn(state, event, reservation, command);
  if (reservation === undefined || principal === null || !maySeeReservation(event, reservation, principal)) {
    return reject({ code: 'reservation_not_found' });
  }
  const its: Case = { state, event, reservation, principal };
  if (command.type === 'accept_transfer') return acceptTransfer(its, command);
  if (command.type === 'withdraw_transfer') return withdrawTransfer(its, command);
  if (command.type === 'undo_check_in') return undoCheckIn(its, command);
  if (!mayActOn(event, reservation, principal)) return reject({ code: 'not_holder' });
  switch (command.type) {
    case 'confirm':
      return confirm(its, command);
    case 'extend':
      return extend(its, command);
    case 'cancel':
      return cancel(its, command);
    case 'reactivate':
      return reactivate(its, command);
    case 'change_quantity':
      return changeQuantity(its, command);
    case 'delete_reservation':
      return remove(its, command);
    case 'offer_transfer':
      return offerTransfer(its, command);
  }
}

function confirm(its: Case, command: CommandOf<'confirm'>): Decision {
  const { state, event, reservation } = its;
  if (event.status === 'cancelled') return reject({ code: 'event_cancelled' });
  if (reservation.status === 'confirmed') return accept(state, command, []);
  if (reservation.status === 'cancelled') return reject({ code: 'reservation_cancelled' });
  if (reservation.status === 'waitlisted') return reject({ code: 'reservation_not_pending' });
  if (reservation.status === 'expired') {
    const retaken = command.reacquire ? retake(its, command, 'confirmed') : null;
    if (retaken?.accepted || retaken?.rejection.code === 'busy') return retaken;
    return reject({ code: 'hold_expired' });
  }
  if (isOver(event, command)) return reject({ code: 'reservations_closed' });
  return accept(state, command, [{ type: 'reservation_confirmed', reservationId: reservation.id, data: {} }]);
}

/** Whether the event has taken place: a hold of then is nobody's seat any more. */
function isOver(event: EventRecord, command: TimedCommand): boolean {
  return command.at >= event.endTime;
}

/** Brings a reservation that ended back onto seats, with the checks of a new one. */
function retake(its: Case, command: TimedCommand, wanted: 'confirmed' | null): Decision {
  const { state, event, reservation } = its;
  const refusal = refusesSeats(event, reservation.quantity, command.at);
  if (refusal !== null) return reject(refusal);
  const current = activeOf(state, holderOf(reservation));
  const lapsed = current !== null && isLapsed(current, command.at) ? current : null;
  if (current !== null && lapsed === null) return reject({ code: 'already_reserved', reservationId: current.id });
  const asking = { id: reservation.id, quantity: reservation.quantity, passes: 0 };
  const room = makeRoom(state, event, asking, lapsed, command.at);
  if (room.granted === null) return reject(noRoom(room));
  const status = seatedAs(event, wanted);
  const data = { status, ...seated(event, status, command.at, room.granted.passed) };
  return accept(state, command, [
    ...room.before,
    { type: 'reservation_reactivated', reservationId: reservation.id, data },
  ]);
}

function reactivate(its: Case, command: CommandOf<'reactivate'>): Decision {
  const { state, reservation } = its;
  if (isActive(reservation)) return accept(state, command, []);
  return retake(its, command, null);
}

/** Slides the hold on by its event's length, but never past what it may reach in all. */
function extend(its: Case, command: CommandOf<'extend'>): Decision {
  const { state, event, reservation } = its;
  const ended = refusesEnded(its);
  if (ended !== null) return reject(ended);
  const { expiresAt, extendableUntil } = reservation;
  if (expiresAt === null || extendableUntil === null || reservation.status !== 'pending') {
    return reject({ code: 'reservation_not_pending' });
  }
  if (isOver(event, command)) return reject({ code: 'reservations_closed' });
  const later = Math.min(command.at + event.holdMs, extendableUntil);
  if (later > expiresAt) {
    const extension: NewFact = {
      type: 'reservation_extended',
      reservationId: reservation.id,
      data: { expiresAt: later },
    };
    return accept(state, command, [extension]);
  }
  return expiresAt >= extendableUntil ? reject({ code: 'hold_not_extendable' }) : accept(state, command, []);
}

function cancel(its: Case, command: CommandOf<'cancel'>): Decision {
  const { state, reservation } = its;
  if (reservation.status === 'cancelled') return accept(state, command, []);
  if (reservation.status === 'expired') return reject({ code: 'hold_expired' });
  const refusal = refusesCancel(its, command);
  return refusal === null ? accept(state, command, ending(its, command)) : reject(refusal);
}

/** Removes the reservation from sight; one that still is active is cancelled first, by the same rules. */
function remove(its: Case, command: CommandOf<'delete_reservation'>): Decision {
  const { state, event, reservation } = its;
  if (isOutdated(command, reservation)) return reject({ code: 'version_mismatch' });
  const removal: NewFact = { type: 'reservation_deleted', reservationId: reservation.id, data: {} };
  const stored = state.reservations.get(reservation.id);
  if (stored === undefined || !isActive(stored)) return accept(state, command, [removal]);
  if (!isActive(reservation)) {
    const end = reservation.status === 'expired' ? expiry(stored) : closing(stored);
    return accept(state, command, [end, removal, ...refill(state, event, command.at, [stored])]);
  }
  const refusal = refusesCancel(its, command);
  if (refusal !== null) return reject(refusal);
  const [cancellation, ...promoted] = ending(its, command);
  return accept(state, command, [...(cancellation ? [cancellation] : []), removal, ...promoted]);
}

/** Holders cancel until the event's limit, and not once they have arrived; who runs the event may at any time. */
function refusesCancel({ event, reservation, principal }: Case, command: TimedCommand): Rejection | null {
  const asHolder = actsAs(event, reservation, principal) === 'holder';
  const bound = asHolder && principal.userId !== event.organizerId && principal.role !== 'admin';
  if (!bound || reservation.status === 'waitlisted') return null;
  if (reservation.checkedInAt !== null) {
    return { code: 'already_checked_in', checkedInAt: reservation.checkedInAt };
  }
  return command.at >= cancellableUntil(event) ? { code: 'cancellation_closed' } : null;
}

/** Cancels, and gives the seats to those who wait. */
function ending({ state, event, reservation, principal }: Case, command: TimedCommand): NewFact[] {
  const by = actsAs(event, reservation, principal);
  return [
    { type: 'reservation_cancelled', reservationId: reservation.id, data: { by } },
    ...refill(state, event, command.at, [reservation]),
  ];
}

/** More seats are taken as a newcomer takes them; fewer are given to those who wait. */
function changeQuantity(its: Case, command: CommandOf<'change_quantity'>): Decision {
  const { state, reservation } = its;
  if (isOutdated(command, reservation)) return reject({ code: 'version_mismatch' });
  const ended = refusesEnded(its);
  if (ended !== null) return reject(ended);
  if (command.quantity === reservation.quantity) return accept(state, command, []);
  return command.quantity > reservation.quantity ? grow(its, command) : shrink(its, command);
}

function grow({ state, event, reservation }: Case, command: CommandOf<'change_quantity'>): Decision {
  const { quantity, at } = command;
  const refusal = refusesSeats(event, quantity, at);
  if (refusal !== null) return reject(refusal);
  const resized = (requeued: boolean, passed: readonly Reservation['id'][]): NewFact => ({
    type: 'reservation_resized',
    reservationId: reservation.id,
    data: { quantity, requeued, passed },
  });
  if (reservation.status === 'waitlisted') {
    const grown = { ...reservation, quantity };
    if (quantity > event.capacity) return reject(noRoom(makeRoom(state, event, grown, null, at)));
    const requeued = { ...grown, queueSeq: Number.POSITIVE_INFINITY, passes: 0 };
    return accept(state, command, [resized(true, []), ...refill(withChanged(state, requeued), event, at)]);
  }
  const asking = { id: reservation.id, quantity: quantity - reservation.quantity, passes: 0 };
  const room = makeRoom(state, event, asking, null, at);
  if (room.granted === null) return reject(noRoom(room));
  return accept(state, command, [...room.before, resized(false, room.granted.passed)]);
}

function shrink(its: Case, command: CommandOf<'change_quantity'>): Decision {
  const { state, event, reservation } = its;
  const { checkedInAt, checkedInQuantity } = reservation;
  if (checkedInAt !== null && command.quantity < checkedInQuantity) {
    return reject({ code: 'already_checked_in', checkedInAt });
  }
  const refusal = refusesCancel({ ...its, reservation: { ...reservation, checkedInAt: null } }, command);
  if (refusal !== null) return reject(refusal);
  const resized: NewFact = {
    type: 'reservation_resized',
    reservationId: reservation.id,
    data: { quantity: command.quantity, requeued: false, passed: [] },
  };
  if (reservation.status !== 'waitlisted') {
    const freed = reservation.quantity - command.quantity;
    return accept(state, command, [resized, ...refill(state, event, command.at, [], freed)]);
  }
  // A waiting party that now fits moves up with the rest, so the line is judged as it will be.
  const after = withChanged(state, { ...reservation, quantity: command.quantity });
  return accept(state, command, [resized, ...refill(after, event, command.at)]);
}

function withChanged(state: EventState, reservation: Reservation): EventState {
  return { ...state, reservations: new Map(state.reservations).set(reservation.id, reservation) };
}
