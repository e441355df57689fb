import type { Reservation } from '../domain/model.ts';
import { toTime } from '../http/fields.ts';
import type { ReservationJson } from './schema.ts';

/** The entity tag of a reservation: its version, which counts everything that happened to it. */
export function reservationTag(reservation: Reservation): string {
  return `"${reservation.version}"`;
}

/**
 * A reservation as answers show it. Its user and who runs the event may see its ticket code, once it is confirmed.
 * @param showsTicket whether the caller is one of them, as everybody is who may see the reservation by its own id
 */
export function toReservationJson(reservation: Reservation, showsTicket = true): ReservationJson {
  return {
    id: reservation.id,
    event_id: reservation.eventId,
    user_id: reservation.userId,
    attendee_id: reservation.attendeeId,
    quantity: reservation.quantity,
    status: reservation.status,
    waitlist_position: null,
    expires_at: toTime(reservation.expiresAt),
    confirmed_at: toTime(reservation.confirmedAt),
    cancelled_at: toTime(reservation.cancelledAt),
    cancelled_by: reservation.cancelledBy,
    checked_in_at: toTime(reservation.checkedInAt),
    ticket_code: showsTicket && reservation.status === 'confirmed' ? reservation.ticketCode : null,
    created_at: toTime(reservation.createdAt),
    updated_at: toTime(reservation.updatedAt),
    version: reservation.version,
  };
}
