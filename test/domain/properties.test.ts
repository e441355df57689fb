import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { apply } from '../../src/domain/apply.ts';
import type { TimedCommand } from '../../src/domain/commands.ts';
import { decide } from '../../src/domain/decide.ts';
import type { FactType } from '../../src/domain/facts.ts';
import { assertInvariants, assertTotals } from '../../src/domain/invariants.ts';
import { emptyState, LIMITS } from '../../src/domain/model.ts';
import type { RejectionCode } from '../../src/domain/outcomes.ts';
import { asOf } from '../../src/domain/seats.ts';
import { rsv } from '../support/given.ts';
import { consumed, type Decided, histories, play } from '../support/histories.ts';
import { activeOf, holderOf } from '../support/line.ts';
import { always, HISTORIES, must } from '../support/properties.ts';

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

it('lets what has ended stay so unless it takes seats anew, and deleted things deleted', () => {
  const ended = (status: string) => status === 'cancelled' || status === 'expired';
  always(({ before, state, command, decision }) => {
    if (before.event?.status === 'cancelled') must(state.event?.status === 'cancelled', 'a cancelled event stays so');
    if (before.event?.deletedAt) must(isDeepStrictEqual(state.event, before.event), 'a deleted event stays as it was');
    const facts = decision.accepted ? decision.facts : [];
    const back = facts.find(({ type }) => type === 'reservation_reactivated')?.reservationId;
    if (back !== undefined) {
      const asks = command.type === 'reactivate' || (command.type === 'confirm' && command.reacquire);
      must(asks && command.reservationId === back, 'only who asks for it comes back', command);
    }
    for (const [id, was] of before.reservations) {
      const is = state.reservations.get(id);
      if (ended(was.status) && id !== back) must(is?.status === was.status, 'an ended reservation stays so', was, is);
      if (was.deletedAt !== null) must(is === was, 'a deleted reservation stays as it was', was, is);
    }
  });
});

it('shows a reservation before the fact of its end is written as it shows it after', () => {
  always(({ before, command, decision, state }) => {
    if (before.event === null || !decision.accepted) return;
    const wasClosed = before.event.status === 'cancelled' || before.event.deletedAt !== null;
    for (const { type, reservationId: id } of decision.facts) {
      const due = type === 'reservation_expired' || (type === 'reservation_cancelled' && wasClosed);
      if (id === null || !due || decision.facts.filter((fact) => fact.reservationId === id).length > 1) continue;
      const [was, is] = [before.reservations.get(id), state.reservations.get(id)];
      const seen = was && asOf(was, before.event, command.at);
      must(isDeepStrictEqual(seen, is), 'a fact changes nothing that was seen', command, seen, is);
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

/** What a repeated command may be answered, beside that nothing is left to do. */
function mayAnswerAgain(command: TimedCommand): readonly (RejectionCode | 'more')[] {
  switch (command.type) {
    case 'delete_event':
    case 'delete_reservation':
      return ['event_not_found', 'reservation_not_found'];
    case 'withdraw_transfer':
      // Whoever declined an offer sees the reservation no more.
      return ['reservation_not_found'];
    case 'extend':
      return ['hold_not_extendable'];
    case 'check_in':
      // Without a nonce nobody can tell a second guest from a second try.
      if (command.nonce !== null) return [];
      return ['already_checked_in', ...(command.quantity === null ? [] : (['more', 'validation_failed'] as const))];
    case 'settle':
      return ['more'];
    default:
      return [];
  }
}

it('adds no fact when a command is repeated, and refuses a second reservation', () => {
  always(({ command, decision, state }) => {
    if (!decision.accepted || command.type === 'create_event') return;
    if (command.type === 'reserve') {
      const again = decide(state, { ...command, reservationId: rsv(999) });
      const expected = { code: 'already_reserved', reservationId: command.reservationId };
      must(isDeepStrictEqual(again, { accepted: false, rejection: expected }), 'already reserved', command, again);
      return;
    }
    const again = decide(state, 'ifVersion' in command ? { ...command, ifVersion: null } : command);
    const other = again.accepted ? again.facts.length > 0 && 'more' : again.rejection.code;
    must(!other || mayAnswerAgain(command).includes(other), 'no new fact', command, again);
    if (command.type.startsWith('delete')) must(!again.accepted, 'what is gone can not go again', command, again);
  });
});

it('changes nothing when it refuses, and only its own rows when it accepts', () => {
  always(({ before, command, decision, state }) => {
    if (!decision.accepted || decision.facts.length === 0) {
      must(state.event === before.event && state.seq === before.seq, 'nothing changed', command);
      must(isDeepStrictEqual(state.reservations, before.reservations), 'no reservation changed', command);
      return;
    }
    const touched = new Set(
      decision.facts.flatMap(({ reservationId, data }) => [reservationId, ...('passed' in data ? data.passed : [])]),
    );
    for (const [id, is] of state.reservations)
      must(touched.has(id) || is === before.reservations.get(id), 'only what facts name changes', id);
  });
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
  // The actor answers that code before it decides.
  const codes: Record<Exclude<RejectionCode, 'idempotency_key_reused'>, true> = {
    event_not_found: true,
    reservation_not_found: true,
    not_organizer: true,
    not_holder: true,
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
    reservation_not_pending: true,
    reservation_not_confirmed: true,
    hold_not_extendable: true,
    transfer_not_offered: true,
    transfer_to_self: true,
    ticket_unknown: true,
    already_checked_in: true,
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
    reservation_extended: true,
    reservation_promoted: true,
    reservation_reactivated: true,
    reservation_resized: true,
    transfer_offered: true,
    transfer_withdrawn: true,
    reservation_transferred: true,
    reservation_checked_in: true,
    check_in_undone: true,
  };
  const all = [...Object.keys(codes), ...Object.keys(facts)];
  expect(all.filter((one) => !met.has(one))).toEqual([]);
});
