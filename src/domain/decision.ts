import type { TimedCommand } from './commands.ts';
import type { Fact } from './facts.ts';
import type { EventRecord, EventState, Principal, Reservation } from './model.ts';
import type { Decision, Rejection } from './outcomes.ts';

/** The commands of one type, or of several. */
export type CommandOf<T extends TimedCommand['type']> = Extract<TimedCommand, { type: T }>;

/** One reservation in its event, and who asks: what the rules about a reservation need. */
export interface Case {
  readonly state: EventState;
  readonly event: EventRecord;
  readonly reservation: Reservation;
  readonly principal: Principal;
}

type Unnumbered<F> = F extends Fact ? Omit<F, 'seq' | 'at' | 'actorId'> : never;
/** A fact before it has its number, its instant and its author. */
export type NewFact = Unnumbered<Fact>;

/** Accepts, numbering the facts on from the state's last. */
export function accept(state: EventState, command: TimedCommand, news: readonly NewFact[]): Decision {
  const actorId = command.principal?.userId ?? null;
  const facts = news.map((fact, index) => ({ ...fact, seq: state.seq + 1 + index, at: command.at, actorId }) as Fact);
  return { accepted: true, facts };
}

/** Whether a command is meant for another version than there is now; null: any will do. */
export function isOutdated(
  { ifVersion }: { readonly ifVersion: number | null },
  now: { readonly version: number },
): boolean {
  return ifVersion !== null && ifVersion !== now.version;
}

/** A refusal: nothing happens. */
export function reject(rejection: Rejection): Decision {
  return { accepted: false, rejection };
}

/** Why nothing can be done with a reservation any more that the event or itself has ended; null while it lasts. */
export function refusesEnded({ event, reservation }: Pick<Case, 'event' | 'reservation'>): Rejection | null {
  if (event.status === 'cancelled') return { code: 'event_cancelled' };
  if (reservation.status === 'cancelled') return { code: 'reservation_cancelled' };
  return reservation.status === 'expired' ? { code: 'hold_expired' } : null;
}
