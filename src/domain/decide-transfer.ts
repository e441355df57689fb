import { activeOf, refusesSeats } from './decide-reserve.ts';
import { accept, type Case, type CommandOf, refusesEnded, reject } from './decision.ts';
import type { Instant } from './model.ts';
import type { Decision, Rejection } from './outcomes.ts';
import { closesAt, expiry, isLapsed } from './seats.ts';
import { refill } from './waitlist.ts';

/**
 * Offers the reservation to another user, who becomes its holder by accepting; the seats stay taken all along. Who runs
 * the event may offer for its holder, but not to themselves: to offer and to accept would be to take.
 */
export function offerTransfer(its: Case, command: CommandOf<'offer_transfer'>): Decision {
  const { state, reservation, principal } = its;
  const refusal = refusesTransfer(its, command.at);
  if (refusal !== null) return reject(refusal);
  if (command.to === reservation.userId) return reject({ code: 'transfer_to_self' });
  if (command.to === reservation.transferTo) return accept(state, command, []);
  if (command.to === principal.userId) return reject({ code: 'transfer_to_self' });
  return accept(state, command, [
    { type: 'transfer_offered', reservationId: reservation.id, data: { to: command.to } },
  ]);
}

/** Takes the offer back, or declines it, as whoever sees the reservation may; nothing happens where there is none. */
export function withdrawTransfer(its: Case, command: CommandOf<'withdraw_transfer'>): Decision {
  const { state, reservation } = its;
  if (reservation.transferTo === null) return accept(state, command, []);
  return accept(state, command, [{ type: 'transfer_withdrawn', reservationId: reservation.id, data: {} }]);
}

/** Makes whom it was offered to its holder, with the checks of a new one; the former ticket code stops being valid. */
export function acceptTransfer(its: Case, command: CommandOf<'accept_transfer'>): Decision {
  const { state, event, reservation, principal } = its;
  const from = reservation.userId;
  // Theirs by now, and offered on to nobody: a repeat.
  const isTheirs = principal.userId === from && reservation.transferTo === null;
  if (!isTheirs && principal.userId !== reservation.transferTo) return reject({ code: 'transfer_not_offered' });
  const refusal = isTheirs ? refusesEnded(its) : refusesTransfer(its, command.at);
  if (refusal !== null) return reject(refusal);
  if (isTheirs) return accept(state, command, []);
  const asNew = refusesSeats(event, reservation.quantity, command.at);
  if (asNew !== null) return reject(asNew);
  const own = activeOf(state, principal.userId);
  const lapsed = own !== null && isLapsed(own, command.at) ? [own] : [];
  if (own !== null && lapsed.length === 0) return reject({ code: 'already_reserved', reservationId: own.id });
  const data = { from, to: principal.userId, ticketCode: command.ticketCode };
  return accept(state, command, [
    ...lapsed.map(expiry),
    { type: 'reservation_transferred', reservationId: reservation.id, data },
    ...refill(state, event, command.at, lapsed),
  ]);
}

function refusesTransfer(its: Case, at: Instant): Rejection | null {
  const { event, reservation } = its;
  const ended = refusesEnded(its);
  if (ended !== null) return ended;
  if (reservation.checkedInAt !== null) return { code: 'already_checked_in', checkedInAt: reservation.checkedInAt };
  // From then on nobody could accept.
  return at >= closesAt(event) ? { code: 'reservations_closed' } : null;
}
