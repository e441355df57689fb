import type { NewFact } from './decision.ts';
import type {
  Availability,
  EventRecord,
  EventState,
  EventView,
  HolderId,
  Instant,
  Reservation,
  Totals,
} from './model.ts';

/** What of an event says whether and when it was closed. */
type Closing = Pick<EventRecord, 'status' | 'deletedAt' | 'updatedAt'>;

/** Whether the reservation occupies its holder's one place in the event. */
export function isActive({ status }: Pick<Reservation, 'status'>): boolean {
  return status === 'pending' || status === 'confirmed' || status === 'waitlisted';
}

/** Whom it is for. */
export function holderOf({ attendeeId, userId }: Pick<Reservation, 'attendeeId' | 'userId'>): HolderId {
  return attendeeId ?? userId;
}

/** Whether it is a hold whose time is over, though no fact says so yet. */
export function isLapsed({ status, expiresAt }: Pick<Reservation, 'status' | 'expiresAt'>, at: Instant): boolean {
  return status === 'pending' && expiresAt !== null && expiresAt <= at;
}

/** When its hold ends or ended; null once it was confirmed or cancelled, when that is of no concern any more. */
export function holdEndOf({ status, expiresAt }: Pick<Reservation, 'status' | 'expiresAt'>): Instant | null {
  return status === 'pending' || status === 'expired' ? expiresAt : null;
}

/** Whether the event is over for good: nothing can stay active in it. */
export function isClosed({ status, deletedAt }: Pick<Closing, 'status' | 'deletedAt'>): boolean {
  return status === 'cancelled' || deletedAt !== null;
}

/**
 * The instant as of which the event's holds are judged: closing it ended them all at that moment, so that what is
 * left of them for later steps can't lapse any more.
 */
export function judgedAt(event: Closing, at: Instant): Instant {
  return isClosed(event) ? Math.min(at, event.updatedAt) : at;
}

/** The fact that ends a lapsed hold. */
export function expiry(hold: Reservation): NewFact {
  return { type: 'reservation_expired', reservationId: hold.id, data: {} };
}

/** The fact that ends a reservation because its event was cancelled. */
export function closing(reservation: Reservation): NewFact {
  return { type: 'reservation_cancelled', reservationId: reservation.id, data: { by: 'organizer' } };
}

/**
 * The reservation as it is at an instant, even where the fact of it is yet to be written: a lapsed hold is expired,
 * and a closed event has no active reservations.
 */
export function asOf<R extends Pick<Reservation, 'status' | 'expiresAt' | 'version'>>(
  reservation: R,
  event: Closing,
  at: Instant,
): R {
  const version = reservation.version + 1;
  if (isLapsed(reservation, judgedAt(event, at))) {
    return { ...reservation, ...ended('expired'), updatedAt: reservation.expiresAt ?? at, version };
  }
  if (!isClosed(event) || !isActive(reservation)) return reservation;
  const cancelledAt = event.updatedAt;
  const updatedAt = cancelledAt;
  return { ...reservation, ...ended('cancelled'), cancelledAt, cancelledBy: 'organizer', updatedAt, version };
}

/** What becomes of a reservation that loses its seats or its place in line. */
export function ended<S extends 'cancelled' | 'expired'>(status: S) {
  return { status, queueSeq: null, passes: 0, transferTo: null };
}

/** When reservations close: as the organizer said, else at the start. */
export function closesAt(event: EventRecord): Instant {
  return event.reservationsCloseAt ?? event.startTime;
}

/** Until when holders may cancel: as the organizer said, else until the start. */
export function cancellableUntil(event: EventRecord): Instant {
  return event.cancelUntil ?? event.startTime;
}

/** The lapsed holds among the loaded reservations, first lapsed first. */
export function lapsedHolds(state: EventState, at: Instant): Reservation[] {
  if (state.totals.held === 0) return [];
  return [...state.reservations.values()]
    .filter((reservation) => isLapsed(reservation, at))
    .sort((a, b) => (a.expiresAt ?? 0) - (b.expiresAt ?? 0) || (a.id < b.id ? -1 : 1));
}

/** How many seats they have together. */
export function seatsOf(reservations: readonly Reservation[]): number {
  return reservations.reduce((seats, reservation) => seats + reservation.quantity, 0);
}

/** Seats that reservations occupy on paper: lapsed holds still count until a fact expires them. */
export function takenSeats(totals: Totals): number {
  return totals.held + totals.confirmed;
}

/** The fewest of `lapsed`, in their order, that free at least `seats`; all of them if even they don't. */
export function freeing(lapsed: readonly Reservation[], seats: number): Reservation[] {
  const chosen: Reservation[] = [];
  let freed = 0;
  for (const hold of lapsed) {
    if (freed >= seats) break;
    chosen.push(hold);
    freed += hold.quantity;
  }
  return chosen;
}

/**
 * What the event's occupancy truly is. Nothing occupies a cancelled event, though the facts of that may take more
 * steps.
 * @param lapsedSeats seats of pending reservations whose hold is over, which are free again
 */
export function availabilityOf(view: EventView, lapsedSeats: number): Availability {
  const { event, totals, seq } = view;
  const over = event.status === 'cancelled';
  const reservedSlots = over ? 0 : takenSeats(totals) - lapsedSeats;
  return {
    eventId: event.id,
    seq,
    status: event.status,
    capacity: event.capacity,
    reservedSlots,
    availableSlots: event.capacity - reservedSlots,
    waitlisted: over ? 0 : totals.waitlisted,
  };
}
