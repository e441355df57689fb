import type { AttendeeId, EventId, ReservationId, UserId, VenueId } from './model.ts';

/** A TypeID's suffix: a UUIDv7 in 26 characters of Crockford base32 (TypeID specification 0.3). */
const SUFFIX = '[0-7][0-9a-hjkmnp-tv-z]{25}';
const SUFFIX_LENGTH = 26;

/** What an id of each kind looks like, whole. */
export const ID_PATTERNS = {
  evt: new RegExp(`^evt_${SUFFIX}$`),
  rsv: new RegExp(`^rsv_${SUFFIX}${SUFFIX}$`),
  usr: new RegExp(`^usr_${SUFFIX}$`),
  ven: new RegExp(`^ven_${SUFFIX}$`),
  att: new RegExp(`^att_${SUFFIX}$`),
} as const;

/** The text as an event id, or null if it isn't formed like one. */
export function parseEventId(text: string): EventId | null {
  return ID_PATTERNS.evt.test(text) ? (text as EventId) : null;
}

/** The text as a reservation id, or null if it isn't formed like one. */
export function parseReservationId(text: string): ReservationId | null {
  return ID_PATTERNS.rsv.test(text) ? (text as ReservationId) : null;
}

/** The text as a user id, or null if it isn't formed like one. */
export function parseUserId(text: string): UserId | null {
  return ID_PATTERNS.usr.test(text) ? (text as UserId) : null;
}

/** The text as an attendee id, or null if it isn't formed like one. */
export function parseAttendeeId(text: string): AttendeeId | null {
  return ID_PATTERNS.att.test(text) ? (text as AttendeeId) : null;
}

/** The text as a venue id, or null if it isn't formed like one. */
export function parseVenueId(text: string): VenueId | null {
  return ID_PATTERNS.ven.test(text) ? (text as VenueId) : null;
}

/**
 * The id of a reservation of `eventId`: `rsv_`, the event's suffix, then its own; so a command finds its actor with
 * no lookup. `suffix` is a fresh TypeID suffix.
 */
export function reservationIdOf(eventId: EventId, suffix: string): ReservationId {
  return `rsv_${eventId.slice(-SUFFIX_LENGTH)}${suffix}` as ReservationId;
}

/** The event that a reservation belongs to, read from its id. */
export function eventIdOf(reservationId: ReservationId): EventId {
  return `evt_${reservationId.slice(4, 4 + SUFFIX_LENGTH)}` as EventId;
}
