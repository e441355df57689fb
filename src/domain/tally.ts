import {
  ACTIVE_STATUSES,
  type Availability,
  type EventView,
  RESERVATION_STATUSES,
  type Reservation,
  type ReservationStatus,
} from './model.ts';
import { availabilityOf, isClosed } from './seats.ts';

/** Reservations by status, seats by status, and seats of those who have arrived; of all of an event's reservations. */
export const STOCK = [
  'pending',
  'confirmed',
  'waitlisted',
  'cancelled',
  'expired',
  'pendingSeats',
  'confirmedSeats',
  'waitlistedSeats',
  'cancelledSeats',
  'expiredSeats',
  'checkedInSeats',
] as const;
export type Stock = Readonly<Record<(typeof STOCK)[number], number>>;

/**
 * What happened within a day: reservations that were made, cancelled and expired; seats that were taken and freed, by
 * whatever means, so that all taken less all freed are the seats taken now; seats that arrived, less those undone.
 */
export const FLOWS = ['created', 'cancelled', 'expired', 'seatsTaken', 'seatsFreed', 'seatsCheckedIn'] as const;
export type Flow = Readonly<Record<(typeof FLOWS)[number], number>>;

/** How counts change. */
export interface Tally {
  readonly stock: Record<keyof Stock, number>;
  readonly flow: Record<keyof Flow, number>;
}

/** No change. */
export function emptyTally(): Tally {
  const zeros = <K extends string>(names: readonly K[]) =>
    Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
  return { stock: zeros(STOCK), flow: zeros(FLOWS) };
}

/**
 * Counts what one fact did to one reservation.
 * @param before undefined: the fact created it
 */
export function count(tally: Tally, before: Reservation | undefined, after: Reservation): void {
  const { stock, flow } = tally;
  for (const [reservation, sign] of [
    [before, -1],
    [after, 1],
  ] as const) {
    if (reservation === undefined) continue;
    stock[reservation.status] += sign;
    stock[`${reservation.status}Seats`] += sign * reservation.quantity;
    stock.checkedInSeats += sign * arrivedOf(reservation);
  }
  if (before === undefined) flow.created += 1;
  if (before?.status !== after.status) {
    if (after.status === 'cancelled') flow.cancelled += 1;
    if (after.status === 'expired') flow.expired += 1;
  }
  const taken = takenOf(after) - takenOf(before);
  if (taken > 0) flow.seatsTaken += taken;
  else flow.seatsFreed -= taken;
  flow.seatsCheckedIn += arrivedOf(after) - arrivedOf(before);
}

function takenOf(reservation: Reservation | undefined): number {
  const { status, quantity } = reservation ?? { status: 'expired', quantity: 0 };
  return status === 'pending' || status === 'confirmed' ? quantity : 0;
}

/** Who arrived and lost the reservation afterwards doesn't count. */
function arrivedOf(reservation: Reservation | undefined): number {
  return reservation?.status === 'confirmed' ? reservation.checkedInQuantity : 0;
}

/** What happened on one day, as the event's time zone had it then: `YYYY-MM-DD`. */
export type Day = Flow & { readonly day: string };

/** An event's figures at one instant. */
export interface Stats {
  readonly availability: Availability;
  readonly reservations: Readonly<Record<ReservationStatus, number>>;
  readonly seats: Readonly<Record<ReservationStatus, number>>;
  readonly checkedInSeats: number;
  /** Reservations of a closed event that later steps are to end; they count as ended already. */
  readonly toClose: number;
  readonly days: readonly Day[];
}

/** A number of reservations, and the seats that they are for. */
export interface Amount {
  readonly reservations: number;
  readonly seats: number;
}

/**
 * The figures as they are, where the facts of what time or a closed event brought may be yet to come.
 * @param lapsed holds that are over though no fact says so
 */
export function statsOf(view: EventView, stock: Stock, lapsed: Amount, days: readonly Day[]): Stats {
  const written = ended(stock, 'pending', 'expired', lapsed);
  const now = isClosed(view.event) ? allCancelled(written) : written;
  const byStatus = (amountOf: (status: ReservationStatus) => number) =>
    Object.fromEntries(RESERVATION_STATUSES.map((status) => [status, amountOf(status)])) as Record<
      ReservationStatus,
      number
    >;
  return {
    availability: availabilityOf(view, lapsed.seats),
    reservations: byStatus((status) => now[status]),
    seats: byStatus((status) => now[`${status}Seats`]),
    checkedInSeats: now.checkedInSeats,
    toClose: isClosed(view.event) ? stock.pending + stock.confirmed + stock.waitlisted : 0,
    days,
  };
}

/** The stock once a closed event's reservations are all cancelled. */
function allCancelled(stock: Stock): Stock {
  return ACTIVE_STATUSES.reduce(
    (left, status) => ended(left, status, 'cancelled', { reservations: left[status], seats: left[`${status}Seats`] }),
    { ...stock, checkedInSeats: 0 },
  );
}

/** The stock once so many of a status are of another. */
function ended(stock: Stock, from: ReservationStatus, to: ReservationStatus, moved: Amount): Stock {
  return {
    ...stock,
    [from]: stock[from] - moved.reservations,
    [`${from}Seats`]: stock[`${from}Seats`] - moved.seats,
    [to]: stock[to] + moved.reservations,
    [`${to}Seats`]: stock[`${to}Seats`] + moved.seats,
  };
}
