import type { Decision, EventState, Fact, Rejection, TimedCommand } from './model.ts';

type Unnumbered<F> = F extends Fact ? Omit<F, 'seq' | 'at' | 'actorId'> : never;
/** A fact before it has its number, its instant and its author. */
export type NewFact = Unnumbered<Fact>;

/** Accepts, numbering the facts on from the state's last. */
export function accept(state: EventState, command: TimedCommand, news: readonly NewFact[]): Decision {
  const actorId = command.principal?.userId ?? null;
  const facts = news.map((fact, index) => ({ ...fact, seq: state.seq + 1 + index, at: command.at, actorId }) as Fact);
  return { accepted: true, facts };
}

/** A refusal: nothing happens. */
export function reject(rejection: Rejection): Decision {
  return { accepted: false, rejection };
}
