import { apply } from '../domain/apply.ts';
import { decide } from '../domain/decide.ts';
import { assertInvariants } from '../domain/invariants.ts';
import {
  type Command,
  type CommandId,
  type EventState,
  type Fact,
  type HolderId,
  type Instant,
  LIMITS,
  type Outcome,
  type ReservationId,
} from '../domain/model.ts';
import type { Needs, Store } from './store.ts';

export interface Executed {
  readonly outcomes: readonly Outcome[];
  readonly added: number;
}

/**
 * load → decide → apply → save for a batch, in one synchronous transaction: all that it decides commits together or
 * not at all. Commands that were answered before get the same answer again and change nothing.
 * @param now the actor's clock, epoch ms
 * @param projectedSeq up to which fact D1 is known to be, saved along
 * @returns one outcome a command, in their order, and how many facts were added
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
      const answered = store.answers(commands.map((command) => command.id));
      const state = store.load(needsOf(commands), at);
      const facts: Fact[] = [];
      const fresh = new Map<CommandId, Outcome>();
      const outcomes = commands.map((command) => {
        const before = answered.get(command.id) ?? fresh.get(command.id);
        if (before !== undefined) return before;
        const decided = executeOne(state, command, at);
        if (decided.facts.length > 0) fresh.set(command.id, decided.outcome);
        facts.push(...decided.facts);
        return decided.outcome;
      });
      assertInvariants(state);
      store.save(state, facts, [...fresh], projectedSeq);
      return { outcomes, added: facts.length };
    });
  } catch (error) {
    store.forget();
    throw error;
  }
}

function executeOne(state: EventState, command: Command, at: Instant): { outcome: Outcome; facts: readonly Fact[] } {
  const decision = decide(state, { ...command, at });
  if (!decision.accepted) return { outcome: { kind: 'rejected', rejection: decision.rejection }, facts: [] };
  for (const fact of decision.facts) apply(state, fact);
  return { outcome: outcomeOf(state, command), facts: decision.facts };
}

function outcomeOf(state: EventState, command: Command): Outcome {
  const { event, totals, seq } = state;
  if (command.type === 'settle') return { kind: 'settled', seq };
  const reservation = 'reservationId' in command ? state.reservations.get(command.reservationId) : undefined;
  if (reservation !== undefined) return { kind: 'reservation', reservation, seq };
  if (event === null) throw new Error(`${command.type} was accepted for an event that does not exist`);
  return { kind: 'event', view: { event, totals, seq } };
}

/** How many reservations a command may end at most, and so how many rows to load for it; keeps a batch bounded. */
export function weightOf(command: Command): number {
  switch (command.type) {
    case 'reserve':
      return command.quantity;
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
  let weight = 0;
  let cancels = false;
  let settles = false;
  for (const command of commands) {
    if ('reservationId' in command) reservationIds.push(command.reservationId);
    if (command.type === 'reserve') holders.push(...holderOf(command));
    cancels ||= command.type === 'cancel_event';
    settles ||= command.type === 'settle';
    weight += weightOf(command);
  }
  // Each command ends at most as many reservations as it weighs: so many of the first in line may be gone before it.
  return {
    reservationIds,
    holders,
    lapsed: weight,
    active: cancels ? weight : 0,
    activeIfCancelled: settles ? weight : 0,
  };
}

function holderOf(command: Extract<Command, { type: 'reserve' }>): HolderId[] {
  const holder = command.attendeeId ?? command.principal?.userId;
  return holder === undefined ? [] : [holder];
}
