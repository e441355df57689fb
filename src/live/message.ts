import type { Availability, EventId, Principal } from '../domain/model.ts';
import { toAvailabilityJson } from '../http/availability.ts';

/** Who wants to watch what, as the Worker tells the hub. */
export interface Watcher {
  readonly eventId: EventId;
  readonly principal: Principal | null;
  /** The last state that the client has; null: none. */
  readonly afterSeq: number | null;
}

/** Why a watcher's socket is closed: RFC 6455's codes, and one of ours. */
export const CLOSE = {
  normal: 1000,
  /** It sent what nobody asked for. */
  unsupported: 1003,
  /** A stream of events reads more slowly than the event changes. */
  slow: 1013,
  /** The event was deleted. */
  gone: 4404,
} as const;

/** What a watcher is sent: the event's occupancy, as `GET /events/{id}/availability` answers it. */
export function toMessage(availability: Availability): string {
  return JSON.stringify(toAvailabilityJson(availability));
}
