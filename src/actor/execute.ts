import { apply } from '../domain/apply.ts';
import type { Command, TimedCommand } from '../domain/commands.ts';
import { decide } from '../domain/decide.ts';
import type { Fact } from '../domain/facts.ts';
import { assertInvariants } from '../domain/invariants.ts';
import {
  type EventState,
  type HolderId,
  type Instant,
  LIMITS,
  type Reservation,
  type ReservationId,
} from '../domain/model.ts';
import type { Outcome } from '../domain/outcomes.ts';
import { asOf, lapsedHolds } from '../domain/seats.ts';
import { count, emptyTally, type Tally } from '../domain/tally.ts';
import type { Needs, Store } from './store.ts';
import type { Answered, Remembered } from './store-answers.ts';

/** Loads that one transaction makes at most, so that calls between need not wait for all that a batch ends. */
const LOADS_MAX = 10;

export interface Executed {
  /** One a command, in their order: of the first at least, and of as many as the transaction had room for. */
  readonly outcomes: readonly Outcome[];
  /** How many facts were added. */
  readonly added: number;
}

/**
 * load → decide → apply → save for a batch, in one synchronous transaction: all that it decides commits together or
 * not at all. Commands that were answered before get the same answer again and change nothing.
 * @param now the actor's clock, epoch ms
 * @param projectedSeq up to which fact D1 is known to be, saved along
 * @throws if an invariant or a constraint would break; then nothing was changed
 */
export function execute(
  storage: DurableObjectStorage,
  store: Store,
  commands: readonly Command[],
  now: Instant,
  projectedSeq: number,
): Executed {
  try {
    return storage.transactionSync(() => {
      const at = Math.max(now, store.lastAt());
      const outcomes: Outcome[] = [];
      let added = 0;
      for (let loads = 0; outcomes.length < commands.length && loads < LOADS_MAX; loads += 1) {
        const part = executePart(store, commands.slice(outcomes.length), at, projectedSeq);
        outcomes.push(...part.outcomes);
        added += part.added;
      }
      return { outcomes, added };
    });
  } catch (error) {
    store.forget();
    throw error;
  }
}

/** Executes commands on one load for as long as that has all they look at: at least the first, mostly all of them. */
function executePart(store: Store, commands: readonly Command[], at: Instant, projectedSeq: number): Executed {
  const keys = commands.flatMap(({ idempotency }) => idempotency?.key ?? []);
  const remembered = store.answers.remembered(keys, at - LIMITS.idempotencyMs);
  const needs = needsOf(commands);
  const state = store.load(needs, at);
  const answered = store.answers.given(commands.filter((command) => mayComeAgain(command, state)));
  const mayGoOn = whileSeen(state, needs, at);
  const facts: Fact[] = [];
  const tally = emptyTally();
  const fresh: Answered[] = [];
  const outcomes: Outcome[] = [];
  for (const command of commands) {
    const before = answered.get(command.id) ?? replay(command, remembered);
    if (before !== undefined) {
      outcomes.push(before);
      continue;
    }
    const { outcome, facts: added } = executeOne(store, state, command, at, tally);
    outcomes.push(outcome);
    if (added.length === 0) continue;
    facts.push(...added);
    if (outcome.kind !== 'settled') {
      answered.set(command.id, outcome);
      fresh.push([command, outcome]);
      const { key, fingerprint } = command.idempotency ?? {};
      if (key !== undefined && fingerprint !== undefined) remembered.set(key, { fingerprint, outcome });
    }
    if (!mayGoOn()) break;
  }
  assertInvariants(state);
  store.save(state, facts, fresh, projectedSeq);
  if (state.event !== null && facts.length > 0) store.counts.add(tally, at, state.event.timeZone);
  return { outcomes, added: facts.length };
}

/** A reservation has an id of its own: if there is none of that id, nothing was answered to the command that takes it. */
function mayComeAgain(command: Command, { reservations }: EventState): boolean {
  return command.type !== 'reserve' || reservations.has(command.reservationId);
}

/**
 * Tells, after each command that changed something, whether the state still has what the next may look at: of a line
 * that is longer than what was loaded, more than its window; where somebody waits, all lapsed holds.
 */
function whileSeen(state: EventState, needs: Needs, at: Instant): () => boolean {
  if (state.totals.waitlisted === 0) return () => true;
  if (lapsedHolds(state, at).length >= needs.lapsed) return () => false;
  const lines = [state.event?.capacity ?? 0, ...needs.capacities].map((capacity) => {
    const last = placesIn(state, capacity).sort((a, b) => a - b)[needs.line - 1];
    return { capacity, last: last ?? Number.POSITIVE_INFINITY };
  });
  return () =>
    lines.every(({ capacity, last }) => {
      if (last === Number.POSITIVE_INFINITY) return true;
      return placesIn(state, capacity).filter((place) => place <= last).length > LIMITS.waitlistWindow;
    });
}

/** The places in line of those who wait, as far as they are loaded; of parties up to a size. */
function placesIn({ reservations }: EventState, largest = Number.POSITIVE_INFINITY): number[] {
  return [...reservations.values()].flatMap(({ queueSeq, quantity }) => (quantity <= largest && queueSeq) || []);
}

