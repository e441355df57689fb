import { readEvent } from '../actor/client.ts';
import type { VenueRow } from '../db/tables.ts';
import { findVenue } from '../db/venues.ts';
import type { EventDetails, EventId, EventRecord, Principal, VenueId } from '../domain/model.ts';
import { primary } from '../http/database.ts';
import { validationProblem } from '../http/problem.ts';
import { rejectionProblem } from '../http/rejection.ts';
import type { EventPatch } from './schema.ts';

/** Where a whole event is to take place. */
interface WholePlace extends Place {
  /** Of the venue, else the event's own; null: not said. */
  readonly country: string | null;
}

/** Where an event is to take place, as far as its input says so. */
export interface Place {
  /** An event at a venue has no country of its own: it has the venue's, even when that is put right later. */
  readonly changes: Pick<Partial<EventDetails>, 'venueId' | 'countryCode'>;
  /** What the event's capacity may not exceed; undefined: nothing. */
  readonly venueCapacity: number | undefined;
  /** The venue of the event by which this was judged; undefined: it was not. */
  readonly ifVenueId?: VenueId | null | undefined;
}

/**
 * The place of a draft that is to be published: its venue may have shrunk or gone since the draft named it.
 * @throws Problem `validation_failed` for a venue that is gone; `event_not_found`
 */
export async function publishedPlaceOf(env: Env, id: EventId, principal: Principal): Promise<Omit<Place, 'changes'>> {
  const { status, venueId } = await existingEvent(env, id, principal);
  if (status !== 'draft') return { venueCapacity: undefined };
  return { venueCapacity: venueId === null ? undefined : (await existing(env, venueId)).capacity, ifVenueId: venueId };
}

type PlaceInput = Pick<EventPatch, 'venue_id' | 'country_code'>;

/** The place of a whole event as its input has it, not judged. */
export function placeAsked({ venue_id: venueId = null, country_code: countryCode = null }: PlaceInput): Place {
  return { changes: { venueId, countryCode }, venueCapacity: undefined };
}

/**
 * The place of a whole event. Any organizer may use any venue: they are reference data that all share.
 * @throws Problem `validation_failed` for a venue that does not exist, or a country that isn't the venue's
 */
export async function placeOf(env: Env, input: PlaceInput): Promise<WholePlace> {
  if (input.venue_id === undefined || input.venue_id === null) {
    const country = input.country_code ?? null;
    return { changes: { venueId: null, countryCode: country }, venueCapacity: undefined, country };
  }
  const venue = await existing(env, input.venue_id);
  checkCountry(venue, input.country_code);
  const { capacity: venueCapacity, countryCode: country } = venue;
  return { changes: { venueId: venue.id, countryCode: null }, venueCapacity, country };
}

/**
 * The place that a patch gives an event. The venue that the event has is looked up only where it matters: for another
 * capacity or another country, and for an event that had ended and is to come again, whose venue owed it nothing since. A
 * draft whose venue is gone has none.
 * @throws Problem `validation_failed` as `placeOf`; `event_not_found`
 */
export async function patchedPlaceOf(env: Env, id: EventId, principal: Principal, patch: EventPatch): Promise<Place> {
  const { country_code } = patch;
  if (patch.venue_id === null) {
    const changes = { venueId: null, ...(country_code !== undefined && { countryCode: country_code }) };
    return { changes, venueCapacity: undefined };
  }
  if (patch.venue_id !== undefined) return placeOf(env, patch);
  const now = Date.now();
  const isPlaced = patch.capacity !== undefined || country_code !== undefined;
  const mayReturn = patch.end_time !== undefined && patch.end_time > now;
  if (!isPlaced && !mayReturn) return { changes: {}, venueCapacity: undefined };
  const { status, venueId, endTime } = await existingEvent(env, id, principal);
  const returns = mayReturn && status === 'published' && endTime <= now;
  if (!isPlaced && !returns) return { changes: {}, venueCapacity: undefined };
  const venue = venueId === null ? null : await (returns ? existing(env, venueId) : findVenue(primary(env), venueId));
  if (venue === null || (status === 'draft' && venue.deletedAt !== null)) {
    const changes = country_code === undefined ? {} : { venueId: null, countryCode: country_code };
    return { changes, venueCapacity: undefined, ifVenueId: venueId };
  }
  checkCountry(venue, country_code);
  return { changes: {}, venueCapacity: venue.deletedAt === null ? venue.capacity : undefined, ifVenueId: venueId };
}

async function existingEvent(env: Env, id: EventId, principal: Principal): Promise<EventRecord> {
  const read = await readEvent(env, id, principal);
  if (!read.ok) throw rejectionProblem(read.rejection);
  return read.value.event;
}

async function existing(env: Env, id: VenueId): Promise<VenueRow> {
  const venue = await findVenue(primary(env), id);
  if (venue !== null && venue.deletedAt === null) return venue;
  throw validationProblem([{ pointer: '/venue_id', code: 'venue_not_found', detail: 'There is no such venue.' }]);
}

/** The venue's country may be repeated, so that what a GET answered can be sent back. */
function checkCountry(venue: VenueRow, country: string | null | undefined): void {
  if (country === undefined || country === null || country === venue.countryCode) return;
  const detail = `The venue is in ${venue.countryCode}; leave the country out.`;
  throw validationProblem([{ pointer: '/country_code', code: 'not_venue_country', detail }]);
}
