import type { NewFact } from './decision.ts';
import {
  type EventRecord,
  type EventState,
  type Instant,
  LIMITS,
  type Reservation,
  type ReservationId,
} from './model.ts';
import { closesAt } from './seats.ts';

/** A party in line, or a newcomer who would join at its end. */
export type Party = Pick<Reservation, 'id' | 'quantity' | 'passes'>;

/** A party that gets its seats, and the larger ones ahead of it that it passes. */
export interface Promotion {
  readonly party: Party;
  readonly passed: readonly ReservationId[];
}

/** The head of the line, in order: as many parties as one command looks at. */
export function waiting(state: EventState): Reservation[] {
  if (state.totals.waitlisted === 0) return [];
  return [...state.reservations.values()]
    .filter((reservation) => reservation.status === 'waitlisted')
    .sort((a, b) => (a.queueSeq ?? 0) - (b.queueSeq ?? 0))
    .slice(0, LIMITS.waitlistWindow);
}

/** Who gets seats, what then is left, and whether a party that was passed too often holds up all behind it. */
export interface Allotment {
  readonly granted: readonly Promotion[];
  readonly left: number;
  readonly blocked: boolean;
}

/**
 * Who of the line gets seats: first come, first served; but a party that fits may pass larger ones that don't, until
 * one of them has been passed three times: then nobody behind it moves before it does. A party larger than the whole
 * event waits for more capacity and holds up nobody.
 * @param line in order
 * @param free seats to give
 */
export function allot(line: readonly Party[], free: number, capacity: number): Allotment {
  const granted: Promotion[] = [];
  const skipped: { id: ReservationId; passes: number }[] = [];
  const isBlocked = () => skipped.some(({ passes }) => passes >= LIMITS.passesMax);
  let left = free;
  for (const party of line) {
    if (party.quantity > capacity) continue;
    if (isBlocked()) break;
    if (party.quantity > left) {
      skipped.push({ id: party.id, passes: party.passes });
      continue;
    }
    granted.push({ party, passed: skipped.map(({ id }) => id) });
    for (const larger of skipped) larger.passes += 1;
    left -= party.quantity;
  }
  return { granted, left, blocked: isBlocked() };
}

/** Whether seats that become free go to those who wait: only while anybody could reserve. */
export function promotes(event: EventRecord, at: Instant): boolean {
  return event.status === 'published' && event.deletedAt === null && at < closesAt(event);
}

/** How a reservation of this event starts that was not asked to be pending or confirmed. */
export function seatedAs(event: EventRecord, wanted: 'pending' | 'confirmed' | null): 'pending' | 'confirmed' {
  return wanted ?? (event.requiresConfirmation ? 'pending' : 'confirmed');
}

/** What a fact says of seats just taken: a fresh hold for a pending reservation, and who was passed. */
export function seated(
  event: EventRecord,
  status: 'pending' | 'confirmed',
  at: Instant,
  passed: readonly ReservationId[],
): { expiresAt: Instant | null; extendableUntil: Instant | null; passed: readonly ReservationId[] } {
  if (status === 'confirmed') return { expiresAt: null, extendableUntil: null, passed };
  return { expiresAt: at + event.holdMs, extendableUntil: at + LIMITS.holdLengthsMax * event.holdMs, passed };
}

/** The facts that move these parties from the line onto seats. */
export function promotionFacts(event: EventRecord, granted: readonly Promotion[], at: Instant): NewFact[] {
  const status = seatedAs(event, null);
  return granted.map(({ party, passed }) => ({
    type: 'reservation_promoted',
    reservationId: party.id,
    data: { status, ...seated(event, status, at, passed) },
  }));
}

/**
 * The facts that give free seats to those who wait; none once nobody fitting waits.
 * @param event as it will be
 * @param free seats that will be free
 * @param leaving who won't wait any more by then
 */
export function refill(
  state: EventState,
  event: EventRecord,
  free: number,
  at: Instant,
  leaving: ReservationId | null = null,
): NewFact[] {
  if (!promotes(event, at)) return [];
  const line = waiting(state).filter(({ id }) => id !== leaving);
  return promotionFacts(event, allot(line, free, event.capacity).granted, at);
}
