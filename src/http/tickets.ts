import { parseReservationId } from '../domain/ids.ts';
import type { ReservationId } from '../domain/model.ts';

const CODE = /^tkt_([0-9a-z]{52})([0-9a-f]{32})$/;

/** What a ticket says: which reservation it is for, and the secret that proves it. */
export interface Ticket {
  readonly reservationId: ReservationId;
  readonly secret: string;
}

/**
 * The code on a ticket: `tkt_`, what follows the `rsv_` of its reservation's id, then 32 hexadecimal digits that
 * nobody can guess. So whoever scans it finds the reservation, and its event, with no lookup.
 */
export function ticketCodeOf(reservationId: ReservationId, secret: string): string {
  return `tkt_${reservationId.slice('rsv_'.length)}${secret}`;
}

/** What a scanned or typed code says, in whatever case; null if it isn't formed like a ticket's. */
export function parseTicketCode(text: string): Ticket | null {
  const [, suffix = '', secret = ''] = CODE.exec(text.trim().toLowerCase()) ?? [];
  const reservationId = parseReservationId(`rsv_${suffix}`);
  return reservationId === null ? null : { reservationId, secret };
}
