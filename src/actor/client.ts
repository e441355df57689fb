import type {
  Action,
  Availability,
  EventId,
  EventView,
  Outcome,
  Principal,
  Rejection,
  Reservation,
  ReservationId,
} from '../domain/model.ts';

/** Whether D1 already shows what a command did. */
export type ReadModel = 'current' | 'pending';

/** What a route gets for a command. */
export interface Answer {
  readonly outcome: Outcome;
  readonly readModel: ReadModel;
  /** D1 bookmark of the projection, or null if none is known. */
  readonly bookmark: string | null;
}

/** What a strong read gives: the value, or why the caller may not see it. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly rejection: Rejection };

/**
 * Sends one command to its event's actor and waits for the answer; retries under the same command id when the
 * connection was lost.
 * @throws ActorUnavailable when the actor is overloaded or stays out of reach
 */
export declare function execute(env: Env, eventId: EventId, principal: Principal, action: Action): Promise<Answer>;
/** The event with its seat counts, as the actor has it now. */
export declare function readEvent(env: Env, eventId: EventId, principal: Principal | null): Promise<Read<EventView>>;
/** The event's occupancy, as the actor has it now. */
export declare function readAvailability(
  env: Env,
  eventId: EventId,
  principal: Principal | null,
): Promise<Read<Availability>>;
/** The reservation, as the actor has it now. */
export declare function readReservation(
  env: Env,
  reservationId: ReservationId,
  principal: Principal,
): Promise<Read<Reservation>>;
