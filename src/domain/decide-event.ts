import { manages } from './access.ts';
import { accept, type CommandOf, isOutdated, type NewFact, reject } from './decision.ts';
import { checkDetails, checkVenue, differences } from './details.ts';
import { type EventRecord, type EventState, type Instant, LIMITS, type Reservation, type VenueId } from './model.ts';
import type { Decision } from './outcomes.ts';
import {
  closing,
  expiry,
  freeing,
  holderOf,
  isActive,
  isClosed,
  isLapsed,
  judgedAt,
  lapsedHolds,
  seatsOf,
  takenSeats,
} from './seats.ts';
import { refill } from './waitlist.ts';

/** Creates the event for an organizer. Its id is fresh, so it meets an empty state. */
export function createEvent(state: EventState, command: CommandOf<'create_event'>): Decision {
  if (state.event !== null) throw new Error(`event ${state.event.id} exists already`);
  if (command.principal === null || command.principal.role === 'customer')
    return reject({ code: 'organizer_required' });
  const { capacity } = command.details;
  const errors = [...checkDetails(command.details, null, command.at), ...checkVenue(capacity, command.venueCapacity)];
  if (errors.length > 0) return reject({ code: 'validation_failed', errors });
  const { eventId, status, details } = command;
  return accept(state, command, [{ type: 'event_created', reservationId: null, data: { eventId, status, details } }]);
}

/** Decides what its organizer or an admin asks of an event; everybody else is refused. */
export function decideEvent(
  state: EventState,
  event: EventRecord,
  command: CommandOf<'edit_event' | 'publish_event' | 'cancel_event' | 'delete_event'>,
): Decision {
  if (!manages(event, command.principal)) return reject({ code: 'not_organizer' });
  switch (command.type) {
    case 'edit_event':
      return editEvent(state, event, command);
    case 'publish_event':
      return publishEvent(state, event, command);
    case 'cancel_event':
      return cancelEvent(state, event, command);
    case 'delete_event':
      return deleteEvent(state, event, command);
  }
}

function editEvent(state: EventState, event: EventRecord, command: CommandOf<'edit_event'>): Decision {
  if (isOutdated(command, event) || hasMoved(event, command)) return reject({ code: 'version_mismatch' });
  const changes = differences(event, command.changes);
  if (Object.keys(changes).length === 0) return accept(state, command, []);
  if (event.status === 'cancelled') return reject({ code: 'event_cancelled' });
  const edited: EventRecord = { ...event, ...changes };
  const errors = [...checkDetails(edited, event, command.at), ...checkVenue(edited.capacity, command.venueCapacity)];
  if (errors.length > 0) return reject({ code: 'validation_failed', errors });

  const lapsed = lapsedHolds(state, command.at).slice(0, LIMITS.settlePerStep);
  const expired = freeing(lapsed, takenSeats(state.totals) - edited.capacity);
  const minimum = takenSeats(state.totals) - seatsOf(expired);
  if (edited.capacity < minimum) {
    return reject(isCutOff(lapsed) ? { code: 'busy' } : { code: 'capacity_below_reserved', minimum });
  }
  // More seats, a later close or the end of a party too large for the event: the line may move.
  return accept(state, command, [
    ...expired.map(expiry),
    { type: 'event_edited', reservationId: null, data: changes },
    ...refill(state, edited, command.at, expired),
  ]);
}

/** Whether the event has another venue than the one by which the command was judged. */
function hasMoved(event: EventRecord, { ifVenueId }: { readonly ifVenueId?: VenueId | null | undefined }): boolean {
  return ifVenueId !== undefined && ifVenueId !== event.venueId;
}

/** Whether more holds may have lapsed than one step looks at, so that what they'd free is not known. */
function isCutOff(lapsed: readonly Reservation[]): boolean {
  return lapsed.length === LIMITS.settlePerStep;
}

function publishEvent(state: EventState, event: EventRecord, command: CommandOf<'publish_event'>): Decision {
  if (event.status === 'published') return accept(state, command, []);
  if (event.status === 'cancelled') return reject({ code: 'event_cancelled' });
  if (hasMoved(event, command)) return reject({ code: 'version_mismatch' });
  if (event.startTime <= command.at) return reject({ code: 'event_started' });
  const errors = checkVenue(event.capacity, command.venueCapacity);
  if (errors.length > 0) return reject({ code: 'validation_failed', errors });
  return accept(state, command, [{ type: 'event_published', reservationId: null, data: {} }]);
}

/**
 * Cancels the event and, in the same transaction, the first step of its reservations; what a large event has beyond
 * that, `settle` cancels in further steps.
 */
function cancelEvent(state: EventState, event: EventRecord, command: CommandOf<'cancel_event'>): Decision {
  if (event.status === 'cancelled') return accept(state, command, []);
  return accept(state, command, [
    { type: 'event_cancelled', reservationId: null, data: {} },
    ...closings(state, command.at),
  ]);
}

function deleteEvent(state: EventState, event: EventRecord, command: CommandOf<'delete_event'>): Decision {
  if (isOutdated(command, event)) return reject({ code: 'version_mismatch' });
  const lapsed = lapsedHolds(state, judgedAt(event, command.at)).slice(0, LIMITS.settlePerStep);
  // On a cancelled event nothing consumes seats; what is left of its reservations goes in the next steps.
  const left = takenSeats(state.totals) - seatsOf(lapsed);
  if (event.status === 'cancelled' && left + state.totals.waitlisted > 0) return reject({ code: 'busy' });
  if (left > 0) return reject({ code: isCutOff(lapsed) ? 'busy' : 'event_has_reservations' });
  return accept(state, command, [
    { type: 'event_deleted', reservationId: null, data: {} },
    ...closings(state, command.at),
  ]);
}

/** One bounded step of what time alone makes due; no facts once nothing is. */
export function settle(state: EventState, event: EventRecord, command: CommandOf<'settle'>): Decision {
  if (isClosed(event)) return accept(state, command, closings(state, judgedAt(event, command.at)));
  const lapsed = lapsedHolds(state, command.at).slice(0, LIMITS.settlePerStep);
  return accept(state, command, [...lapsed.map(expiry), ...refill(state, event, command.at, lapsed)]);
}

/**
 * A step of ending a closed event's reservations: a hold that had lapsed expired, the rest are cancelled. In the
 * order of their holders, of whom each has one active reservation.
 */
function closings(state: EventState, at: Instant): NewFact[] {
  return [...state.reservations.values()]
    .filter(isActive)
    .sort((a, b) => (holderOf(a) < holderOf(b) ? -1 : 1))
    .slice(0, LIMITS.settlePerStep)
    .map((reservation) => (isLapsed(reservation, at) ? expiry(reservation) : closing(reservation)));
}
