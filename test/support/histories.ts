import fc from 'fast-check';
import { apply } from '../../src/domain/apply.ts';
import type { Action, TimedCommand } from '../../src/domain/commands.ts';
import { decide } from '../../src/domain/decide.ts';
import type { Fact } from '../../src/domain/facts.ts';
import {
  type CommandId,
  type EventDetails,
  type EventState,
  emptyState,
  type Instant,
  LIMITS,
  type Principal,
  type ReservationId,
} from '../../src/domain/model.ts';
import type { Decision } from '../../src/domain/outcomes.ts';
import { admin, alice, attendee, bob, carol, details, EVENT, HOUR, MINUTE, olga, otto, rsv, T0 } from './given.ts';

/**
 * Random histories of one event: few people, few seats and few instants, so that commands collide, holds lapse, and
 * windows open and close. Plain data, so that a failing history shrinks and prints.
 */

type Reserve = Extract<Action, { readonly type: 'reserve' }>;
type Targeting = Exclude<Extract<Action, { readonly reservationId: ReservationId }>, Reserve>;
type Targeted<A> = A extends Targeting ? Omit<A, 'reservationId' | 'ticketCode'> & { readonly target: number } : never;
/** One command of a history; `target` counts back from the reservation that was made last. */
type Ask =
  | Exclude<Action, Targeting | Reserve>
  | Omit<Reserve, 'reservationId' | 'ticketCode'>
  | (Targeted<Targeting> & { readonly ticket?: Ticket });
/** What is scanned at the door: nothing, the reservation's own code, or one that isn't. */
type Ticket = 'none' | 'its' | 'forged';

export interface Step {
  /** Time that passes before it. */
  readonly waitMs: number;
  /** `holder`: the user of the reservation that it targets; `recipient`: to whom that is offered. */
  readonly who: Principal | null | 'holder' | 'recipient';
  readonly ask: Ask;
}
export type History = readonly Step[];

const people = [alice, bob, carol, olga, otto, admin];

/** Mostly one kind of person, now and then anybody. */
function mostly<T>(who: T): fc.Arbitrary<T | Principal> {
  return fc.oneof({ weight: 8, arbitrary: fc.constant(who) }, { weight: 2, arbitrary: fc.constantFrom(...people) });
}

/** Most seats that a reservation takes here; a step settles at least as many holds, as with the real limits. */
export const QUANTITY_MAX = 3;
const quantity = fc.constantFrom(1, 1, 1, 2, QUANTITY_MAX);
const instant = fc.constantFrom(5 * MINUTE, 15 * MINUTE, 60 * MINUTE, 120 * MINUTE, 150 * MINUTE).map((ms) => T0 + ms);
const rarely = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value });
const ifVersion = fc.oneof(
  { weight: 4, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) },
);

const fields = {
  title: fc.constantFrom('A talk', 'A better talk'),
  capacity: fc.constantFrom(10, 8, 6, 4, 2, 1),
  maxQuantity: fc.constantFrom(QUANTITY_MAX, 2),
  requiresConfirmation: fc.boolean(),
  holdMs: fc.constantFrom(MINUTE, 15 * MINUTE),
  startTime: fc.constantFrom(T0 + 2 * HOUR, T0 + HOUR),
  reservationsOpenAt: rarely(instant),
  reservationsCloseAt: rarely(instant),
  cancelUntil: rarely(instant),
} satisfies { [F in keyof EventDetails]?: fc.Arbitrary<EventDetails[F]> };

/** One field or two, so that few edits fail for an unlucky third; often the one that seats depend on. */
const changes = fc
  .tuple(
    fc.record(fields),
    fc.oneof(
      fc.constant(['capacity' as const]),
      fc.subarray(Object.keys(fields) as (keyof typeof fields)[], { minLength: 1, maxLength: 2 }),
    ),
  )
  .map(([all, some]): Partial<EventDetails> => Object.fromEntries(some.map((field) => [field, all[field]])));

