import { expect } from 'vitest';
import { apply } from '../../src/domain/apply.ts';
import type { Action } from '../../src/domain/commands.ts';
import { decide } from '../../src/domain/decide.ts';
import type { NewFact } from '../../src/domain/decision.ts';
import type { Fact } from '../../src/domain/facts.ts';
import { reservationIdOf } from '../../src/domain/ids.ts';
import { assertInvariants, assertTotals } from '../../src/domain/invariants.ts';
import {
  type AttendeeId,
  type CommandId,
  type EventDetails,
  type EventId,
  type EventState,
  emptyState,
  type Instant,
  type Principal,
  type ReservationId,
  type Role,
  type UserId,
} from '../../src/domain/model.ts';
import type { Rejection } from '../../src/domain/outcomes.ts';

/** The instant at which the stories of domain tests begin. */
export const T0: Instant = Date.UTC(2030, 0, 1);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

const suffix = (n: number) => `${n}`.padStart(26, '0');
export const EVENT = `evt_${suffix(1)}` as EventId;
/** The n-th reservation id of the event. */
export const rsv = (n: number): ReservationId => reservationIdOf(EVENT, suffix(n));
export const attendee = (n: number) => `att_${suffix(n)}` as AttendeeId;

const person = (n: number, role: Role): Principal => ({ userId: `usr_${suffix(n)}` as UserId, role });
/** Runs the event. */
export const olga = person(1, 'organizer');
/** An organizer of other events. */
export const otto = person(2, 'organizer');
export const admin = person(3, 'admin');
export const alice = person(4, 'customer');
export const bob = person(5, 'customer');
export const carol = person(6, 'customer');
export const dora = person(7, 'customer');

/** Ten seats, two hours from T0, confirmed at once. */
export function details(over: Partial<EventDetails> = {}): EventDetails {
  return {
    title: 'A talk',
    description: '',
    startTime: T0 + 2 * HOUR,
    endTime: T0 + 3 * HOUR,
    timeZone: 'UTC',
    capacity: 10,
    venueId: null,
    countryCode: null,
    price: null,
    tags: [],
    maxQuantity: 10,
    requiresConfirmation: false,
    holdMs: 15 * MINUTE,
    reservationsOpenAt: null,
    reservationsCloseAt: null,
    cancelUntil: null,
    ...over,
  };
}

/** A fact that a story begins with, and when and by whom it came about. */
type Past = NewFact & { readonly at?: Instant; readonly by?: Principal };

export const created = (over: Partial<EventDetails> = {}, status: 'draft' | 'published' = 'published'): Past => ({
  type: 'event_created',
  reservationId: null,
  data: { eventId: EVENT, status, details: details(over) },
  by: olga,
});

interface Taken {
  /** Given: it is a hold until then. */
  readonly expiresAt?: Instant;
  /** Three times fifteen minutes from T0 unless it says otherwise. */
  readonly extendableUntil?: Instant;
  /** The waiting parties that it got ahead of. */
  readonly passed?: readonly ReservationId[];
}
interface Seats extends Taken {
  readonly quantity?: number;
  readonly attendeeId?: AttendeeId;
}

const taken = ({ expiresAt, extendableUntil = T0 + 45 * MINUTE, passed = [] }: Taken) =>
  expiresAt === undefined
    ? { status: 'confirmed' as const, expiresAt: null, extendableUntil: null, passed }
    : { status: 'pending' as const, expiresAt, extendableUntil, passed };

/** A reservation was made at T0: confirmed, or a hold if it says until when. */
export const reserved = (reservationId: ReservationId, who: Principal, seats: Seats = {}): Past => ({
  type: 'reservation_created',
  reservationId,
  data: {
    userId: who.userId,
    attendeeId: seats.attendeeId ?? null,
    quantity: seats.quantity ?? 1,
    ticketCode: `ticket of ${reservationId}`,
    ...taken(seats),
  },
  by: who,
});

