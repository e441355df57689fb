import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { execute } from '../../src/actor/execute.ts';
import { toReservation } from '../../src/actor/rows.ts';
import { Store } from '../../src/actor/store.ts';
import { apply } from '../../src/domain/apply.ts';
import type { Command, TimedCommand } from '../../src/domain/commands.ts';
import { decide } from '../../src/domain/decide.ts';
import type { Fact } from '../../src/domain/facts.ts';
import { assertTotals } from '../../src/domain/invariants.ts';
import {
  type CommandId,
  type EventRecord,
  type EventState,
  emptyState,
  type Instant,
  LIMITS,
  type Reservation,
} from '../../src/domain/model.ts';
import type { Outcome } from '../../src/domain/outcomes.ts';
import { asOf } from '../../src/domain/seats.ts';
import { inActor, tablesOf, wipe } from '../support/actor.ts';
import { alice, attendee, details, HOUR, MINUTE, olga, T0 } from '../support/given.ts';
import { commandOf, type History, histories, type Step, withLimits } from '../support/histories.ts';
import { placeOf } from '../support/line.ts';
import { TIGHT, WIDE } from '../support/properties.ts';

/**
 * The actor loads only the rows that a batch can touch, and keeps them in SQL. Here the same histories run through it
 * and through the plain domain with everything in memory, and must give the same answers, facts and rows.
 */

/** What the actor must be equal to: the domain with the full state, and a memory of answers. */
class Model {
  readonly state: EventState = emptyState();
  readonly facts: Fact[] = [];
  readonly answers = new Map<CommandId, Outcome>();
  /** What was answered under Idempotency-Keys, with which fingerprint, and when. */
  readonly keys = new Map<string, { fingerprint: string; at: Instant; outcome: Outcome }>();

  /** Time never runs backwards from the last fact. */
  clock(now: Instant): Instant {
    return Math.max(now, this.facts.at(-1)?.at ?? 0);
  }

  execute(command: TimedCommand): Outcome {
    const before = this.answers.get(command.id) ?? this.#replayed(command);
    if (before !== undefined) return before;
    const decision = decide(this.state, command);
    if (!decision.accepted) return { kind: 'rejected', rejection: decision.rejection };
    for (const fact of decision.facts) apply(this.state, fact);
    this.facts.push(...decision.facts);
    const outcome = this.#outcomeOf(command);
    if (decision.facts.length === 0 || command.type === 'settle') return outcome;
    this.answers.set(command.id, outcome);
    const { idempotency, at } = command;
    if (idempotency) this.keys.set(idempotency.key, { fingerprint: idempotency.fingerprint, at, outcome });
    return outcome;
  }

  #replayed({ idempotency, at }: TimedCommand): Outcome | undefined {
    const first = idempotency && this.keys.get(idempotency.key);
    if (first === undefined || first.at <= at - LIMITS.idempotencyMs) return undefined;
    const same = first.fingerprint === idempotency?.fingerprint;
    if (!same) return { kind: 'rejected', rejection: { code: 'idempotency_key_reused' } };
    return { ...first.outcome, replayed: true } as Outcome;
  }

  #outcomeOf(command: TimedCommand): Outcome {
    const { event, totals, seq, reservations } = this.state;
    if (command.type === 'settle') return { kind: 'settled', seq };
    if (event === null || !('reservationId' in command)) {
      return { kind: 'event', view: { event: event as EventRecord, totals, seq } };
    }
    const reservation = asOf(reservations.get(command.reservationId) as Reservation, event, command.at);
    return { kind: 'reservation', reservation, waitlistPosition: placeOf(this.state, reservation), seq };
  }
}

interface Batch {
  readonly size: number;
  /** How far the machine's clock is behind when the batch comes. */
  readonly behindMs: number;
  /** Which earlier command comes again at its front, counted back; the batch's first comes again at its end. */
  readonly again: number | null;
  /** Not null: its commands come with Idempotency-Keys from there on; few, so that some come twice. */
  readonly keys: number | null;
}

const batches = fc.array(
  fc.record({
    size: fc.constantFrom(1, 2, 3, 5, 8, 40),
    behindMs: fc.constantFrom(0, 0, 0, MINUTE),
    again: fc.option(fc.nat(20), { freq: 3 }),
    keys: fc.option(fc.nat(30), { freq: 3, nil: null }),
  }),
  { minLength: 1, maxLength: 12 },
);

function equal(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual, what).toEqual(expected);
}

/** Runs the history in these batches, over and over until it is through, on a wiped storage. */
function compare(storage: DurableObjectStorage, history: History, plan: readonly Batch[]): void {
  wipe(storage);
  const store = new Store(storage);
  const model = new Model();
  const sent: TimedCommand[] = [];
  let clock = T0;
  for (let n = 0, turn = 0; n < history.length; turn += 1) {
    const { size, behindMs, again, keys } = plan[turn % plan.length] as Batch;
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
      const command = commandOf(step, n + index, model.state, at);
      const key = keys === null ? null : { key: `key ${keys + (index % 7)}`, fingerprint: `${command.type}` };
      ask(key === null ? command : { ...command, idempotency: key });
    });
    if (again !== null && commands[0] !== undefined) ask(commands[0]);
    const { outcomes, added } = execute(storage, store, commands, clock - behindMs, 0);
    const facts = model.facts.slice(factsBefore);
    equal(outcomes, expected, 'outcomes');
    equal(added, facts.length, 'number of facts');
    if (store.isOpen()) equal(store.facts(factsBefore, 10_000), facts, 'facts');
    sent.push(...commands);
    n += size;
  }
  compareRows(storage, store, model, sent);
}

