import type { Reservation } from '../domain/model.ts';
import { toTime } from '../http/fields.ts';
import type { ReservationJson } from './schema.ts';

/** What is shown of a reservation; the rest is its actor's own. */
export type ShownReservation = Omit<Reservation, 'passes' | 'extendableUntil' | 'checkInNonces'>;

/** The entity tag of a reservation: its version, which counts everything that happened to it. */
export function reservationTag(reservation: Pick<Reservation, 'version'>): string {
  return `"${reservation.version}"`;
}

/**
 * A reservation as answers show it. Whoever may see a reservation at all (its user, and who runs the event) may see
 * its ticket code, once it is confirmed.
 * @param waitlistPosition 1 for the head of the line; null unless it waits
 */
export function toReservationJson(reservation: ShownReservation, waitlistPosition: number | null): ReservationJson {
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
    ticket_code: reservation.status === 'confirmed' ? reservation.ticketCode : null,
    created_at: toTime(reservation.createdAt),
    updated_at: toTime(reservation.updatedAt),
    version: reservation.version,
  };
}
