import { manages, maySeeEvent, maySeeReservation } from './access.ts';
import { accept, type Case, type CommandOf, type NewFact, refusesEnded, reject } from './decision.ts';
import type { EventRecord, EventState, Principal, Reservation } from './model.ts';
import type { Decision, Rejection } from './outcomes.ts';

/**
 * Marks a party, or a part of it, as arrived. Only who runs the event may, and only they learn what is wrong with a
 * ticket. A repeated nonce changes nothing, as long as the party may enter.
 */
export function checkIn(
  state: EventState,
  event: EventRecord,
  reservation: Reservation | undefined,
  command: CommandOf<'check_in'>,
): Decision {
  const scanned = command.ticketCode !== null;
  // A ticket is shown at an event's door, of which everybody may know.
  if (scanned && !maySeeEvent(event, command.principal)) return reject({ code: 'event_not_found' });
  if (!manages(event, command.principal)) {
    return reject(scanned ? { code: 'not_organizer' } : refusesHand(event, reservation, command.principal));
  }
  const genuine = reservation?.deletedAt === null && (!scanned || reservation.ticketCode === command.ticketCode);
  if (!genuine) return reject({ code: scanned ? 'ticket_unknown' : 'reservation_not_found' });
  // Before the nonce: whoever may not enter any more is not let in by the memory of a scan.
  const refusal = refusesEntry(event, reservation);
  if (refusal !== null) return reject(refusal);
  if (command.nonce !== null && reservation.checkInNonces.includes(command.nonce)) return accept(state, command, []);

  const missing = reservation.quantity - reservation.checkedInQuantity;
  if (missing === 0 && reservation.checkedInAt !== null) {
    if (!scanned && command.nonce === null) return accept(state, command, []);
    return reject({ code: 'already_checked_in', checkedInAt: reservation.checkedInAt });
  }
  const quantity = command.quantity ?? missing;
  if (quantity > missing) {
    const detail = `Only ${missing} of this party have not arrived yet.`;
    return reject({ code: 'validation_failed', errors: [{ field: 'quantity', code: 'above_missing', detail }] });
  }
  const arrival: NewFact = {
    type: 'reservation_checked_in',
    reservationId: reservation.id,
    data: { quantity, nonce: command.nonce },
  };
  return accept(state, command, [arrival]);
}

/** A reservation is known to its holder, and to whom it is offered. */
function refusesHand(event: EventRecord, reservation: Reservation | undefined, stranger: Principal | null): Rejection {
  const known = reservation !== undefined && stranger !== null && maySeeReservation(event, reservation, stranger);
  return { code: known ? 'not_organizer' : 'reservation_not_found' };
}

function refusesEntry(event: EventRecord, reservation: Reservation): Rejection | null {
  const ended = refusesEnded({ event, reservation });
  if (ended !== null) return ended;
  return reservation.status === 'confirmed' ? null : { code: 'reservation_not_confirmed' };
}

/** Takes all arrivals of a party back, as long as it could arrive. */
export function undoCheckIn(its: Case, command: CommandOf<'undo_check_in'>): Decision {
  const { state, event, reservation, principal } = its;
  if (!manages(event, principal)) return reject({ code: 'not_organizer' });
  if (reservation.checkedInAt === null) return accept(state, command, []);
  const refusal = refusesEntry(event, reservation);
  if (refusal !== null) return reject(refusal);
  return accept(state, command, [{ type: 'check_in_undone', reservationId: reservation.id, data: {} }]);
}
