import { typeidUnboxed } from 'typeid-js';
import { reservationIdOf } from '../domain/ids.ts';
import type { AttendeeId, EventId, ReservationId, UserId, VenueId } from '../domain/model.ts';

/** A fresh event id. */
export function newEventId(): EventId {
  return typeidUnboxed('evt') as string as EventId;
}

/** A fresh reservation id, holding its event's. */
export function newReservationId(eventId: EventId): ReservationId {
  return reservationIdOf(eventId, typeidUnboxed(''));
}

/** A fresh user id. */
export function newUserId(): UserId {
  return typeidUnboxed('usr') as string as UserId;
}

/** A fresh venue id. */
export function newVenueId(): VenueId {
  return typeidUnboxed('ven') as string as VenueId;
}

/** A fresh attendee id. */
export function newAttendeeId(): AttendeeId {
  return typeidUnboxed('att') as string as AttendeeId;
}

/** 128 random bits as 32 hexadecimal digits, for codes that nobody may guess. */
export function newSecretCode(): string {
  return crypto.randomUUID().replaceAll('-', '');
}
