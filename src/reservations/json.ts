import type { Reservation, UserId } from '../domain/model.ts';
import { holdEndOf } from '../domain/seats.ts';
import { toTime } from '../http/fields.ts';
import { ticketCodeOf } from '../http/tickets.ts';
import type { ReservationJson } from './schema.ts';

/** Who sees a reservation that they may see, and whether as the organizer of its event. */
export interface Viewer {
  readonly userId: UserId;
  readonly isOrganizer: boolean;
}

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
  viewer: Pick<Viewer, 'userId'>,
): string {
  const place = waitlistPosition === null ? '' : `-${waitlistPosition}`;
  return `"${version}${place}${transferTo === viewer.userId ? '-offered' : ''}"`;
}

/**
 * The ticket's code, or null for one who may not have it. Its user may, and the event's organizer, once it is confirmed;
 * but not somebody to whom it is only offered, who could keep it and decline, and no other admin, who lets in by the
 * reservation's id.
 * @param viewer null: by what is no account
 */
export function ticketFor(
  reservation: Pick<Reservation, 'id' | 'userId' | 'status' | 'ticketCode'>,
  viewer: Viewer | null,
): string | null {
  const isTheirs = viewer !== null && (viewer.isOrganizer || reservation.userId === viewer.userId);
  return isTheirs && reservation.status === 'confirmed' ? ticketCodeOf(reservation.id, reservation.ticketCode) : null;
}

/**
 * A reservation as answers show it to one who may see it.
 * @param waitlistPosition 1 for the head of the line; null unless it waits
 */
export function toReservationJson(
  reservation: ShownReservation,
  waitlistPosition: number | null,
  viewer: Viewer | null,
): ReservationJson {
  return {
    id: reservation.id,
    event_id: reservation.eventId,
    user_id: reservation.userId,
    attendee_id: reservation.attendeeId,
    quantity: reservation.quantity,
    status: reservation.status,
    waitlist_position: waitlistPosition,
    expires_at: toTime(holdEndOf(reservation)),
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
