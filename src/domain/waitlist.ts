import type { NewFact } from './decision.ts';
import {
  type EventRecord,
  type EventState,
  type Instant,
  LIMITS,
  type Reservation,
  type ReservationId,
} from './model.ts';
import { closesAt, expiry, lapsedHolds, seatsOf, takenSeats } from './seats.ts';

/** A party in line, or a newcomer who would join at its end. */
export type Party = Pick<Reservation, 'id' | 'quantity' | 'passes'>;

/** A party that gets its seats, and the larger ones ahead of it that it passes. */
export interface Promotion {
  readonly party: Party;
  readonly passed: readonly ReservationId[];
}

/**
 * The head of the line, in order: as many parties as one command looks at. A party larger than the whole event waits
 * for more capacity, beside the line, and holds up nobody.
 */
export function waiting(state: EventState, capacity: number): Reservation[] {
  if (state.totals.waitlisted === 0) return [];
  return [...state.reservations.values()]
    .filter(({ status, quantity }) => status === 'waitlisted' && quantity <= capacity)
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
 * one of them has been passed three times: then nobody behind it moves before it does.
 * @param line in order
 * @param free seats to give
 */
export function allot(line: readonly Party[], free: number): Allotment {
  const granted: Promotion[] = [];
  const skipped: { id: ReservationId; passes: number }[] = [];
  const isBlocked = () => skipped.some(({ passes }) => passes >= LIMITS.passesMax);
  let left = free;
  for (const party of line) {
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

/**
 * Whether seats that become free go to those who wait: until the event starts, also while newcomers can't reserve any
 * more; longer if they still can.
 */
function promotes(event: EventRecord, at: Instant): boolean {
  return event.status === 'published' && event.deletedAt === null && at < Math.max(event.startTime, closesAt(event));
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
 * The facts that give free seats to those who wait; none if nobody fitting waits. Lapsed holds expire first, so that
 * nobody is passed for want of seats that are free. With more of those than one command expires, that is all: the
 * next step comes at once, and gives the seats in turn.
 * @param event as it will be
 * @param gone reservations that give up their seats or their place by the command at hand
 * @param freed seats that become free beside theirs
 */
export function refill(
  state: EventState,
  event: EventRecord,
  at: Instant,
  gone: readonly Reservation[] = [],
  freed = 0,
): NewFact[] {
  if (state.totals.waitlisted === 0 || !promotes(event, at)) return [];
  const goneIds = new Set(gone.map(({ id }) => id));
  const stays = ({ id }: Reservation) => !goneIds.has(id);
  const lapsed = lapsedHolds(state, at).filter(stays);
  const expired = lapsed.slice(0, LIMITS.expiriesForWaitlist);
  if (expired.length < lapsed.length) return expired.map(expiry);
  const left = seatsOf([...gone, ...expired].filter(({ status }) => status !== 'waitlisted'));
  const free = event.capacity - takenSeats(state.totals) + left + freed;
  const { granted } = allot(waiting(state, event.capacity).filter(stays), free);
  return [...expired.map(expiry), ...promotionFacts(event, granted, at)];
}
