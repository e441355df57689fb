import { z } from '@hono/zod-openapi';
import type { NewVenue } from '../db/tables.ts';
import { LIMITS } from '../domain/model.ts';
import { countryCode } from '../http/countries.ts';
import { EXAMPLE_IDS, EXAMPLE_TIMES, flag, listOf, pageQuery, searchQuery, time, toTime } from '../http/fields.ts';
import { line } from '../http/text.ts';

const NAME_LENGTH_MAX = 200;
const LOCATION_LENGTH_MAX = 300;
const FACILITY_LENGTH_MAX = 60;
const FACILITIES_MAX = 30;

const fields = {
  name: line(NAME_LENGTH_MAX).openapi({ example: 'Tempodrom' }),
  location: line(LOCATION_LENGTH_MAX).openapi({ description: 'Address or city.', example: 'Berlin' }),
  capacity: z.int().min(1).max(LIMITS.capacityMax).openapi({
    description: 'No event there may have more seats.',
    example: 3500,
  }),
  country_code: countryCode,
};
const facilities = z
  .array(line(FACILITY_LENGTH_MAX))
  .max(FACILITIES_MAX)
  .transform((all) => [...new Set(all)])
  .openapi({ example: ['step-free access', 'cloakroom'] });

/** A whole venue. The default is documented here and filled in by the route, which must tell it from what is sent. */
export const venueInput = z
  .strictObject({ ...fields, facilities: facilities.optional().openapi({ default: [] }) })
  .openapi('VenueInput');

/** Some of it: what a PATCH leaves out stays as it is. */
export const venuePatch = z
  .strictObject({ ...fields, facilities })
  .partial()
  .openapi('VenuePatch', { example: { capacity: 4000 } });

/** A venue as answers show it. */
export const venueJson = z
  .object({
    id: z.string().openapi({ example: EXAMPLE_IDS.venue }),
    owner_id: z.string().openapi({ description: 'Who may change it.', example: EXAMPLE_IDS.user }),
    name: z.string().openapi({ example: 'Tempodrom' }),
    location: z.string().openapi({ example: 'Berlin' }),
    capacity: z.int().openapi({ example: 3500 }),
    facilities: z.array(z.string()).openapi({ example: ['step-free access', 'cloakroom'] }),
    country_code: z.string().openapi({ description: 'ISO 3166-1 alpha-2.', example: 'DE' }),
    created_at: time.openapi({ example: EXAMPLE_TIMES.venue }),
    updated_at: time.openapi({ example: EXAMPLE_TIMES.venue }),
    version: z.int().openapi({ description: 'Counts its changes.', example: 1 }),
  })
  .openapi('Venue');

/** A page of venues. */
export const venueList = listOf(venueJson).openapi('VenueList');

/** What a list of venues can be ordered by. */
const SORTS = ['name', '-name', 'capacity', '-capacity', 'created_at', '-created_at'] as const;

/** Filters, order and page of the list of venues. */
export const venueQuery = z.strictObject({
  q: searchQuery.openapi({
    description: 'Beginnings of words that must all occur in name or location.',
    example: 'berl',
  }),
  country: countryCode.optional(),
  mine: flag.optional().openapi({ description: 'True: only the venues of the caller.' }),
  sort: z.enum(SORTS).optional().openapi({ default: 'name', description: 'The order; `-` is descending.' }),
  ...pageQuery,
});

export type VenueInput = z.output<typeof venueInput>;
/** An input with nothing left out. */
export type WholeVenue = Required<VenueInput> & { readonly facilities: string[] };
export type VenuePatch = z.output<typeof venuePatch>;
export type VenueQuery = z.output<typeof venueQuery>;

/** A venue as answers show it. */
export function toVenueJson(venue: NewVenue): z.output<typeof venueJson> {
  return {
    id: venue.id,
    owner_id: venue.ownerId,
    name: venue.name,
    location: venue.location,
    capacity: venue.capacity,
    facilities: [...venue.facilities],
    country_code: venue.countryCode,
    created_at: toTime(venue.createdAt),
    updated_at: toTime(venue.updatedAt),
    version: venue.version,
  };
}
