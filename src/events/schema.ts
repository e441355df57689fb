import { z } from '@hono/zod-openapi';
import { EVENT_STATUSES, LIMITS } from '../domain/model.ts';
import { countryCode } from '../http/countries.ts';
import {
  EXAMPLE_IDS,
  EXAMPLE_TIMES,
  flag,
  instant,
  instantQuery,
  listOf,
  nullableInstant,
  pageQuery,
  tag,
  time,
  userId,
  venueId,
} from '../http/fields.ts';
import { line, prose } from '../http/text.ts';
import { currency, timeZone } from './standards.ts';

const price = z.strictObject({
  amount: z.int().min(0).max(LIMITS.priceAmountMax).openapi({ description: 'In minor units, for example cents.' }),
  currency,
});

const EXAMPLE = {
  title: 'Jazz in the park',
  start_time: '2035-06-01T18:00:00+02:00',
  end_time: '2035-06-01T21:00:00+02:00',
  time_zone: 'Europe/Berlin',
  capacity: 120,
  country_code: 'DE',
  price: { amount: 1500, currency: 'EUR' },
  tags: ['jazz', 'open air'],
};

/** What may be said about an event. */
const fields = {
  title: line(LIMITS.titleLengthMax),
  description: prose(LIMITS.descriptionLengthMax),
  start_time: instant,
  end_time: instant.openapi({ example: EXAMPLE.end_time }),
  time_zone: timeZone,
  capacity: z.int().min(1).max(LIMITS.capacityMax),
  venue_id: venueId.nullable().openapi({ type: ['string', 'null'], description: 'Any venue; null: none.' }),
  country_code: countryCode.nullable().openapi({
    type: ['string', 'null'],
    description: 'ISO 3166-1 alpha-2; for an event without a venue. One at a venue is in the country of the venue.',
  }),
  price: price.nullable(),
  tags: z
    .array(tag)
    .max(LIMITS.tagsMax)
    .transform((tags) => [...new Set(tags)])
    .openapi({ description: 'Compared without regard to case.', example: ['jazz', 'open air'] }),
  max_quantity: z
    .int()
    .min(1)
    .max(LIMITS.quantityMax)
    .openapi({ description: 'Most seats that one reservation may take.' }),
  requires_confirmation: z.boolean().openapi({ description: 'Whether reservations start as pending.' }),
  hold_minutes: z
    .int()
    .min(LIMITS.holdMinutesMin)
    .max(LIMITS.holdMinutesMax)
    .openapi({ description: 'How long a pending reservation keeps its seats.' }),
  reservations_open_at: nullableInstant.openapi({ description: 'Null: from publication on.' }),
  reservations_close_at: nullableInstant.openapi({ description: 'Null: at the start.' }),
  cancel_until: nullableInstant.openapi({ description: 'For holders. Null: until the start.' }),
};

/** Some of it: what a PATCH leaves out stays as it is. */
export const eventPatch = z
  .strictObject(fields)
  .partial()
  .openapi('EventPatch', { example: { capacity: 150 } });

/** All of it. The defaults are documented here and filled in by `toDetails`. */
const whole = {
  ...fields,
  description: fields.description.optional().openapi({ default: '' }),
  time_zone: fields.time_zone.optional().openapi({ default: 'UTC' }),
  venue_id: fields.venue_id.optional().openapi({ default: null }),
  country_code: fields.country_code.optional().openapi({ default: null }),
  price: fields.price.optional().openapi({ default: null }),
  tags: fields.tags.optional().openapi({ default: [] }),
  max_quantity: fields.max_quantity.optional().openapi({ default: LIMITS.maxQuantityDefault }),
  requires_confirmation: fields.requires_confirmation.optional().openapi({ default: false }),
  hold_minutes: fields.hold_minutes.optional().openapi({ default: LIMITS.holdMinutesDefault }),
  reservations_open_at: fields.reservations_open_at.optional().openapi({ default: null }),
  reservations_close_at: fields.reservations_close_at.optional().openapi({ default: null }),
  cancel_until: fields.cancel_until.optional().openapi({ default: null }),
};

/** A whole event: what a PUT leaves out gets its default. */
export const eventInput = z.strictObject(whole).openapi('EventInput', { example: EXAMPLE });

/** A new event. */
export const newEvent = z
  .strictObject({
    ...whole,
    status: z
      .enum(['draft', 'published'])
      .optional()
      .openapi({ default: 'draft', description: 'A draft is seen by its organizer and admins only.' }),
  })
  .openapi('NewEvent', {
    example: { ...EXAMPLE, status: 'published' },
  });

