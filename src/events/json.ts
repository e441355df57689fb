import type { VenueRow } from '../db/tables.ts';
import { type EventView, type Instant, MINUTE_MS } from '../domain/model.ts';
import { availabilityOf, cancellableUntil, closesAt } from '../domain/seats.ts';
import { toTime } from '../http/fields.ts';
import type { EventJson } from './schema.ts';

/** What an event shows of its venue. */
export type EventVenue = Pick<VenueRow, 'id' | 'name' | 'location' | 'countryCode' | 'version'>;

/** An event with the venue that it names, if that is shown. */
export interface EventAtVenue {
  readonly view: EventView;
  readonly venue: EventVenue | null;
}

/**
 * The event with the venue that it names. Events that were published go on showing one that is deleted; a draft has to
 * find another.
 */
export function atVenue(view: EventView, venue: (EventVenue & Pick<VenueRow, 'deletedAt'>) | null): EventAtVenue {
  const isLost = view.event.status === 'draft' && venue !== null && venue.deletedAt !== null;
  return { view, venue: isLost ? null : venue };
}

type Phase = 'upcoming' | 'ongoing' | 'past';

function phaseOf({ event }: EventView, now: Instant): Phase {
  if (event.endTime <= now) return 'past';
  return event.startTime <= now ? 'ongoing' : 'upcoming';
}

/** When the clock changes what answers show of an event, epoch ms; infinity: never again. */
export function nextPhaseAt({ view }: EventAtVenue, now: Instant): Instant {
  const { startTime, endTime } = view.event;
  return [startTime, endTime].find((at) => at > now) ?? Number.POSITIVE_INFINITY;
}

/**
 * The entity tag of an event: its version, which `If-Match` compares, so that a rush of reservations doesn't fail an
 * edit; then its last fact, its phase and its venue's version, which complete what the answer depends on.
 */
export function eventTag({ view, venue }: EventAtVenue, now: Instant): string {
  const tag = `${view.event.version}-${view.seq}-${phaseOf(view, now)}`;
  return venue === null ? `"${tag}"` : `"${tag}-${venue.version}"`;
}

/** An event as answers show it. */
export function toEventJson({ view, venue }: EventAtVenue, now: Instant): EventJson {
  const { event } = view;
  const { reservedSlots, availableSlots, waitlisted } = availabilityOf(view, 0);
  const phase = phaseOf(view, now);
  return {
    id: event.id,
    organizer_id: event.organizerId,
    title: event.title,
    description: event.description,
    start_time: toTime(event.startTime),
    end_time: toTime(event.endTime),
    time_zone: event.timeZone,
    capacity: event.capacity,
    reserved_slots: reservedSlots,
    available_slots: availableSlots,
    waitlisted,
    is_full: availableSlots <= 0,
    is_past: phase === 'past',
    is_ongoing: phase === 'ongoing',
    status: event.status,
    venue: venue && { id: venue.id, name: venue.name, location: venue.location, country_code: venue.countryCode },
    country_code: venue?.countryCode ?? event.countryCode,
    price: event.price,
    tags: [...event.tags],
    max_quantity: event.maxQuantity,
    requires_confirmation: event.requiresConfirmation,
    hold_minutes: event.holdMs / MINUTE_MS,
    reservations_open_at: toTime(event.reservationsOpenAt),
    reservations_close_at: toTime(closesAt(event)),
    cancel_until: toTime(cancellableUntil(event)),
    created_at: toTime(event.createdAt),
    updated_at: toTime(event.updatedAt),
    version: event.version,
  };
}
