import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { apply } from '../../src/domain/apply.ts';
import { decide } from '../../src/domain/decide.ts';
import { assertInvariants, assertTotals } from '../../src/domain/invariants.ts';
import {
  type EventState,
  emptyState,
  type FactType,
  LIMITS,
  type RejectionCode,
  type Reservation,
  type TimedCommand,
} from '../../src/domain/model.ts';
import { asOf } from '../../src/domain/seats.ts';
import { rsv } from '../support/given.ts';
import {
  consumed,
  type Decided,
  histories,
  play,
  QUANTITY_MAX,
  type Snapshot,
  withSettlePerStep,
} from '../support/histories.ts';

/** Random histories take as long as the machine is busy. */
vi.setConfig({ testTimeout: 60_000 });

/** Histories for the promises that matter most; the others get by with fewer, to stay within seconds. */
const HISTORIES = 10_000;

/** What one step settles at most: as in production, or so few that short histories meet the bound. */
const settlePerStep = fc.constantFrom(LIMITS.settlePerStep, QUANTITY_MAX);

/** Checks what must hold after each command of random histories. */
function always(look: (decided: Decided) => void, runs = 3_000): void {
  fc.assert(
    fc.property(histories(), settlePerStep, (history, limit) => {
      withSettlePerStep(limit, () => play(history, look));
    }),
    { numRuns: runs },
  );
}

/** A bare comparison, because millions of `expect` calls would take minutes. */
function must(holds: boolean, promise: string, ...seen: unknown[]): void {
  if (!holds) throw new Error(`${promise}: ${seen.map((one) => JSON.stringify(one)).join(' ')}`);
}

const activeOf = ({ reservations }: Pick<EventState, 'reservations'>): Reservation[] =>
  [...reservations.values()].filter(({ status }) => status === 'pending' || status === 'confirmed');

const holderOf = ({ attendeeId, userId }: Pick<Reservation, 'attendeeId' | 'userId'>) => attendeeId ?? userId;

it('never oversells, and accounts for every seat', () => {
  always(({ state, command }) => {
    if (state.event === null) return;
    assertInvariants(state);
    assertTotals(state);
    must(consumed(state, command.at) <= state.event.capacity, 'consuming seats are within the capacity', state.totals);
  }, HISTORIES);
});

it('gives a holder one active reservation at most', () => {
  always(({ state }) => {
    const holders = activeOf(state).map(holderOf);
    must(new Set(holders).size === holders.length, 'one active reservation a holder', holders);
  });
});

it('lets terminal states stay terminal, and deleted things deleted', () => {
  const ended = (status: string) => status === 'cancelled' || status === 'expired';
  always(({ before, state }) => {
    if (before.event?.status === 'cancelled') must(state.event?.status === 'cancelled', 'a cancelled event stays so');
    if (before.event?.deletedAt) must(isDeepStrictEqual(state.event, before.event), 'a deleted event stays as it was');
    for (const [id, was] of before.reservations) {
      const is = state.reservations.get(id);
      if (ended(was.status)) must(is?.status === was.status, 'an ended reservation stays so', was, is);
      if (was.deletedAt !== null) must(is === was, 'a deleted reservation stays as it was', was, is);
    }
  });
});

it('shows a reservation before the fact of its end is written as it shows it after', () => {
  always(({ before, command, decision, state }) => {
    if (before.event === null || command.type !== 'settle' || !decision.accepted) return;
    for (const [id, was] of before.reservations) {
      const [seen, is] = [asOf(was, before.event, command.at), state.reservations.get(id)];
      if (is !== was) must(isDeepStrictEqual(seen, is), 'a fact changes nothing that was seen', seen, is);
    }
  });
});

it('never takes back that a reservation has ended, whatever time passes before the fact is written', () => {
  always(({ state, command: { at } }) => {
    const { event } = state;
    if (event === null) return;
    for (const reservation of state.reservations.values()) {
      const now = asOf(reservation, event, at);
      if (now === reservation) continue;
      must(isDeepStrictEqual(asOf(reservation, event, at + LIMITS.holdMinutesMax * 60_000), now), 'it stays', now);
    }
  });
});

it('gives the same state when all facts are replayed, numbered without a gap and in order of time', () => {
  fc.assert(
    fc.property(histories(), (history) => {
      let last: Decided | null = null;
      const facts = play(history, (decided) => {
        last = decided;
      });
      facts.forEach(({ seq, at }, index) => {
        must(seq === index + 1, 'gapless', seq, index);
        must(at >= (facts[index - 1]?.at ?? 0), 'in order of time', at);
      });
      const replayed = facts.reduce(apply, emptyState());
      must(isDeepStrictEqual(replayed, (last as Decided | null)?.state ?? emptyState()), 'replay gives the state');
    }),
    { numRuns: HISTORIES },
  );
});

/** Commands after which the same one again finds done what it asks. */
function repeats({ type }: TimedCommand): boolean {
  return !['create_event', 'reserve', 'delete_event', 'delete_reservation', 'settle'].includes(type);
}