/** The commands that say nothing beside which reservation they are about. */
type Bare = Extract<
  Targeting,
  {
    readonly type: 'cancel' | 'extend' | 'reactivate' | 'withdraw_transfer' | 'accept_transfer' | 'undo_check_in';
  }
>;
const targeting = <T extends Bare['type']>(type: T) => fc.record({ type: fc.constant(type), target: fc.nat(7) });

interface Kind {
  readonly weight: number;
  readonly who: fc.Arbitrary<Step['who']>;
  readonly ask: fc.Arbitrary<Ask>;
}

/** Every command but the first, which creates the event: a new one does not compile until it has its line here. */
const kinds: { readonly [T in Exclude<Action['type'], 'create_event'>]: Kind } = {
  reserve: {
    weight: 100,
    who: fc.constantFrom(...people, alice, bob, carol),
    ask: fc.record({
      type: fc.constant('reserve' as const),
      attendeeId: fc.constantFrom(null, null, attendee(1), attendee(2), attendee(3)),
      quantity,
      status: fc.constantFrom(null, 'pending' as const, 'pending' as const, 'confirmed' as const),
      onFull: fc.constantFrom('refuse' as const, 'waitlist' as const),
    }),
  },
  confirm: {
    weight: 24,
    who: mostly('holder' as const),
    ask: fc.record({ type: fc.constant('confirm' as const), target: fc.nat(7), reacquire: fc.boolean() }),
  },
  extend: { weight: 12, who: mostly('holder' as const), ask: targeting('extend') },
  reactivate: { weight: 14, who: mostly('holder' as const), ask: targeting('reactivate') },
  change_quantity: {
    weight: 20,
    who: mostly('holder' as const),
    ask: fc.record({ type: fc.constant('change_quantity' as const), target: fc.nat(7), quantity, ifVersion }),
  },
  offer_transfer: {
    weight: 10,
    who: mostly('holder' as const),
    ask: fc.record({
      type: fc.constant('offer_transfer' as const),
      target: fc.nat(7),
      to: fc.constantFrom(...people.map(({ userId }) => userId)),
    }),
  },
  withdraw_transfer: { weight: 2, who: mostly('holder' as const), ask: targeting('withdraw_transfer') },
  accept_transfer: {
    weight: 10,
    who: fc.oneof(
      { weight: 6, arbitrary: fc.constant('recipient' as const) },
      { weight: 1, arbitrary: fc.constantFrom(...people) },
    ),
    ask: targeting('accept_transfer'),
  },
  check_in: {
    weight: 16,
    who: mostly(olga),
    ask: fc.record({
      type: fc.constant('check_in' as const),
      target: fc.nat(7),
      ticket: fc.constantFrom('none' as const, 'its' as const, 'its' as const, 'forged' as const),
      quantity: fc.constantFrom(null, null, 1, 2),
      nonce: fc.constantFrom(null, 'a', 'b'),
    }),
  },
  undo_check_in: { weight: 4, who: mostly(olga), ask: targeting('undo_check_in') },
  cancel: { weight: 24, who: mostly('holder' as const), ask: targeting('cancel') },
  delete_reservation: {
    weight: 8,
    who: mostly('holder' as const),
    ask: fc.record({ type: fc.constant('delete_reservation' as const), target: fc.nat(7), ifVersion }),
  },
  settle: { weight: 8, who: fc.constant(null), ask: fc.constant({ type: 'settle' }) },
  edit_event: {
    weight: 18,
    who: mostly(olga),
    ask: fc.record({ type: fc.constant('edit_event' as const), changes, ifVersion }),
  },
  publish_event: {
    weight: 8,
    who: mostly(olga),
    ask: fc.record({ type: fc.constant('publish_event' as const) }),
  },
  cancel_event: { weight: 2, who: mostly(olga), ask: fc.constant({ type: 'cancel_event' }) },
  delete_event: {
    weight: 1,
    who: mostly(olga),
    ask: fc.record({ type: fc.constant('delete_event' as const), ifVersion }),
  },
};

