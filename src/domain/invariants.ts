import { type EventState, LIMITS, type Reservation } from './model.ts';
import { holderOf, isActive, takenSeats } from './seats.ts';

/**
 * Throws unless the state keeps the promises that hold at every instant; run before every save, so that a mistake in
 * the rules aborts the transaction instead of overselling.
 */
export function assertInvariants(state: EventState): void {
  const { event, totals, reservations, activeByHolder } = state;
  if (event === null) {
    check(state.seq === 0 && reservations.size === 0, 'an event that was never created has nothing');
    return;
  }
  check(takenSeats(totals) <= event.capacity, 'taken seats are within the capacity');
  check(totals.held >= 0 && totals.confirmed >= 0 && totals.waitlisted >= 0, 'totals are not negative');
  check(event.capacity >= 1 && event.capacity <= LIMITS.capacityMax, 'the capacity is within its bounds');
  for (const reservation of reservations.values()) assertReservation(reservation);
  for (const [holder, id] of activeByHolder) {
    const reservation = reservations.get(id);
    check(reservation !== undefined && isActive(reservation), 'the holder index names active reservations');
    check(reservation !== undefined && holder === holderOf(reservation), 'the holder index names the right holder');
  }
}

function assertReservation(reservation: Reservation): void {
  const { status, quantity } = reservation;
  check(quantity >= 1 && quantity <= LIMITS.quantityMax, 'a quantity is within its bounds');
  check(status !== 'pending' || reservation.expiresAt !== null, 'a hold has a deadline');
  check(status !== 'confirmed' || reservation.confirmedAt !== null, 'a confirmed reservation says since when');
  check(
    (status === 'cancelled') === (reservation.cancelledAt !== null) &&
      (status === 'cancelled') === (reservation.cancelledBy !== null),
    'a cancelled reservation, and no other, says when and by whom',
  );
  check(
    (status === 'waitlisted') === (reservation.queueSeq !== null),
    'who waits, and nobody else, has a place in line',
  );
  check(reservation.checkedInQuantity <= quantity, 'no more arrive than have seats');
  check(
    reservation.checkedInAt === null || (status !== 'pending' && status !== 'waitlisted'),
    'nobody arrives before their seats are confirmed',
  );
  check(
    (reservation.checkedInAt === null) === (reservation.checkedInQuantity === 0),
    'a check-in says when and how many',
  );
  check(reservation.deletedAt === null || !isActive(reservation), 'a deleted reservation takes no seats');
}

/** Throws unless the totals are the sums over the reservations; for states that hold all of them. */
export function assertTotals(state: EventState): void {
  const sums = { held: 0, confirmed: 0, waitlisted: 0 };
  const holders = new Map<string, number>();
  for (const reservation of state.reservations.values()) {
    if (reservation.status === 'pending') sums.held += reservation.quantity;
    if (reservation.status === 'confirmed') sums.confirmed += reservation.quantity;
    if (reservation.status === 'waitlisted') sums.waitlisted += 1;
    const holder = holderOf(reservation);
    if (isActive(reservation)) holders.set(holder, (holders.get(holder) ?? 0) + 1);
  }
  const { totals } = state;
  check(
    sums.held === totals.held && sums.confirmed === totals.confirmed && sums.waitlisted === totals.waitlisted,
    'every seat is accounted for',
  );
  check(
    [...holders.values()].every((active) => active === 1),
    'a holder has one active reservation',
  );
  check(holders.size === state.activeByHolder.size, 'the holder index is complete');
}

function check(holds: boolean, promise: string): void {
  if (!holds) throw new Error(`broken invariant: ${promise}`);
}
