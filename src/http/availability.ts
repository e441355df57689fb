import { z } from '@hono/zod-openapi';
import { type Availability, EVENT_STATUSES } from '../domain/model.ts';
import { EXAMPLE_IDS } from './fields.ts';

/** What may become of an event. */

/** An event's occupancy, as one may ask for it and as watchers are sent it. */
export const availabilityJson = z
  .object({
    event_id: z.string().openapi({ example: EXAMPLE_IDS.event }),
    seq: z.int().openapi({ description: 'Number of the last fact that it reflects.', example: 17 }),
    status: z.enum(EVENT_STATUSES).openapi({ example: 'published' }),
    capacity: z.int().openapi({ example: 120 }),
    reserved_slots: z.int().openapi({ example: 20 }),
    available_slots: z.int().openapi({ example: 100 }),
    waitlisted: z.int().openapi({ example: 0 }),
  })
  .openapi('Availability');

/** An event's occupancy as answers and messages show it. */
export function toAvailabilityJson(availability: Availability): z.output<typeof availabilityJson> {
  return {
    event_id: availability.eventId,
    seq: availability.seq,
    status: availability.status,
    capacity: availability.capacity,
    reserved_slots: availability.reservedSlots,
    available_slots: availability.availableSlots,
    waitlisted: availability.waitlisted,
  };
}
