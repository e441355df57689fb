import { it } from 'vitest';
import { apply } from '../../src/domain/apply.ts';
import { decide } from '../../src/domain/decide.ts';
import type { Fact, ReservationFact } from '../../src/domain/facts.ts';
import {
  type CommandId,
  type EventState,
  emptyState,
  type Instant,
  LIMITS,
  type ReservationId,
} from '../../src/domain/model.ts';
import { EVENT } from '../support/given.ts';
import type { Decided } from '../support/histories.ts';
import { freeSeats, isServed, lapsedOf, lineOf, nextUp, servable } from '../support/line.ts';
import { alwaysIn, HISTORIES, must, TIGHT, WIDE } from '../support/properties.ts';

/** What must hold of the line of the waitlist, fact by fact, in random histories. */

/** Seats that a fact takes for somebody; 0 if it takes none. */
function seatsTaken({ reservations }: EventState, fact: Fact): number {
  switch (fact.type) {
    case 'reservation_created':
      return fact.data.status === 'waitlisted' ? 0 : fact.data.quantity;
    case 'reservation_promoted':
    case 'reservation_reactivated':
      return reservations.get(fact.reservationId)?.quantity ?? 0;
    case 'reservation_resized': {
      const before = reservations.get(fact.reservationId);
      const seated = before !== undefined && before.status !== 'waitlisted';
      return seated ? Math.max(0, fact.data.quantity - before.quantity) : 0;
    }
    default:
      return 0;
  }
}

/** Shows each fact of a history with the state that it meets. */
function factByFact(look: (state: EventState, fact: ReservationFact) => void): (decided: Decided) => void {
  const state = emptyState();
  return ({ decision }) => {
    if (!decision.accepted) return;
    for (const fact of decision.facts) {
      if (fact.reservationId !== null) look(state, fact);
      apply(state, fact);
    }
  };
}

/** Who gets seats does so in turn: past nobody who fits, and past nobody for the fourth time. */
function inTurn() {
  const passes = new Map<ReservationId, number>();
  return factByFact((state, fact) => {
    const { event } = state;
    if (fact.type === 'reservation_resized' && fact.data.requeued) passes.delete(fact.reservationId);
    const seats = seatsTaken(state, fact);
    if (event === null || seats === 0) return;
    const line = lineOf(state);
    const place = line.findIndex(({ id }) => id === fact.reservationId);
    const ahead = servable(state, event).filter(
      ({ id }) => place < 0 || line.findIndex((one) => one.id === id) < place,
    );
    if (line.length > 0) must(lapsedOf(state, fact.at).length === 0, 'what is over counts as free first', fact);
    const free = freeSeats(state, event, fact.at);
    for (const { id, quantity } of ahead) {
      const times = passes.get(id) ?? 0;
      must(quantity > free, 'nobody who fits is passed', id, fact);
      must(times < LIMITS.passesMax, 'nobody is passed more often than the rule allows', id, times, fact);
      passes.set(id, times + 1);
    }
    const passed = 'passed' in fact.data ? fact.data.passed : [];
    must(`${passed}` === `${ahead.map(({ id }) => id)}`, 'the fact names who was passed', fact, ahead);
    if (place >= 0) passes.delete(fact.reservationId);
  });
}

it('gives seats in turn', () => {
  alwaysIn([WIDE, TIGHT], inTurn, HISTORIES);
});

/** Whoever could move up, going by the seats that nobody has on paper. */
function couldMove({ event, totals, reservations }: EventState, at: Instant) {
  if (!isServed(event, at)) return null;
  const free = event.capacity - totals.held - totals.confirmed;
  return nextUp(servable({ reservations }, event).slice(0, LIMITS.waitlistWindow), free, event.capacity);
}

it('lets nobody wait who could have seats, from the very command that frees them', () => {
  alwaysIn(
    [WIDE],
    () =>
      ({ state, command }) => {
        must(couldMove(state, command.at) === null, 'nobody could move up', command, state.totals);
      },
    HISTORIES,
  );
});

/** Settles until nothing is left to do, as the alarm does; on a copy. */
function settled(state: EventState, at: Instant): EventState {
  const copy = structuredClone(state);
  for (let step = 0; step < 100; step += 1) {
    const settle = { type: 'settle', id: 'cmd_settle' as CommandId, eventId: EVENT, principal: null, at } as const;
    const decision = decide(copy, settle);
    if (!decision.accepted || decision.facts.length === 0) return copy;
    for (const fact of decision.facts) apply(copy, fact);
  }
  throw new Error('settling does not come to an end');
}

it('comes to rest by settling, however narrow its bounds: with nothing lapsed, and nobody who could move', () => {
  alwaysIn(
    [WIDE, TIGHT],
    () =>
      ({ state, command: { at } }) => {
        const rest = settled(state, at);
        must(lapsedOf(rest, at).length === 0, 'no hold is over');
        must(couldMove(rest, at) === null, 'nobody could move up', rest.totals);
        if (rest.event?.status !== 'cancelled' && rest.event?.deletedAt === null) return;
        const { held, confirmed, waitlisted } = rest.totals;
        must(held + confirmed + waitlisted === 0, 'nothing of a closed event is active', rest.totals);
      },
    2_000,
  );
});

it('lets nobody join the line of those who wait for more than the event has', () => {
  alwaysIn([WIDE, TIGHT], () =>
    factByFact(({ event }, fact) => {
      const waits =
        (fact.type === 'reservation_created' && fact.data.status === 'waitlisted') ||
        (fact.type === 'reservation_resized' && fact.data.requeued);
      if (waits) must(fact.data.quantity <= (event?.capacity ?? 0), 'it can be served one day', fact);
    }),
  );
});
