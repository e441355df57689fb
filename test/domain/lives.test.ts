import { it } from 'vitest';
import { decide } from '../../src/domain/decide.ts';
import type { ReservationFact } from '../../src/domain/facts.ts';
import type { Instant, Reservation, ReservationId } from '../../src/domain/model.ts';
import { olga } from '../support/given.ts';
import type { Decided } from '../support/histories.ts';
import { activeOf } from '../support/line.ts';
import { alwaysIn, must, TIGHT, WIDE } from '../support/properties.ts';

/** What must hold of each reservation over its life, in random histories. */

const BOUNDS = [WIDE, TIGHT];

/** The facts of a decision about reservations. */
function factsOf({ decision }: Decided): ReservationFact[] {
  return decision.accepted ? decision.facts.filter((fact) => fact.reservationId !== null) : [];
}

/** How long each hold may last at most: three times its first length, from its start. */
function boundedHolds() {
  const most = new Map<ReservationId, Instant>();
  return (decided: Decided) => {
    const { state } = decided;
    for (const fact of factsOf(decided)) {
      const starts = ['reservation_created', 'reservation_promoted', 'reservation_reactivated'].includes(fact.type);
      if (starts) most.set(fact.reservationId, fact.at + 3 * (state.event?.holdMs ?? 0));
    }
    for (const { id, status, expiresAt, extendableUntil } of state.reservations.values()) {
      if (status !== 'pending') continue;
      must(expiresAt !== null && expiresAt <= (most.get(id) ?? 0), 'it slides no further', id, expiresAt);
      must(extendableUntil === most.get(id), 'it says how far it may slide', id, extendableUntil);
    }
  };
}

it('lets no hold slide past three times its first length', () => {
  alwaysIn(BOUNDS, boundedHolds);
});

/** Each nonce of a reservation lets guests in once, and never more guests arrive than have seats. */
function countedGuests() {
  const used = new Map<ReservationId, Set<string>>();
  return (decided: Decided) => {
    for (const fact of factsOf(decided)) {
      if (fact.type !== 'reservation_checked_in' || fact.data.nonce === null) continue;
      const nonces = used.get(fact.reservationId) ?? new Set();
      must(!nonces.has(fact.data.nonce), 'a nonce counts once', fact);
      used.set(fact.reservationId, nonces.add(fact.data.nonce));
    }
    for (const is of decided.state.reservations.values()) {
      must(is.checkedInQuantity <= is.quantity, 'no more arrive than have seats', is);
      const open = is.status === 'pending' || is.status === 'waitlisted';
      must(!open || is.checkedInAt === null, 'nobody arrives without confirmed seats', is);
    }
  };
}

it('counts each guest once', () => {
  alwaysIn(BOUNDS, countedGuests);
});

/** What olga is told when she scans a code for this reservation now. */
function scan({ state, command }: Decided, { id }: Pick<Reservation, 'id'>, ticketCode: string): string {
  const { id: commandId, eventId, at } = command;
  const asked = { type: 'check_in', reservationId: id, ticketCode, quantity: 1, nonce: 'a new one' } as const;
  const decision = decide(state, { ...asked, id: commandId, eventId, principal: olga, at });
  return decision.accepted ? 'in' : decision.rejection.code;
}

it('moves a reservation with its seats, to a holder who has no other', () => {
  alwaysIn(BOUNDS, () => (decided) => {
    const { before, state, command } = decided;
    for (const fact of factsOf(decided)) {
      if (fact.type !== 'reservation_transferred') continue;
      const { reservationId: id, data } = fact;
      const [was, is] = [before.reservations.get(id), state.reservations.get(id)];
      must(was !== undefined && is !== undefined, 'it exists', fact);
      must(was.transferTo === data.to && command.principal?.userId === data.to, 'it was offered to who accepts', was);
      must(is.userId === data.to && is.attendeeId === null && is.transferTo === null, 'it is theirs', is);
      must(is.quantity === was.quantity, 'with all its seats', was, is);
      must(
        activeOf(state).filter(({ userId, attendeeId }) => userId === data.to && attendeeId === null).length === 1,
        'their one',
      );
      must(scan(decided, is, was.ticketCode) === 'ticket_unknown', 'the former ticket opens no door', was);
    }
  });
});

it('lets nobody in with the ticket of a reservation that ended', () => {
  alwaysIn(BOUNDS, () => (decided) => {
    for (const is of decided.state.reservations.values()) {
      if (is.status !== 'cancelled' && is.status !== 'expired') continue;
      must(scan(decided, is, is.ticketCode) !== 'in', 'the ticket opens no door', is);
    }
  });
});

it('keeps every ticket code for one reservation', () => {
  alwaysIn(BOUNDS, () => ({ state }) => {
    const codes = [...state.reservations.values()].map(({ ticketCode }) => ticketCode);
    must(new Set(codes).size === codes.length, 'codes differ', codes);
  });
});

it('counts its life in versions, one for each fact', () => {
  const begin = () => {
    const facts = new Map<ReservationId, number>();
    return (decided: Decided) => {
      for (const { reservationId: id } of factsOf(decided)) facts.set(id, (facts.get(id) ?? 0) + 1);
      for (const { id, version } of decided.state.reservations.values()) {
        must(version === facts.get(id), 'a version a fact', id, version);
      }
    };
  };
  alwaysIn(BOUNDS, begin, 1_000);
});
