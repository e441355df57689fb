import { eq } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import type { VenueId } from '../domain/model.ts';
import { type VenueRow, venues } from './tables.ts';

/** The venue with this id, deleted ones too, because past events go on showing theirs; null if there never was one. */
export async function findVenue(db: DrizzleD1Database, id: VenueId): Promise<VenueRow | null> {
  return (await db.select().from(venues).where(eq(venues.id, id)).get()) ?? null;
}
