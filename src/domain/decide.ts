import { maySeeEvent } from './access.ts';
import type { TimedCommand } from './commands.ts';
import { createEvent, decideEvent, settle } from './decide-event.ts';
import { decideReservation } from './decide-reservation.ts';
import { reserve } from './decide-reserve.ts';
import { accept, reject } from './decision.ts';
import type { EventState } from './model.ts';
import type { Decision } from './outcomes.ts';

/**
 * Decides one command on one event: the facts that it adds, or why it is refused. Pure and total: it reads no clock,
 * changes nothing, and throws only on states that can't be.
 */
export function decide(state: EventState, command: TimedCommand): Decision {
  const { event } = state;
  if (event !== null && event.id !== command.eventId) {
    throw new Error(`a command for ${command.eventId} has come to ${event.id}`);
  }
  switch (command.type) {
    case 'create_event':
      return createEvent(state, command);
    case 'settle':
      return event === null ? accept(state, command, []) : settle(state, event, command);
    case 'edit_event':
    case 'publish_event':
    case 'cancel_event':
    case 'delete_event':
      if (event === null || !maySeeEvent(event, command.principal)) return reject({ code: 'event_not_found' });
      return decideEvent(state, event, command);
    case 'reserve':
      if (event === null || !maySeeEvent(event, command.principal)) return reject({ code: 'event_not_found' });
      return reserve(state, event, command);
    default:
      // A deleted event's reservations stay their holders' to see and to remove.
      if (event !== null) return decideReservation(state, event, command);
      return reject({ code: isScan(command) ? 'event_not_found' : 'reservation_not_found' });
  }
}

/** Whether a ticket is shown at an event's door, rather than a reservation named. */
function isScan(command: TimedCommand): boolean {
  return command.type === 'check_in' && command.ticketCode !== null;
}
