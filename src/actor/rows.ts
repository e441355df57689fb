import type { Fact } from '../domain/facts.ts';
import { eventIdOf } from '../domain/ids.ts';
import type { Reservation, ReservationId } from '../domain/model.ts';

/** A reservation with the number of the last fact about it. */
export interface StoredReservation extends Reservation {
  readonly seq: number;
}

/** A row as SQLite gives it. */
export type Row = Record<string, SqlStorageValue>;

/** The columns of the actor's reservations, the key first. */
export const COLUMNS = [
  'id',
  'seq',
  'holder',
  'user_id',
  'attendee_id',
  'quantity',
  'status',
  'expires_at',
  'confirmed_at',
  'cancelled_at',
  'cancelled_by',
  'checked_in_at',
  'queue_seq',
  'passes',
  'extendable_until',
  'checked_in_quantity',
  'check_in_nonces',
  'transfer_to',
  'ticket_code',
  'deleted_at',
  'created_at',
  'updated_at',
  'version',
] as const;

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

/** The same with its last fact's number. */
export function toStored(row: Row): StoredReservation {
  return { ...toReservation(row), seq: row.seq as number };
}

/** A reservation's values in the order of COLUMNS. */
export function toValues(r: StoredReservation): (string | number | null)[] {
  return [
    ...[r.id, r.seq, r.attendeeId ?? r.userId, r.userId, r.attendeeId, r.quantity, r.status, r.expiresAt],
    ...[r.confirmedAt, r.cancelledAt, r.cancelledBy, r.checkedInAt, r.queueSeq, r.passes],
    ...[r.extendableUntil, r.checkedInQuantity, JSON.stringify(r.checkInNonces), r.transferTo, r.ticketCode],
    ...[r.deletedAt, r.createdAt, r.updatedAt, r.version],
  ];
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
