import { it } from 'vitest';
import type { TimedCommand } from '../../src/domain/commands.ts';
import { decide } from '../../src/domain/decide.ts';
import { type EventState, LIMITS, type Reservation } from '../../src/domain/model.ts';
import type { Rejection } from '../../src/domain/outcomes.ts';
import { consumed, type Decided, type Snapshot } from '../support/histories.ts';
import { activeOf, freeSeats, holderOf, lapsedOf, leftFor, lineOf, servable } from '../support/line.ts';
import { always, HISTORIES, must } from '../support/properties.ts';

/** Seats that a command asks for beside those its reservation has, and who wants them. */
function asks(before: Snapshot, command: TimedCommand): { seats: number; own: Reservation | undefined } | null {
  const named = 'reservationId' in command ? before.reservations.get(command.reservationId) : undefined;
  if (command.type === 'reserve') return { seats: command.quantity, own: undefined };
  if (command.type === 'change_quantity') {
    const had = named === undefined || named.status === 'waitlisted' ? 0 : named.quantity;
    return { seats: command.quantity - had, own: named };
  }
  const retakes = command.type === 'reactivate' || (command.type === 'confirm' && command.reacquire);
  return retakes && named !== undefined ? { seats: named.quantity, own: named } : null;
}

/** What a command that asks for seats could have had, waiting for its turn; null if bounds don't let it see that. */
function couldHave(before: Snapshot, command: TimedCommand): number | null {
  const { event } = before;
  const line = lineOf(before);
  if (event === null) return 0;
  if (line.length > 0 && servable(before, event).length >= LIMITS.waitlistWindow) return null;
  return leftFor(line, freeSeats(before, event, command.at), event.capacity);
}

/** Throws unless what a rejection says is so, judged from the full state and not by the domain's own functions. */
function mustBeTrue(decided: Decided): void {
  const { before, command, decision } = decided;
  if (decision.accepted) return;
  const { rejection } = decision;
  const taken = consumed(before, command.at);
  const lapsed = lapsedOf(before, command.at);
  const named = 'reservationId' in command ? before.reservations.get(command.reservationId) : undefined;
  if (rejection.code === 'sold_out') {
    const asked = asks(before, command);
    const left = couldHave(before, command);
    must(asked !== null && rejection.availableSlots < asked.seats, 'too few seats', command, rejection);
    must(rejection.availableSlots === (left ?? 0), 'what one who comes last could have', command, rejection, left);
  }
  if (rejection.code === 'already_reserved') {
    const other = before.reservations.get(rejection.reservationId);
    must(other !== undefined && activeOf(before).includes(other) && !lapsed.includes(other), 'it is live', other);
    must(holderOf(other) === holderFor(command, named), 'it is of the holder', other, command);
  }
  if (rejection.code === 'capacity_below_reserved') {
    must(rejection.minimum === taken, 'the minimum is what is taken', rejection, taken);
    const wanted = command.type === 'edit_event' ? command.changes.capacity : undefined;
    must(wanted !== undefined && wanted < taken, 'below it', command);
  }
  if (rejection.code === 'event_has_reservations') must(taken > 0, 'something takes seats', before.totals);
  if (rejection.code === 'busy') {
    const closing = before.event?.status === 'cancelled';
    const others = lapsed.filter((hold) => holderOf(hold) !== holderFor(command, named));
    const isAsked = asks(before, command) !== null;
    const bound = isAsked ? LIMITS.expiriesForWaitlist : LIMITS.settlePerStep - 1;
    const isLong = isAsked && before.event !== null && servable(before, before.event).length >= LIMITS.waitlistWindow;
    must(closing || others.length > bound || isLong, 'more is to settle than one step may', lapsed.length);
    must(!isAsked || lineOf(before).length > 0, 'and somebody waits', command);
  }
  must(named === undefined || isTrueOf(named, decided, rejection), rejection.code, named, command);
}

/** Whether what a rejection says of the reservation that the command names is so. */
function isTrueOf(named: Reservation, { before, command, state }: Decided, rejection: Rejection): boolean {
  const { status, checkedInAt, expiresAt, extendableUntil, transferTo, userId } = named;
  const over = status === 'expired' || lapsedOf(before, command.at).includes(named);
  const closed = before.event?.status === 'cancelled' || before.event?.deletedAt !== null;
  switch (rejection.code) {
    case 'hold_expired':
      return over && !(command.type === 'confirm' && command.reacquire && couldReturn(state, command));
    case 'reservation_cancelled':
      return status === 'cancelled' || closed;
    case 'reservation_not_pending':
      return status === 'confirmed' || status === 'waitlisted';
    case 'reservation_not_confirmed':
      return !over && (status === 'pending' || status === 'waitlisted');
    case 'hold_not_extendable':
      return status === 'pending' && !over && expiresAt === extendableUntil;
    case 'already_checked_in':
      return checkedInAt !== null && rejection.checkedInAt === checkedInAt;
    case 'transfer_not_offered':
      // An offer ends with the reservation.
      return over || closed || command.principal?.userId !== transferTo;
    case 'transfer_to_self':
      return command.type === 'offer_transfer' && [userId, command.principal?.userId].includes(command.to);
    case 'reservations_closed':
      return before.event !== null && command.at >= (before.event.reservationsCloseAt ?? before.event.startTime);
    case 'ticket_unknown':
      return command.type === 'check_in' && (named.deletedAt !== null || command.ticketCode !== named.ticketCode);
    default:
      return true;
  }
}

/** Whether a lapsed hold would get its seats anew by the other way to ask for them. */
function couldReturn(state: EventState, command: Extract<TimedCommand, { type: 'confirm' }>): boolean {
  const { id, eventId, principal, at, reservationId } = command;
  return decide(state, { type: 'reactivate', id, eventId, principal, at, reservationId }).accepted;
}

/** Whose one active reservation the command would become. */
function holderFor(command: TimedCommand, named: Reservation | undefined): string | undefined {
  if (command.type === 'reserve') return command.attendeeId ?? command.principal?.userId;
  if (command.type === 'accept_transfer') return command.principal?.userId;
  return named && holderOf(named);
}

it('tells the truth when it refuses, and never refuses a request that fits', () => {
  always(mustBeTrue, HISTORIES);
});
