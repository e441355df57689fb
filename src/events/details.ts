import { type EventDetails, LIMITS, MINUTE_MS } from '../domain/model.ts';
import type { Place } from './place.ts';
import type { EventInput, EventPatch } from './schema.ts';

/** What an event has that says nothing else. */
const DEFAULTS = {
  description: '',
  timeZone: 'UTC',
  venueId: null,
  countryCode: null,
  price: null,
  tags: [],
  maxQuantity: LIMITS.maxQuantityDefault,
  requiresConfirmation: false,
  holdMs: LIMITS.holdMinutesDefault * MINUTE_MS,
  reservationsOpenAt: null,
  reservationsCloseAt: null,
  cancelUntil: null,
} satisfies Partial<EventDetails>;

/** The details that a patch names, in the domain's words. */
export function toChanges(patch: EventPatch, place: Place): Partial<EventDetails> {
  return {
    ...place.changes,
    ...(patch.title !== undefined && { title: patch.title }),
    ...(patch.description !== undefined && { description: patch.description }),
    ...(patch.start_time !== undefined && { startTime: patch.start_time }),
    ...(patch.end_time !== undefined && { endTime: patch.end_time }),
    ...(patch.time_zone !== undefined && { timeZone: patch.time_zone }),
    ...(patch.capacity !== undefined && { capacity: patch.capacity }),
    ...(patch.price !== undefined && { price: patch.price }),
    ...(patch.tags !== undefined && { tags: patch.tags }),
    ...(patch.max_quantity !== undefined && { maxQuantity: patch.max_quantity }),
    ...(patch.requires_confirmation !== undefined && { requiresConfirmation: patch.requires_confirmation }),
    ...(patch.hold_minutes !== undefined && { holdMs: patch.hold_minutes * MINUTE_MS }),
    ...(patch.reservations_open_at !== undefined && { reservationsOpenAt: patch.reservations_open_at }),
    ...(patch.reservations_close_at !== undefined && { reservationsCloseAt: patch.reservations_close_at }),
    ...(patch.cancel_until !== undefined && { cancelUntil: patch.cancel_until }),
  };
}

/** A whole event's details, with defaults for what the input leaves out. */
export function toDetails(input: EventInput, place: Place): EventDetails {
  const { title, start_time: startTime, end_time: endTime, capacity } = input;
  return { ...DEFAULTS, ...toChanges(input, place), title, startTime, endTime, capacity };
}
