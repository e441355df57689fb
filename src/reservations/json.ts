import type { Reservation, UserId } from '../domain/model.ts';
import { toTime } from '../http/fields.ts';
import { ticketCodeOf } from '../http/tickets.ts';
import type { ReservationJson } from './schema.ts';

/** What is shown of a reservation; the rest is its actor's own. */
export type ShownReservation = Omit<Reservation, 'passes' | 'extendableUntil' | 'checkInNonces'>;

/**
 * The entity tag of a reservation: its version, which `If-Match` compares and which counts everything that happened to it;
 * then what its answer depends on besides, its place in the line and whether it is the viewer to whom it is offered.
 * @param waitlistPosition 1 for the head of the line; null unless it waits
 */
export function reservationTag(
  { version, transferTo }: Pick<Reservation, 'version' | 'transferTo'>,
  waitlistPosition: number | null,
  viewer: UserId,
): string {
  const place = waitlistPosition === null ? '' : `-${waitlistPosition}`;
  return `"${version}${place}${transferTo === viewer ? '-offered' : ''}"`;
}

/**
 * The ticket's code, or null for one who may not have it. Whoever may see a reservation (its user, and who runs the
 * event) may, once it is confirmed; but not somebody to whom it is only offered, who could keep it and decline.
 */
export function ticketFor(
  reservation: Pick<Reservation, 'id' | 'status' | 'transferTo' | 'ticketCode'>,
  viewer: UserId,
): string | null {
  const shown = reservation.status === 'confirmed' && reservation.transferTo !== viewer;
  return shown ? ticketCodeOf(reservation.id, reservation.ticketCode) : null;
}

/**
 * A reservation as answers show it to one who may see it.
 * @param waitlistPosition 1 for the head of the line; null unless it waits
 */
export function toReservationJson(
  reservation: ShownReservation,
  waitlistPosition: number | null,
  viewer: UserId,
): ReservationJson {
  return {
    id: reservation.id,
    event_id: reservation.eventId,
    user_id: reservation.userId,
    attendee_id: reservation.attendeeId,
    quantity: reservation.quantity,
    status: reservation.status,
    waitlist_position: waitlistPosition,
    expires_at: toTime(reservation.expiresAt),
    confirmed_at: toTime(reservation.confirmedAt),
    cancelled_at: toTime(reservation.cancelledAt),
    cancelled_by: reservation.cancelledBy,
    checked_in_at: toTime(reservation.checkedInAt),
    checked_in_quantity: reservation.checkedInQuantity,
    transfer_to: reservation.transferTo,
    ticket_code: ticketFor(reservation, viewer),
    created_at: toTime(reservation.createdAt),
    updated_at: toTime(reservation.updatedAt),
    version: reservation.version,
  };
}
