import type { Reservation, ReservationId, UserId } from '../domain/model.ts';
import type { Columns } from './json-rows.ts';

/** A reservation with the number of the last fact about it. */
export interface StoredReservation extends Reservation {
  readonly seq: number;
}

/** What its actor and D1 both keep of a reservation. */
export const RESERVATION_COLUMNS = {
  id: (r) => r.id,
  seq: (r) => r.seq,
  user_id: (r) => r.userId,
  attendee_id: (r) => r.attendeeId,
  quantity: (r) => r.quantity,
  status: (r) => r.status,
  expires_at: (r) => r.expiresAt,
  confirmed_at: (r) => r.confirmedAt,
  cancelled_at: (r) => r.cancelledAt,
  cancelled_by: (r) => r.cancelledBy,
  checked_in_at: (r) => r.checkedInAt,
  checked_in_quantity: (r) => r.checkedInQuantity,
  queue_seq: (r) => r.queueSeq,
  transfer_to: (r) => r.transferTo,
  ticket_code: (r) => r.ticketCode,
  deleted_at: (r) => r.deletedAt,
  created_at: (r) => r.createdAt,
  updated_at: (r) => r.updatedAt,
  version: (r) => r.version,
} as const satisfies Columns<StoredReservation>;

/** The names of these columns, in the order of a row. */
export const RESERVATION_NAMES = Object.keys(RESERVATION_COLUMNS);

/** What both keep of a reservation: the values of these columns. It goes from one to the other as it is. */
export type ReservationRow = readonly (string | number | null)[];

const ID = RESERVATION_NAMES.indexOf('id');
const USER_ID = RESERVATION_NAMES.indexOf('user_id');

/** Which reservation a row is of. */
export function idOf(row: ReservationRow): ReservationId {
  return row[ID] as ReservationId;
}

/** Whose reservation a row is of. */
export function userIdOf(row: ReservationRow): UserId {
  return row[USER_ID] as UserId;
}
