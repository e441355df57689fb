import type { NewFact } from './decision.ts';
import { type EventRecord, type EventState, type Instant, LIMITS, type Reservation } from './model.ts';
import type { Rejection } from './outcomes.ts';
import { expiry, freeing, lapsedHolds, seatsOf, takenSeats } from './seats.ts';
import { allot, type Party, type Promotion, promotionFacts, waiting } from './waitlist.ts';

/** Whether somebody who asks for seats gets them, and what must happen first. */
export interface Room {
  /** Holds that lapse and parties of the waitlist that move up, ahead of whoever asks. */
  readonly before: readonly NewFact[];
  /** The place of whoever asks; null: there is none now. */
  readonly granted: Promotion | null;
  /** Seats that whoever asks could have had. */
  readonly available: number;
  /** Whether more ends or moves up than by one command, so that it can't be seen yet what is free. */
  readonly isCutOff: boolean;
}

/** Why somebody gets no seats, though the event takes reservations. */
export function noRoom({ available, isCutOff }: Room): Rejection {
  return isCutOff ? { code: 'busy' } : { code: 'sold_out', availableSlots: available };
}

/**
 * Looks for seats as for a newcomer, while the event takes reservations: lapsed holds make room, however late the
 * alarm is, and those who wait come first.
 * @param asking who asks, with the seats that they'd take in addition
 * @param own a lapsed hold of the same holder, which expires whatever comes of it
 */
export function makeRoom(
  state: EventState,
  event: EventRecord,
  asking: Party,
  own: Reservation | null,
  at: Instant,
): Room {
  const ended = own === null ? [] : [own];
  const free = event.capacity - takenSeats(state.totals) + seatsOf(ended);
  const lapsed = () => lapsedHolds(state, at).filter((hold) => hold.id !== own?.id);
  if (state.totals.waitlisted > 0) return behindOthers(state, event, asking, ended, free, lapsed(), at);
  if (free < asking.quantity) ended.push(...freeing(lapsed(), asking.quantity - free));
  const available = event.capacity - takenSeats(state.totals) + seatsOf(ended);
  const granted = available < asking.quantity ? null : { party: asking, passed: [] };
  return { before: ended.map(expiry), granted, available, isCutOff: false };
}

/** Whoever asks joins the line as its last. Where not all of it can be seen in one step, that means to wait. */
function behindOthers(
  state: EventState,
  event: EventRecord,
  asking: Party,
  ended: readonly Reservation[],
  free: number,
  lapsed: readonly Reservation[],
  at: Instant,
): Room {
  const expired = lapsed.slice(0, LIMITS.expiriesForWaitlist);
  const endings = [...ended, ...expired].map(expiry);
  // As in a refill: nobody moves up before all that is over counts as free.
  if (expired.length < lapsed.length) return { before: endings, granted: null, available: 0, isCutOff: true };
  const line = waiting(state, event.capacity);
  const seesAll = line.length < LIMITS.waitlistWindow;
  const allotment = allot(seesAll ? [...line, asking] : line, free + seatsOf(expired));
  // The end of a line that moves isn't seen; of one that stands still it is known to get what becomes free.
  const isMoving = !seesAll && !allotment.blocked && allotment.granted.length > 0;
  const granted = allotment.granted.find(({ party }) => party === asking) ?? null;
  const others = allotment.granted.filter(({ party }) => party !== asking);
  return {
    before: [...endings, ...promotionFacts(event, others, at)],
    granted,
    available: seesAll && !allotment.blocked ? allotment.left : 0,
    isCutOff: isMoving && allotment.left >= asking.quantity,
  };
}
