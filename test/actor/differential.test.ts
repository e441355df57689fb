import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { execute } from '../../src/actor/execute.ts';
import { Store } from '../../src/actor/store.ts';
import { apply } from '../../src/domain/apply.ts';
import { decide } from '../../src/domain/decide.ts';
import { assertTotals } from '../../src/domain/invariants.ts';
import {
  type CommandId,
  type EventState,
  emptyState,
  type Fact,
  type Instant,
  LIMITS,
  type Outcome,
  type TimedCommand,
} from '../../src/domain/model.ts';
import { inActor, tablesOf, wipe } from '../support/actor.ts';
import { alice, attendee, details, HOUR, MINUTE, olga, T0 } from '../support/given.ts';
import {
  commandOf,
  type History,
  histories,
  QUANTITY_MAX,
  type Step,
  withSettlePerStep,
} from '../support/histories.ts';

/**
 * The actor loads only the rows that a batch can touch, and keeps them in SQL. Here the same histories run through it
 * and through the plain domain with everything in memory, and must give the same answers, facts and rows.
 */

/** Random histories take as long as the machine is busy. */
vi.setConfig({ testTimeout: 60_000 });

/** What the actor must be equal to: the domain with the full state, and a memory of answers. */
class Model {
  readonly state: EventState = emptyState();
  readonly facts: Fact[] = [];
  readonly answers = new Map<CommandId, Outcome>();

  /** Time never runs backwards from the last fact. */
  clock(now: Instant): Instant {
    return Math.max(now, this.facts.at(-1)?.at ?? 0);
  }

  execute(command: TimedCommand): Outcome {
    const before = this.answers.get(command.id);
    if (before !== undefined) return before;
    const decision = decide(this.state, command);
    if (!decision.accepted) return { kind: 'rejected', rejection: decision.rejection };
    for (const fact of decision.facts) apply(this.state, fact);
    this.facts.push(...decision.facts);
    const outcome = this.#outcomeOf(command);
    if (decision.facts.length > 0) this.answers.set(command.id, outcome);
    return outcome;
  }

  #outcomeOf(command: TimedCommand): Outcome {
    const { event, totals, seq, reservations } = this.state;
    if (command.type === 'settle') return { kind: 'settled', seq };
    if (!('reservationId' in command)) return { kind: 'event', view: { event: event as never, totals, seq } };
    return { kind: 'reservation', reservation: reservations.get(command.reservationId) as never, seq };
  }
}

interface Batch {
  readonly size: number;
  /** How far the machine's clock is behind when the batch comes. */
  readonly behindMs: number;
  /** Which earlier command comes again at its front, counted back; the batch's first comes again at its end. */
  readonly again: number | null;
}

const batches = fc.array(
  fc.record({
    size: fc.constantFrom(1, 2, 3, 5, 8, 40),
    behindMs: fc.constantFrom(0, 0, 0, MINUTE),
    again: fc.option(fc.nat(20), { freq: 3 }),
  }),
  { minLength: 1, maxLength: 12 },
);

function equal(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual, what).toEqual(expected);
}

/** Runs the history in these batches, over and over until it is through, on a wiped storage. */
function compare(storage: DurableObjectStorage, history: History, plan: readonly Batch[]): void {
  wipe(storage);
  const store = new Store(storage.sql);
  const model = new Model();
  const sent: TimedCommand[] = [];
  let clock = T0;
  for (let n = 0, turn = 0; n < history.length; turn += 1) {
    const { size, behindMs, again } = plan[turn % plan.length] as Batch;
    const steps = history.slice(n, n + size);
    clock += steps.reduce((sum, { waitMs }) => sum + waitMs, 0);
    const at = model.clock(clock - behindMs);
    const factsBefore = model.facts.length;
    const commands: TimedCommand[] = [];
    const expected: Outcome[] = [];
    const ask = (command: TimedCommand) => {
      commands.push(command);
      expected.push(model.execute({ ...command, at }));
    };
    const repeated = again === null ? undefined : sent.at(-1 - again);
    if (repeated !== undefined) ask(repeated);
    steps.forEach((step, index) => {
      ask(commandOf(step, n + index, model.state, at));
    });
    if (again !== null && commands[0] !== undefined) ask(commands[0]);
    const { outcomes, added } = execute(storage, store, commands, clock - behindMs, 0);
    const facts = model.facts.slice(factsBefore);
    equal(outcomes, expected, 'outcomes');
    equal(added, facts.length, 'number of facts');
    if (store.isOpen()) equal(store.facts(factsBefore, 1_000), facts, 'facts');
    sent.push(...commands);
    n += size;
  }
  compareRows(storage, store, model);
}

function compareRows(storage: DurableObjectStorage, store: Store, { state, facts, answers }: Model): void {
  assertTotals(state);
  if (state.event === null) {
    equal(tablesOf(storage), [], 'tables of an event that was never created');
    return;
  }
  const { event, totals, seq } = state;
  equal(store.view(), { event, totals, seq }, 'event and totals');
  const lastSeq = new Map(facts.map((fact) => [fact.reservationId, fact.seq]));
  const rows = [...state.reservations.values()]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((reservation) => ({ ...reservation, seq: lastSeq.get(reservation.id) }));
  equal(store.reservationsAfter('', 1_000), rows, 'reservations');
  equal(store.answers([...answers.keys()]), answers, 'answers');
}

it.each([
  ['as in production', LIMITS.settlePerStep],
  ['so low that short histories meet it', QUANTITY_MAX],
])('answers, notes and keeps the same as the domain with the full state, its bound %s', async (_, limit) => {
  await inActor(({ storage }) => {
    fc.assert(
      fc.property(histories(), batches, (history, plan) => {
        withSettlePerStep(limit, () => compare(storage, history, plan));
      }),
      { numRuns: 500 },
    );
  });
});

it('sees all that it must end where earlier commands of a batch have ended what came first', async () => {
  const step = (who: Step['who'], ask: Step['ask'], waitMs = 0): Step => ({ who, ask, waitMs });
  const reserve = (n: number, status: 'pending' | 'confirmed', quantity: number, waitMs = 0) =>
    step(alice, { type: 'reserve', attendeeId: attendee(n), quantity, status }, waitMs);
  const capacity = (seats: number, waitMs = 0) =>
    step(olga, { type: 'edit_event', changes: { capacity: seats }, ifVersion: null }, waitMs);
  const remove = (target: number, waitMs = 0) => step('holder', { type: 'delete_reservation', target }, waitMs);
  const history: History = [
    step(olga, { type: 'create_event', details: details({ capacity: 8 }), status: 'published' }),
    ...[1, 2, 3, 4, 5].map((n) => reserve(n, 'pending', 1)),
    ...[6, 7, 8].map((n) => reserve(n, 'confirmed', 1)),
  ];
  const endings = [step(olga, { type: 'cancel_event' }), step(null, { type: 'settle' })];
  const befores = [
    [capacity(6, HOUR), capacity(4)],
    [reserve(9, 'confirmed', 2, HOUR), reserve(10, 'confirmed', 2)],
    [remove(7, HOUR), remove(6), remove(5)],
    [step(null, { type: 'settle' }, HOUR), step(null, { type: 'settle' })],
  ];
  await inActor(({ storage }) => {
    for (const before of befores) {
      for (const ending of endings) {
        const plan = [history.length, before.length + 1].map((size) => ({ size, behindMs: 0, again: null }));
        withSettlePerStep(2, () => compare(storage, [...history, ...before, ending], plan));
      }
    }
  });
});
