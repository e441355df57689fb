import type { EventView, ReservationView } from '../domain/model.ts';
import type { Outcome } from '../domain/outcomes.ts';
import { rejectionProblem } from './rejection.ts';

/**
 * The event that a command on it answered with.
 * @throws Problem for a rejection
 */
export function eventOf(outcome: Outcome): EventView {
  if (outcome.kind === 'rejected') throw rejectionProblem(outcome.rejection);
  if (outcome.kind !== 'event') throw new Error(`expected an event, got ${outcome.kind}`);
  return outcome.view;
}

/**
 * The reservation that a command on it answered with.
 * @throws Problem for a rejection
 */
export function reservationOf(outcome: Outcome): ReservationView {
  if (outcome.kind === 'rejected') throw rejectionProblem(outcome.rejection);
  if (outcome.kind !== 'reservation') throw new Error(`expected a reservation, got ${outcome.kind}`);
  return outcome;
}
