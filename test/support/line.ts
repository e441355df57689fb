import { type EventRecord, type EventState, type Instant, LIMITS, type Reservation } from '../../src/domain/model.ts';
import { consumed } from './histories.ts';

/** The rules of the waitlist once more, told otherwise than the domain does, to judge it. */

type Rows = Pick<EventState, 'reservations'>;
export type Waiter = Pick<Reservation, 'id' | 'quantity' | 'passes'>;

/** Reservations that occupy their holder's one place in the event. */
export function activeOf({ reservations }: Rows): Reservation[] {
  return [...reservations.values()].filter(({ status }) => ['pending', 'confirmed', 'waitlisted'].includes(status));
}

/** Whom it is for. */
export function holderOf({ attendeeId, userId }: Pick<Reservation, 'attendeeId' | 'userId'>): string {
  return attendeeId ?? userId;
}

/** Who waits, in order. */
export function lineOf({ reservations }: Rows): Reservation[] {
  return [...reservations.values()]
    .filter(({ status }) => status === 'waitlisted')
    .sort((a, b) => (a.queueSeq ?? 0) - (b.queueSeq ?? 0));
}

/** Those of them who could be served one day: nobody waits for parties larger than the event. */
export function servable(rows: Rows, { capacity }: Pick<EventRecord, 'capacity'>): Reservation[] {
  return lineOf(rows).filter(({ quantity }) => quantity <= capacity);
}

/** The place of a waiting reservation, 1 for the head of the line; null for one that doesn't wait. */
export function placeOf(rows: Rows, { id, status }: Reservation): number | null {
  return status === 'waitlisted' ? lineOf(rows).findIndex((waiter) => waiter.id === id) + 1 : null;
}

/** Holds that are over though no fact says so. */
export function lapsedOf({ reservations }: Rows, at: Instant): Reservation[] {
  return [...reservations.values()].filter(
    ({ status, expiresAt }) => status === 'pending' && expiresAt !== null && expiresAt <= at,
  );
}

/** Whether nobody behind this party may move before it: it could have seats one day, and was passed often enough. */
function blocks({ quantity, passes }: Waiter, capacity: number): boolean {
  return quantity <= capacity && passes >= LIMITS.passesMax;
}

/** The first in line who fits and whom nobody blocks, or null. */
export function nextUp(line: readonly Waiter[], free: number, capacity: number): Waiter | null {
  for (const party of line) {
    if (party.quantity <= free) return party;
    if (blocks(party, capacity)) return null;
  }
  return null;
}

/** What seats one who comes last may take, once everybody ahead has what is theirs. */
export function leftFor(line: readonly Waiter[], free: number, capacity: number): number {
  let waiters = [...line];
  let left = free;
  for (let next = nextUp(waiters, left, capacity); next !== null; next = nextUp(waiters, left, capacity)) {
    const place = waiters.indexOf(next);
    left -= next.quantity;
    waiters = waiters
      .map((waiter, index) =>
        index < place && waiter.quantity <= capacity ? { ...waiter, passes: waiter.passes + 1 } : waiter,
      )
      .filter((_, index) => index !== place);
  }
  return waiters.some((waiter) => blocks(waiter, capacity)) ? 0 : left;
}

/** Seats that nobody truly has. */
export function freeSeats(rows: Rows, event: EventRecord, at: Instant): number {
  return event.capacity - consumed(rows, at);
}

/** Whether whoever waits would get seats that become free now. */
export function isServed(event: EventRecord | null, at: Instant): event is EventRecord {
  if (event === null || event.status !== 'published' || event.deletedAt !== null) return false;
  return at < event.startTime || (event.reservationsCloseAt !== null && at < event.reservationsCloseAt);
}
