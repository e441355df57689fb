import type { Columns } from '../db/json-rows.ts';
import { RESERVATION_COLUMNS, type StoredReservation } from '../db/reservation-columns.ts';
import type { Fact } from '../domain/facts.ts';
import { eventIdOf } from '../domain/ids.ts';
import type { Reservation, ReservationId } from '../domain/model.ts';
import { holderOf } from '../domain/seats.ts';

/** A row as SQLite gives it. */
export type Row = Record<string, SqlStorageValue>;

/** What the actor keeps of a reservation: what D1 has too, and what only deciding needs. */
export const COLUMNS = {
  ...RESERVATION_COLUMNS,
  holder: holderOf,
  passes: (r) => r.passes,
  extendable_until: (r) => r.extendableUntil,
  check_in_nonces: (r) => JSON.stringify(r.checkInNonces),
} as const satisfies Columns<StoredReservation>;

/** A row of reservations as the domain has it. */
export function toReservation(row: Row): Reservation {
  const id = row.id as ReservationId;
  return {
    id,
    eventId: eventIdOf(id),
    userId: row.user_id,
    attendeeId: row.attendee_id,
    quantity: row.quantity,
    status: row.status,
    expiresAt: row.expires_at,
    confirmedAt: row.confirmed_at,
    cancelledAt: row.cancelled_at,
    cancelledBy: row.cancelled_by,
    checkedInAt: row.checked_in_at,
    queueSeq: row.queue_seq,
    passes: row.passes,
    extendableUntil: row.extendable_until,
    checkedInQuantity: row.checked_in_quantity,
    checkInNonces: JSON.parse(row.check_in_nonces as string),
    transferTo: row.transfer_to,
    ticketCode: row.ticket_code,
    deletedAt: row.deleted_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  } as Reservation;
}

/** A row of facts as the domain has it. */
export function toFact(row: Row): Fact {
  return {
    seq: row.seq,
    at: row.at,
    type: row.type,
    reservationId: row.reservation_id,
    actorId: row.actor_id,
    data: JSON.parse(row.data as string),
  } as Fact;
}