const waitMs = fc.oneof(
  { weight: 60, arbitrary: fc.constant(0) },
  { weight: 12, arbitrary: fc.constantFrom(1, MINUTE - 1, MINUTE) },
  { weight: 6, arbitrary: fc.constantFrom(5 * MINUTE, 15 * MINUTE) },
  { weight: 1, arbitrary: fc.constantFrom(HOUR, 3 * HOUR) },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  ...Object.values(kinds).map(({ weight, who, ask }) => ({ weight, arbitrary: fc.record({ waitMs, who, ask }) })),
);

/** A hold that is extended again and again, as chance alone would rarely have it, each time before it lapses. */
const extensions: fc.Arbitrary<readonly Step[]> = fc
  .record({ who: fc.constantFrom(...people), pauseMs: fc.constantFrom((2 / 3) * MINUTE, 10 * MINUTE) })
  .map(({ who, pauseMs }) => {
    const ask = { type: 'reserve', attendeeId: null, quantity: 1, status: 'pending', onFull: 'refuse' } as const;
    const extend: Step = { waitMs: pauseMs, who: 'holder', ask: { type: 'extend', target: 0 } };
    return [{ waitMs: 0, who, ask }, extend, extend, extend, extend];
  });
const steps: fc.Arbitrary<readonly Step[]> = fc.oneof(
  { weight: 200, arbitrary: step.map((one) => [one]) },
  { weight: 1, arbitrary: extensions },
);

const creation: fc.Arbitrary<Step> = fc.record({
  waitMs: fc.constant(0),
  who: fc.oneof({ weight: 30, arbitrary: fc.constant(olga) }, { weight: 1, arbitrary: fc.constant(alice) }),
  ask: fc.record({
    type: fc.constant('create_event' as const),
    details: fc.record({ ...fields, startTime: fc.constant(T0 + 2 * HOUR) }).map((over) => details(over)),
    status: fc.constantFrom('published' as const, 'published' as const, 'published' as const, 'draft' as const),
  }),
});

const comes = (n: number, party: Pick<Reserve, 'quantity' | 'status'>): Step => ({
  waitMs: 0,
  who: bob,
  ask: { type: 'reserve', attendeeId: attendee(11 + n), onFull: 'waitlist', ...party },
});

/** People enough to fill the event at once, and a line that is longer than the tight bounds let one command see. */
const crowd: fc.Arbitrary<readonly Step[]> = fc
  .array(fc.record({ quantity, status: fc.constantFrom(null, 'pending' as const) }), { minLength: 8, maxLength: 16 })
  .map((parties) => parties.map((party, index) => comes(index, party)));

/** So many parties at the head of the line that are larger than the event has become. */
const setAside: fc.Arbitrary<readonly Step[]> = fc
  .record({ larger: fc.integer({ min: 1, max: 8 }), seats: fc.constantFrom(2, 2, 1) })
  .map(({ larger, seats }) => {
    const resize = (capacity: number): Step => ({
      ...{ waitMs: 0, who: olga },
      ask: { type: 'edit_event', changes: { capacity, maxQuantity: QUANTITY_MAX }, ifVersion: null },
    });
    const parties = Array.from({ length: larger }, (_, index) => comes(1 + index, { quantity: 3, status: null }));
    const others = [2, 2, 1, 1].map((quantity, index) => comes(1 + larger + index, { quantity, status: null }));
    return [resize(3), comes(0, { quantity: 1, status: null }), ...parties, resize(seats), ...others];
  });

/** A history that begins with the event's creation; some go on with many at once. */
export function histories(lengthMax = 40): fc.Arbitrary<History> {
  const some = fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: crowd },
    { weight: 1, arbitrary: setAside },
  );
  return fc
    .tuple(creation, some, fc.array(steps, { maxLength: lengthMax, size: 'max' }))
    .map(([first, many, rest]) => [
      first,
      ...many,
      ...rest.flat().map((one) => (many.length > 0 ? further(one) : one)),
    ]);
}