function compareRows(
  storage: DurableObjectStorage,
  store: Store,
  { state, facts, answers, keys }: Model,
  sent: readonly Command[],
): void {
  assertTotals(state);
  if (state.event === null) {
    equal(tablesOf(storage), [], 'tables of an event that was never created');
    return;
  }
  const { event, totals, seq } = state;
  equal(store.view(), { event, totals, seq }, 'event and totals');
  const lastSeq = new Map(
    facts.flatMap(({ reservationId, data, seq: at }) =>
      [reservationId, ...('passed' in data ? data.passed : [])].map((id) => [id, at] as const),
    ),
  );
  const rows = [...state.reservations.values()]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((reservation) => ({ ...reservation, seq: lastSeq.get(reservation.id) }));
  const stored = [...storage.sql.exec('SELECT * FROM reservations ORDER BY id')];
  const read = stored.map((row) => ({ ...toReservation(row), seq: row.seq }));
  equal(read, rows, 'reservations');
  equal(store.answers.given(sent), answers, 'answers');
  const remembered = [...keys].map(([key, { fingerprint, outcome }]) => [key, { fingerprint, outcome }] as const);
  equal(store.answers.remembered([...keys.keys()], 0), new Map(remembered), 'answers under keys');
}

it.each([
  ['as in production', WIDE],
  ['so low that short histories meet them', TIGHT],
])('answers, notes and keeps the same as the domain with the full state, its bounds %s', async (_, bounds) => {
  await inActor(({ storage }) => {
    fc.assert(
      fc.property(histories(), batches, (history, plan) => {
        withLimits({ ...bounds, idempotencyMs: HOUR }, () => compare(storage, history, plan));
      }),
      { numRuns: 1_000 },
    );
  });
});

const step = (who: Step['who'], ask: Step['ask'], waitMs = 0): Step => ({ who, ask, waitMs });

it('knows the places of a line longer than it looks at, from before the batch and from within it', async () => {
  const join = (n: number, quantity = 1) =>
    step(alice, { type: 'reserve', attendeeId: attendee(n), quantity, status: null, onFull: 'waitlist' });
  const look = [0, 1, 2, 3, 4].map((target) => step('holder', { type: 'reactivate', target }));
  const resize = (target: number, quantity: number) =>
    step('holder', { type: 'change_quantity', target, quantity, ifVersion: null });
  const history: History = [
    step(olga, { type: 'create_event', details: details({ capacity: 3 }), status: 'published' }),
    join(0, 3),
    ...[1, 2, 3, 4, 5].map((n) => join(n)),
    ...look,
    resize(4, 3),
    ...look,
    resize(5, 2),
    ...look,
  ];
  await inActor(({ storage }) => {
    for (const size of [history.length, 7, 3, 1]) {
      withLimits(TIGHT, () => compare(storage, history, [{ size, behindMs: 0, again: null, keys: null }]));
    }
  });
});

it('sees who can be served behind any number of parties that have become too large, in every batch', async () => {
  const join = (n: number, quantity: number) =>
    step(alice, { type: 'reserve', attendeeId: attendee(n), quantity, status: null, onFull: 'waitlist' });
  const capacity = (seats: number) => step(olga, { type: 'edit_event', changes: { capacity: seats }, ifVersion: null });
  const history: History = [
    step(olga, { type: 'create_event', details: details({ capacity: 3 }), status: 'published' }),
    join(1, 1),
    ...Array.from({ length: 30 }, (_, index) => join(10 + index, 3)),
    capacity(2),
    join(2, 2),
    join(3, 2),
    join(4, 1),
    join(5, 1),
    step('holder', { type: 'cancel', target: 33 }),
    capacity(4),
    capacity(3),
    capacity(2),
    step('holder', { type: 'cancel', target: 3 }),
    step(null, { type: 'settle' }),
  ];
  await inActor(({ storage }) => {
    for (const size of [history.length, 12, 5, 2, 1]) {
      withLimits(TIGHT, () => compare(storage, history, [{ size, behindMs: 0, again: null, keys: null }]));
    }
  });
});

it('goes on with a batch for as long as it sees who can be served since the capacity was cut', async () => {
  const join = (n: number, quantity: number) =>
    step(alice, { type: 'reserve', attendeeId: attendee(n), quantity, status: null, onFull: 'waitlist' });
  const history: History = [
    step(olga, { type: 'create_event', details: details({ capacity: 10 }), status: 'published' }),
    join(1, 1),
    ...Array.from({ length: 10 }, (_, index) => join(10 + index, 10)),
    ...Array.from({ length: 8 }, (_, index) => join(20 + index, 1)),
    step(olga, { type: 'edit_event', changes: { capacity: 9 }, ifVersion: null }),
    ...Array.from({ length: 4 }, (_, index) => join(30 + index, 1)),
  ];
  await inActor(({ storage }) => {
    const plan = [20, 5].map((size) => ({ size, behindMs: 0, again: null, keys: null }));
    withLimits(TIGHT, () => compare(storage, history, plan));
  });
});

it('sees all that it must end where earlier commands of a batch have ended what came first', async () => {
  const reserve = (n: number, status: 'pending' | 'confirmed', quantity: number, waitMs = 0) =>
    step(alice, { type: 'reserve', attendeeId: attendee(n), quantity, status, onFull: 'refuse' }, waitMs);
  const capacity = (seats: number, waitMs = 0) =>
    step(olga, { type: 'edit_event', changes: { capacity: seats }, ifVersion: null }, waitMs);
  const remove = (target: number, waitMs = 0) =>
    step('holder', { type: 'delete_reservation', target, ifVersion: null }, waitMs);
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
        const plan = [history.length, before.length + 1].map((size) => ({
          size,
          behindMs: 0,
          again: null,
          keys: null,
        }));
        withLimits({ settlePerStep: 2 }, () => compare(storage, [...history, ...before, ending], plan));
      }
    }
  });
});
