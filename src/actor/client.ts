import { typeidUnboxed } from 'typeid-js';
import { Coalescer } from '../calls/coalescer.ts';
import type { Action, Command } from '../domain/commands.ts';
import type { Fact } from '../domain/facts.ts';
import { eventIdOf } from '../domain/ids.ts';
import {
  type Availability,
  type CommandId,
  type EventId,
  type EventView,
  LIMITS,
  type Principal,
  type ReservationId,
  type ReservationView,
  type Showing,
} from '../domain/model.ts';
import type { Outcome } from '../domain/outcomes.ts';
import type { Stats } from '../domain/tally.ts';
import type { EventActor, Read, Rebuilt, Reply } from './event-actor.ts';
import type { Projected } from './outbox.ts';

/** What a route gets for a command: the outcome, and whether D1 shows it yet. */
export interface Answer<O = Outcome> extends Projected {
  readonly outcome: O;
}

/** A fault of ours in the actor. */
type Failed = Exclude<Reply['outcomes'][number], Outcome>;

/** The actor is overloaded or out of reach; the client should come again in a moment. */
export class ActorUnavailable extends Error {}

/** The actor could not carry out the command: a fault of ours, which it has logged. */
export class ActorFailed extends Error {}

/** The actor's verbs as a caller has them. The platform's own type distributes over unions and no longer fits them. */
type Verb =
  | 'execute'
  | 'recall'
  | 'readEvent'
  | 'readManagedEvent'
  | 'readAvailability'
  | 'watch'
  | 'readReservation'
  | 'readWaitlist'
  | 'readChanges'
  | 'readStats'
  | 'rebuild';
type Actor = {
  [V in Verb]: (...args: Parameters<EventActor[V]>) => Promise<Awaited<ReturnType<EventActor[V]>>>;
};

/** What may be said of a command beside what it asks. */
export interface Options {
  /** The client's own name for its request, if it gave one. */
  readonly idempotency?: Command['idempotency'] | undefined;
  /** Where a new event's actor should live; only the first call of an object places it. */
  readonly near?: DurableObjectLocationHint | undefined;
}

const TRIES = 3;
const RETRY_BASE_MS = 50;

/** Calls of one isolate to one actor: while some are on their way, further commands gather for the next. */
const commands = new Coalescer<Command, Answer<Outcome | Failed>>({ batch: LIMITS.batchMax });

/**
 * Sends one command to its event's actor and waits for the answer; commands that other requests have for the same actor
 * may go along in the same call. When the connection is lost it tries again under the same command id, so that the
 * command has one effect.
 * @throws ActorUnavailable, ActorFailed
 */
export async function execute(
  env: Env,
  eventId: EventId,
  principal: Principal,
  action: Action,
  { idempotency, near }: Options = {},
): Promise<Answer> {
  const id = typeidUnboxed('cmd') as string as CommandId;
  const command: Command = { ...action, id, eventId, principal, ...(idempotency && { idempotency }) };
  const { outcome, ...projected } = await commands.ask(eventId, command, async (batch) => {
    const { outcomes, ...projected } = await call(env, eventId, (actor) => actor.execute(batch), near);
    return outcomes.map((outcome) => ({ outcome, ...projected }));
  });
  if (outcome.kind === 'failed') throw new ActorFailed(`${action.type} broke in the actor`);
  return { outcome, ...projected };
}

/**
 * What was answered under a client's Idempotency-Key, for when what it asked for can't be judged any more; null: nothing
 * that is remembered.
 */
export async function recall(
  env: Env,
  eventId: EventId,
  idempotency: NonNullable<Command['idempotency']>,
): Promise<Answer | null> {
  const outcome = await call(env, eventId, (actor) => actor.recall(idempotency));
  return outcome && { outcome, readModel: 'pending', bookmark: null };
}

/** The event with its seat counts, as the actor has it now. */
export function readEvent(env: Env, eventId: EventId, principal: Principal | null): Promise<Read<EventView>> {
  return call(env, eventId, (actor) => actor.readEvent(principal));
}

/** The same for who runs the event; others are refused. The actor knows an event before D1 does. */
export function readManagedEvent(env: Env, eventId: EventId, principal: Principal): Promise<Read<EventView>> {
  return call(env, eventId, (actor) => actor.readManagedEvent(principal));
}

/** The event's occupancy, as the actor has it now. */
export function readAvailability(env: Env, eventId: EventId, principal: Principal | null): Promise<Read<Availability>> {
  return call(env, eventId, (actor) => actor.readAvailability(principal));
}

/**
 * Subscribes the event's live hub at its actor.
 * @param first who wants to watch, to be judged; null: it is for those who watch already
 */
export function watch(
  env: Env,
  eventId: EventId,
  first: { readonly principal: Principal | null } | null,
): Promise<Read<Showing>> {
  return call(env, eventId, (actor) => actor.watch(first));
}

/** The reservation, as the actor has it now. */
export function readReservation(
  env: Env,
  reservationId: ReservationId,
  principal: Principal,
): Promise<Read<ReservationView>> {
  return call(env, eventIdOf(reservationId), (actor) => actor.readReservation(reservationId, principal));
}

/** Those who wait for seats, in order, from behind a place in the line; for who runs the event. */
export function readWaitlist(
  env: Env,
  eventId: EventId,
  principal: Principal,
  afterQueueSeq: number,
  limit: number,
): Promise<Read<readonly ReservationView[]>> {
  return call(env, eventId, (actor) => actor.readWaitlist(principal, afterQueueSeq, limit));
}

/** The event's facts after `afterSeq`, in order; for who runs the event. */
export function readChanges(
  env: Env,
  eventId: EventId,
  principal: Principal,
  afterSeq: number,
  limit: number,
): Promise<Read<readonly Fact[]>> {
  return call(env, eventId, (actor) => actor.readChanges(principal, afterSeq, limit));
}

/** The event's figures, as the actor has them now; for who runs the event. */
export function readStats(env: Env, eventId: EventId, principal: Principal): Promise<Read<Stats>> {
  return call(env, eventId, (actor) => actor.readStats(principal));
}

/** Makes D1's rows of the event what its actor says; null if there is no such event. */
export function rebuild(env: Env, eventId: EventId): Promise<Rebuilt> {
  return call(env, eventId, (actor) => actor.rebuild());
}

/** A stub breaks with its connection, so every try takes a new one. Overload is passed on, never retried. */
async function call<T>(
  env: Env,
  eventId: EventId,
  ask: (actor: Actor) => Promise<T>,
  locationHint?: DurableObjectLocationHint,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const id = env.EVENT_ACTOR.idFromName(eventId);
      const actor = env.EVENT_ACTOR.get(id, { ...(locationHint && { locationHint }) }) as unknown as Actor;
      return await ask(actor);
    } catch (error) {
      if (!isRetryable(error) || attempt === TRIES) throw unavailable(error);
      await scheduler.wait(RETRY_BASE_MS * 2 ** attempt * Math.random());
    }
  }
}

/** All that the platform says of some of its own failures, such as storage that can't be opened or flushed. */
const PLATFORM_FAILED = /^internal error; reference = /;

function isRetryable(error: unknown): boolean {
  const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean };
  return retryable === true && overloaded !== true;
}

/** What the platform says of an object out of reach, or broken, becomes our error; anything else is passed on as it is. */
function unavailable(error: unknown): unknown {
  const { retryable, overloaded, message } = error as Error & { retryable?: boolean; overloaded?: boolean };
  return retryable || overloaded || PLATFORM_FAILED.test(message)
    ? new ActorUnavailable('the actor is out of reach', { cause: error })
    : error;
}