it('adds no fact when a command is repeated, and refuses a second reservation', () => {
  always(({ command, decision, state }) => {
    if (!decision.accepted || command.type === 'create_event') return;
    const unconditional = command.type === 'edit_event' ? { ...command, ifVersion: null } : command;
    if (command.type === 'reserve') {
      const again = decide(state, { ...command, reservationId: rsv(999) });
      const expected = { code: 'already_reserved', reservationId: command.reservationId };
      must(isDeepStrictEqual(again, { accepted: false, rejection: expected }), 'already reserved', command, again);
      return;
    }
    const again = decide(state, unconditional);
    if (repeats(command)) must(isDeepStrictEqual(again, { accepted: true, facts: [] }), 'no new fact', command, again);
    else if (command.type !== 'settle') must(!again.accepted, 'what is gone can not go again', command, again);
  });
});

it('changes nothing when it refuses, and only its own rows when it accepts', () => {
  always(({ before, command, decision, state }) => {
    if (!decision.accepted || decision.facts.length === 0) {
      must(state.event === before.event && state.seq === before.seq, 'nothing changed', command);
      must(isDeepStrictEqual(state.reservations, before.reservations), 'no reservation changed', command);
      return;
    }
    const touched = new Set(decision.facts.map(({ reservationId }) => reservationId));
    for (const [id, is] of state.reservations)
      must(touched.has(id) || is === before.reservations.get(id), 'only what facts name changes', id);
  });
});

/** Whether nothing but seats can stand in the way of this command. */
function fits(before: Snapshot, command: TimedCommand): boolean {
  if (command.type !== 'reserve' || before.event === null) return false;
  return consumed(before, command.at) + command.quantity <= before.event.capacity;
}

/** Throws unless what a rejection says is so, judged from the full state and not by the domain's own functions. */
function mustBeTrue({ before, command, decision }: Decided): void {
  if (decision.accepted) return;
  const { rejection } = decision;
  const capacity = before.event?.capacity ?? 0;
  const taken = consumed(before, command.at);
  const lapsed = activeOf(before).filter(
    ({ expiresAt, status }) => status === 'pending' && (expiresAt ?? 0) <= command.at,
  );
  if (rejection.code === 'sold_out') {
    must(command.type === 'reserve' && rejection.availableSlots < command.quantity, 'too few seats', command);
    must(rejection.availableSlots === capacity - taken, 'the true free seats', rejection, capacity - taken);
    must(!fits(before, command), 'a request that fits is not refused', command);
  }
  if (rejection.code === 'already_reserved') {
    const named = before.reservations.get(rejection.reservationId);
    const live = named !== undefined && activeOf(before).includes(named) && !lapsed.includes(named);
    const holder = command.type === 'reserve' ? (command.attendeeId ?? command.principal?.userId) : null;
    must(live && holderOf(named) === holder, 'it names the live reservation of the holder', named, holder);
  }
  if (rejection.code === 'capacity_below_reserved') {
    must(rejection.minimum === taken, 'the minimum is what is taken', rejection, taken);
    must(command.type === 'edit_event' && (command.changes.capacity ?? capacity) < taken, 'below it', command);
  }
  if (rejection.code === 'event_has_reservations') must(taken > 0, 'something takes seats', before.totals);
  if (rejection.code === 'hold_expired') {
    const named = 'reservationId' in command ? before.reservations.get(command.reservationId) : undefined;
    must(named !== undefined && (named.status === 'expired' || lapsed.includes(named)), 'it lapsed', named);
  }
  if (rejection.code === 'busy') {
    const closing = before.event?.status === 'cancelled';
    must(closing || lapsed.length >= LIMITS.settlePerStep, 'more is to settle than one step may', lapsed.length);
  }
}

it('tells the truth when it refuses, and never refuses a request that fits', () => {
  always(mustBeTrue, HISTORIES);
});

it('decides the same each time and leaves the state alone', () => {
  always(({ command, state }) => {
    if (command.type === 'create_event') return;
    const next = command.type === 'reserve' ? { ...command, reservationId: rsv(999) } : command;
    const was = structuredClone(state);
    const decision = decide(state, next);
    must(isDeepStrictEqual(state, was), 'the state is as it was', next);
    must(isDeepStrictEqual(decide(was, structuredClone(next)), decision), 'the same decision', next, decision);
  }, 1_000);
});

it('meets every rejection and every fact in its random histories, so that no promise here is empty', () => {
  const met = new Set<string>();
  always(({ decision }) => {
    if (decision.accepted) for (const { type } of decision.facts) met.add(type);
    else met.add(decision.rejection.code);
  }, HISTORIES);
  const codes: Record<RejectionCode, true> = {
    event_not_found: true,
    reservation_not_found: true,
    not_organizer: true,
    organizer_required: true,
    event_not_published: true,
    event_cancelled: true,
    event_started: true,
    event_has_reservations: true,
    reservations_not_open: true,
    reservations_closed: true,
    hold_expired: true,
    reservation_cancelled: true,
    cancellation_closed: true,
    version_mismatch: true,
    busy: true,
    sold_out: true,
    already_reserved: true,
    capacity_below_reserved: true,
    validation_failed: true,
  };
  const facts: Record<FactType, true> = {
    event_created: true,
    event_edited: true,
    event_published: true,
    event_cancelled: true,
    event_deleted: true,
    reservation_created: true,
    reservation_confirmed: true,
    reservation_cancelled: true,
    reservation_expired: true,
    reservation_deleted: true,
  };
  const all = [...Object.keys(codes), ...Object.keys(facts)];
  expect(all.filter((one) => !met.has(one))).toEqual([]);
});