/** What was answered under a client's Idempotency-Key, without doing anything; null: nothing that is remembered. */
export function recall(store: Store, idempotency: NonNullable<Command['idempotency']>, now: Instant): Outcome | null {
  return replay({ idempotency }, store.answers.remembered([idempotency.key], now - LIMITS.idempotencyMs)) ?? null;
}

/**
 * The answer already given under the command's Idempotency-Key; undefined if there is none. Only what had an effect is
 * remembered: a refused request may be tried again under its key.
 */
function replay(
  { idempotency }: Pick<Command, 'idempotency'>,
  remembered: ReadonlyMap<string, Remembered>,
): Outcome | undefined {
  const earlier = idempotency && remembered.get(idempotency.key);
  if (earlier === undefined) return undefined;
  if (earlier.fingerprint !== idempotency?.fingerprint) {
    return { kind: 'rejected', rejection: { code: 'idempotency_key_reused' } };
  }
  const { outcome } = earlier;
  return outcome.kind === 'event' || outcome.kind === 'reservation' ? { ...outcome, replayed: true } : outcome;
}

function executeOne(
  store: Store,
  state: EventState,
  command: Command,
  at: Instant,
  tally: Tally,
): { outcome: Outcome; facts: readonly Fact[] } {
  const seqBefore = state.seq;
  const timed = { ...command, at };
  const decision = decide(state, timed);
  if (!decision.accepted) return { outcome: { kind: 'rejected', rejection: decision.rejection }, facts: [] };
  for (const fact of decision.facts) applyAndCount(state, fact, tally);
  return { outcome: outcomeOf(store, state, timed, seqBefore), facts: decision.facts };
}

function applyAndCount(state: EventState, fact: Fact, tally: Tally): void {
  const id = fact.reservationId;
  const before = id === null ? undefined : state.reservations.get(id);
  apply(state, fact);
  const after = id === null ? undefined : state.reservations.get(id);
  if (after !== undefined) count(tally, before, after);
}

function outcomeOf(store: Store, state: EventState, command: TimedCommand, seqBefore: number): Outcome {
  const { event, totals, seq } = state;
  const { at } = command;
  if (command.type === 'settle') return { kind: 'settled', seq };
  if (event === null) throw new Error(`${command.type} was accepted for an event that does not exist`);
  const stored = 'reservationId' in command ? state.reservations.get(command.reservationId) : undefined;
  if (stored !== undefined) {
    const reservation = asOf(stored, event, at);
    const waitlistPosition = positionOf(store, state, reservation, seqBefore);
    return { kind: 'reservation', reservation, waitlistPosition, seq };
  }
  return { kind: 'event', view: { event, totals, seq } };
}

/**
 * A reservation's place in the line, 1 for its head; null unless it waits. Whoever joined by this command is the last.
 * Of the others, those behind are counted: in the state, and in the rows that no command of the batch has loaded.
 */
function positionOf(store: Store, state: EventState, { queueSeq }: Reservation, seqBefore: number): number | null {
  if (queueSeq === null) return null;
  const { waitlisted } = state.totals;
  if (queueSeq > seqBefore) return waitlisted;
  const loaded = placesIn(state);
  const unseen = loaded.length === waitlisted ? 0 : store.behind(queueSeq, [...state.reservations.keys()]);
  return waitlisted - loaded.filter((place) => place > queueSeq).length - unseen;
}

/**
 * How many reservations a command may end at most, besides those that the waitlist makes it expire, and so how many rows
 * to load for it; keeps a batch bounded.
 */
export function weightOf(command: Command): number {
  switch (command.type) {
    case 'reserve':
    case 'change_quantity':
      return command.quantity;
    case 'reactivate':
      return LIMITS.quantityMax;
    case 'confirm':
      return command.reacquire ? LIMITS.quantityMax : 1;
    case 'edit_event':
    case 'delete_event':
    case 'cancel_event':
    case 'settle':
      return LIMITS.settlePerStep;
    default:
      return 1;
  }
}

/** The rows that the commands, decided one after the other, can touch. */
function needsOf(commands: readonly Command[]): Needs {
  const reservationIds: ReservationId[] = [];
  const holders: HolderId[] = [];
  let theirHolders = false;
  let weight = 0;
  for (const command of commands) {
    if ('reservationId' in command) reservationIds.push(command.reservationId);
    if (command.type === 'reserve' || command.type === 'accept_transfer') holders.push(...holderOf(command));
    theirHolders ||= command.type === 'reactivate' || (command.type === 'confirm' && command.reacquire);
    weight += weightOf(command);
  }
  const has = (...types: Command['type'][]) => commands.some(({ type }) => types.includes(type));
  // Each command ends at most as many reservations as it weighs: so many of the first in line may be gone before it.
  return {
    reservationIds,
    holders,
    theirHolders,
    lapsed: weight + LIMITS.expiriesForWaitlist + 1,
    closing: has('cancel_event', 'delete_event') ? weight : 0,
    settling: has('settle') ? weight : 0,
    // One more than a command looks at, for the one that it is about may give up its place; and for each before it.
    line: LIMITS.waitlistWindow + commands.length,
    capacities: commands.flatMap((command) => (command.type === 'edit_event' && command.changes.capacity) || []),
  };
}

function holderOf(command: Extract<Command, { type: 'reserve' | 'accept_transfer' }>): HolderId[] {
  const holder = (command.type === 'reserve' ? command.attendeeId : null) ?? command.principal?.userId;
  return holder === undefined ? [] : [holder];
}
