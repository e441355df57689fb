import { z } from 'zod';
import type { Session } from './account.ts';
import type { Place } from './conference.ts';
import { attempt, everyItem, type Outcome } from './organizer.ts';

const venueSchema = z.object({ id: z.string(), location: z.string(), country_code: z.string(), capacity: z.int() });

/** As much of a venue as an event there needs. */
export type Venue = z.infer<typeof venueSchema>;

/** The organizer's venues, one a place. */
export interface VenueBook {
  /** The venue at the place, for at least so many seats: the one that is there, widened if need be, else a new one. */
  at(place: Place, seats: number): Promise<Outcome<Venue>>;
}

/**
 * The organizer's venues as the server lists them now, and those that are made from now on. It asks for each place
 * once: after an outcome that is in doubt, open another book.
 * @param onMade told of each venue that was made
 */
export async function openVenueBook(session: Session, onMade: () => void): Promise<VenueBook> {
  const known = await everyItem(session, '/api/venues', venueSchema);
  const listed = new Map(known.map((venue) => [placeKey(venue), venue]));
  const asked = new Map<string, Promise<Outcome<Venue>>>();

  async function ensure(place: Place, seats: number): Promise<Outcome<Venue>> {
    const venue = listed.get(placeKey(place));
    if (venue === undefined) {
      const outcome = await attempt(session, 'POST', '/api/venues', { ...place, capacity: seats }, venueSchema);
      if (outcome.kind === 'done') onMade();
      return outcome;
    }
    if (venue.capacity >= seats) return { kind: 'done', made: venue };
    return attempt(session, 'PATCH', `/api/venues/${venue.id}`, { capacity: seats }, venueSchema);
  }

  return {
    at(place, seats) {
      const key = placeKey(place);
      const before = asked.get(key);
      if (before !== undefined) return before;
      const outcome = ensure(place, seats);
      asked.set(key, outcome);
      return outcome;
    },
  };
}

function placeKey({ location, country_code }: Pick<Place, 'location' | 'country_code'>): string {
  return `${country_code} ${location}`;
}