/** A party joined the line of the waitlist. */
export const queued = (reservationId: ReservationId, who: Principal, quantity = 1): Past => ({
  type: 'reservation_created',
  reservationId,
  data: {
    userId: who.userId,
    attendeeId: null,
    quantity,
    ticketCode: `ticket of ${reservationId}`,
    status: 'waitlisted',
    expiresAt: null,
    extendableUntil: null,
    passed: [],
  },
  by: who,
});
export const promoted = (reservationId: ReservationId, seats: Taken = {}): NewFact => ({
  type: 'reservation_promoted',
  reservationId,
  data: taken(seats),
});
export const reactivated = (reservationId: ReservationId, seats: Taken = {}): NewFact => ({
  type: 'reservation_reactivated',
  reservationId,
  data: taken(seats),
});
export const extended = (reservationId: ReservationId, expiresAt: Instant): NewFact => ({
  type: 'reservation_extended',
  reservationId,
  data: { expiresAt },
});
export const resized = (
  reservationId: ReservationId,
  quantity: number,
  over: { requeued?: boolean; passed?: readonly ReservationId[] } = {},
): NewFact => ({
  type: 'reservation_resized',
  reservationId,
  data: { quantity, requeued: false, passed: [], ...over },
});
export const offered = (reservationId: ReservationId, to: Principal): NewFact => ({
  type: 'transfer_offered',
  reservationId,
  data: { to: to.userId },
});
export const withdrawn = (reservationId: ReservationId): NewFact => ({
  type: 'transfer_withdrawn',
  reservationId,
  data: {},
});
export const transferred = (
  reservationId: ReservationId,
  from: Principal,
  to: Principal,
  ticketCode: string,
): NewFact => ({
  type: 'reservation_transferred',
  reservationId,
  data: { from: from.userId, to: to.userId, ticketCode },
});
export const checkedIn = (reservationId: ReservationId, quantity: number, nonce: string | null = null): NewFact => ({
  type: 'reservation_checked_in',
  reservationId,
  data: { quantity, nonce },
});
export const undone = (reservationId: ReservationId): NewFact => ({ type: 'check_in_undone', reservationId, data: {} });

export const edited = (data: Partial<EventDetails>): NewFact => ({ type: 'event_edited', reservationId: null, data });
export const published: NewFact = { type: 'event_published', reservationId: null, data: {} };
export const eventCancelled: NewFact = { type: 'event_cancelled', reservationId: null, data: {} };
export const eventDeleted: NewFact = { type: 'event_deleted', reservationId: null, data: {} };
export const confirmed = (reservationId: ReservationId): NewFact => ({
  type: 'reservation_confirmed',
  reservationId,
  data: {},
});
export const cancelled = (reservationId: ReservationId, by: 'holder' | 'organizer' | 'admin'): NewFact => ({
  type: 'reservation_cancelled',
  reservationId,
  data: { by },
});
export const expired = (reservationId: ReservationId): NewFact => ({
  type: 'reservation_expired',
  reservationId,
  data: {},
});
export const deleted = (reservationId: ReservationId): NewFact => ({
  type: 'reservation_deleted',
  reservationId,
  data: {},
});

/** Asks for seats; one, as the event wants them, for the user themselves, unless said otherwise. */
export function seats(
  reservationId: ReservationId,
  over: {
    quantity?: number;
    status?: 'pending' | 'confirmed';
    attendeeId?: AttendeeId;
    onFull?: 'refuse' | 'waitlist';
  } = {},
): Action {
  const { quantity = 1, status = null, attendeeId = null, onFull = 'refuse' } = over;
  const ticketCode = `ticket of ${reservationId}`;
  return { type: 'reserve', reservationId, attendeeId, quantity, status, onFull, ticketCode };
}

/** The state after these facts, each at T0 by the system unless it says otherwise. */
export function after(...facts: readonly Past[]): EventState {
  const state = emptyState();
  for (const { at = T0, by, ...fact } of facts) {
    apply(state, { ...fact, seq: state.seq + 1, at, actorId: by?.userId ?? null } as Fact);
  }
  return state;
}

/** `given(facts).when(who, command, at).then(facts or the rejection)`: an example of one rule. */
export function given(...facts: readonly Past[]) {
  const state = after(...facts);
  return {
    state,
    when(principal: Principal | null, action: Action, at: Instant = T0 + 1) {
      const command = { ...action, id: 'cmd_1' as CommandId, eventId: EVENT, principal, at };
      const decision = decide(state, command);
      return {
        decision,
        // biome-ignore lint/suspicious/noThenProperty: the third word of given, when, then; nobody awaits it
        then(...expected: readonly Past[] | readonly [Rejection]) {
          const first = expected[0];
          if (first !== undefined && 'code' in first) {
            expect(decision).toEqual({ accepted: false, rejection: first });
            return state;
          }
          const actorId = principal?.userId ?? null;
          const numbered = (expected as readonly Past[]).map(({ by: _by, at: _at, ...fact }, index) => ({
            ...fact,
            seq: state.seq + 1 + index,
            at,
            actorId,
          }));
          expect(decision).toEqual({ accepted: true, facts: numbered });
          if (decision.accepted) for (const fact of decision.facts) apply(state, fact);
          assertInvariants(state);
          assertTotals(state);
          return state;
        },
      };
    },
  };
}