/** The same step on a reservation further back, to reach all of a crowd. */
function further(one: Step): Step {
  return 'target' in one.ask ? { ...one, ask: { ...one.ask, target: one.ask.target * 3 } } : one;
}

/** The n-th step as a command on the state that it meets, with an id of its own. */
export function commandOf({ who, ask }: Step, n: number, { reservations }: EventState, at: Instant): TimedCommand {
  const somebody = who === 'holder' || who === 'recipient' ? otto : who;
  const common = { id: `cmd_${n}` as CommandId, eventId: EVENT, principal: somebody, at };
  if (ask.type === 'reserve') return { ...common, ...ask, reservationId: rsv(n), ticketCode: `ticket ${n}` };
  if (!('target' in ask)) return { ...common, ...ask };
  const { target, ticket, ...rest } = ask;
  const made = [...reservations.values()];
  const reservation = made.at(-1 - (target % (made.length + 1)));
  const named = who === 'holder' ? reservation?.userId : who === 'recipient' ? reservation?.transferTo : undefined;
  const principal = people.find(({ userId }) => userId === named) ?? somebody;
  const about = { ...common, principal, reservationId: reservation?.id ?? rsv(0) };
  if (rest.type === 'accept_transfer') return { ...about, ...rest, ticketCode: `ticket ${n}` };
  if (rest.type !== 'check_in') return { ...about, ...rest };
  const ticketCode = ticket === 'its' ? (reservation?.ticketCode ?? 'no such ticket') : (ticket ?? null);
  return { ...about, ...rest, ticketCode: ticketCode === 'none' ? null : ticketCode };
}

/** A command with what was decided on it. `before` is what the state held then; `state` is the state after it. */
export interface Decided {
  readonly command: TimedCommand;
  readonly decision: Decision;
  readonly before: Snapshot;
  readonly state: EventState;
}

/** The parts of a state that `apply` replaces rather than changes. */
export type Snapshot = Pick<EventState, 'event' | 'totals' | 'seq' | 'reservations'>;

export function snapshot(state: EventState): Snapshot {
  return { event: state.event, totals: state.totals, seq: state.seq, reservations: new Map(state.reservations) };
}

/** Decides a history from the empty state, showing each decision to `look` before the next; returns all facts. */
export function play(history: History, look: (decided: Decided) => void = () => undefined): Fact[] {
  const state = emptyState();
  const facts: Fact[] = [];
  let at = T0;
  history.forEach((step, n) => {
    at += step.waitMs;
    const command = commandOf(step, n, state, at);
    const before = snapshot(state);
    const decision = decide(state, command);
    if (decision.accepted) for (const fact of decision.facts) apply(state, fact);
    if (decision.accepted) facts.push(...decision.facts);
    look({ command, decision, before, state });
  });
  return facts;
}

/** The bounds on what one command may touch, and on what is remembered. */
export type Bounds = {
  -readonly [L in 'settlePerStep' | 'waitlistWindow' | 'expiriesForWaitlist' | 'idempotencyMs' | 'noncesMax']?: number;
};

/** Runs with smaller bounds, so that short histories meet them; they last until what `run` promises is there. */
export function withLimits<T>(bounds: Bounds, run: () => T): T {
  const before = { ...LIMITS };
  const restore = () => void Object.assign(LIMITS, before);
  Object.assign(LIMITS, bounds);
  try {
    const result = run();
    if (result instanceof Promise) return result.finally(restore) as T;
    restore();
    return result;
  } catch (error) {
    restore();
    throw error;
  }
}

/** Seats that are truly taken at an instant; written apart from the domain, to judge it. */
export function consumed({ reservations }: Pick<EventState, 'reservations'>, at: Instant): number {
  let taken = 0;
  for (const { status, quantity: count, expiresAt } of reservations.values()) {
    if (status === 'confirmed' || (status === 'pending' && expiresAt !== null && expiresAt > at)) taken += count;
  }
  return taken;
}