/** An event as answers show it. */
export const eventJson = z
  .object({
    id: z.string().openapi({ example: EXAMPLE_IDS.event }),
    organizer_id: z.string().openapi({ example: EXAMPLE_IDS.user }),
    title: z.string().openapi({ example: 'Jazz in the park' }),
    description: z.string().openapi({ example: '' }),
    start_time: time.openapi({ example: EXAMPLE_TIMES.start }),
    end_time: time.openapi({ example: EXAMPLE_TIMES.end }),
    time_zone: z.string().openapi({ example: 'Europe/Berlin' }),
    capacity: z.int().openapi({ example: 120 }),
    reserved_slots: z.int().openapi({ description: 'Seats pending and confirmed.', example: 20 }),
    available_slots: z.int().openapi({ example: 100 }),
    waitlisted: z.int().openapi({ description: 'Parties that wait for a seat.', example: 0 }),
    is_full: z.boolean(),
    is_past: z.boolean().openapi({ description: 'Whether it has ended.' }),
    is_ongoing: z.boolean().openapi({ description: 'Whether it has started and not ended.' }),
    status: z.enum(EVENT_STATUSES).openapi({ example: 'published' }),
    venue: z
      .object({ id: z.string(), name: z.string(), location: z.string(), country_code: z.string() })
      .nullable()
      .openapi({
        description: 'Null: no venue is named.',
        example: { id: EXAMPLE_IDS.venue, name: 'Tempodrom', location: 'Berlin', country_code: 'DE' },
      }),
    country_code: z.string().nullable().openapi({
      description: 'ISO 3166-1 alpha-2; that of the venue, if there is one.',
      example: 'DE',
    }),
    price: z
      .object({
        amount: z.int().openapi({ description: 'In minor units, for example cents.' }),
        currency: z.string().openapi({ description: 'ISO 4217.' }),
      })
      .nullable()
      .openapi({ example: { amount: 1500, currency: 'EUR' } }),
    tags: z.array(z.string()).openapi({ example: ['jazz', 'open air'] }),
    max_quantity: z.int().openapi({ description: 'Most seats that one reservation may take.', example: 10 }),
    requires_confirmation: z.boolean(),
    hold_minutes: z.int().openapi({ example: 15 }),
    reservations_open_at: time.nullable().openapi({ description: 'Null: from publication on.', example: null }),
    reservations_close_at: time.openapi({ example: EXAMPLE_TIMES.start }),
    cancel_until: time.openapi({ example: EXAMPLE_TIMES.start }),
    created_at: time.openapi({ example: EXAMPLE_TIMES.event }),
    updated_at: time.openapi({ example: EXAMPLE_TIMES.event }),
    version: z.int().openapi({ description: 'Counts edits of the event, not its reservations.', example: 1 }),
  })
  .openapi('Event');

/** A page of events. */
export const eventList = listOf(eventJson).openapi('EventList');

/** What a rebuild of the read model did. */
export const rebuiltJson = z
  .object({
    event_id: z.string().openapi({ example: EXAMPLE_IDS.event }),
    seq: z.int().openapi({ description: 'Number of the last fact that lists show now.', example: 17 }),
    reservations: z
      .int()
      .openapi({ description: 'Reservations written, those that have ended included.', example: 12 }),
  })
  .openapi('Rebuilt');

/** The orders that a list can be asked for; `-` is descending. */
export const SORTS = ['start_time', '-start_time', 'created_at', '-created_at'] as const;

/** Filters, order and page of the list of events. */
export const eventQuery = z.strictObject({
  q: line(200).optional().openapi({
    description:
      'Words that must all occur in title, tags or description, in whatever English ending (`run` finds running); `jav*` for a beginning, of up to five words.',
    example: 'jazz',
  }),
  when: z
    .enum(['upcoming', 'ongoing', 'past'])
    .optional()
    .openapi({ description: 'Upcoming: not started yet; ongoing: started and not ended; past: ended.' }),
  available: flag
    .optional()
    .openapi({ description: 'True: only events with seats left that take reservations, or will.' }),
  status: z
    .enum(EVENT_STATUSES)
    .optional()
    .openapi({ description: 'Published unless given, or of any status if mine.' }),
  mine: flag.optional().openapi({ description: 'True: only the events of the caller, drafts included.' }),
  organizer_id: userId.optional().openapi({ description: 'Only events of this organizer.', example: EXAMPLE_IDS.user }),
  venue_id: venueId.optional().openapi({ description: 'Only events at this venue.' }),
  country: countryCode.optional(),
  tag: tag.optional().openapi({ description: 'Only events with this tag, in any case.', example: 'jazz' }),
  starts_after: instantQuery.optional().openapi({ description: 'Only events that start later.' }),
  starts_before: instantQuery
    .optional()
    .openapi({ description: 'Only events that start earlier.', example: '2035-07-01T00:00:00Z' }),
  sort: z.enum(SORTS).optional().openapi({
    description: 'By default `start_time`; with `q`, where the words occur: title, then tags, then description.',
  }),
  ...pageQuery,
});

export type EventPatch = z.output<typeof eventPatch>;
export type EventInput = z.output<typeof eventInput>;
export type EventQuery = z.output<typeof eventQuery>;
export type EventJson = z.output<typeof eventJson>;
