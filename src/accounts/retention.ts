import { inArray, lte } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import { refreshFamilies } from '../db/tables.ts';
import type { Instant } from '../domain/model.ts';

const BATCH = 1_000;
const BATCHES_PER_RUN = 10;

/** Forgets devices that were silent for so long that they have to log in again; the next run takes what is beyond. */
export async function removeExpiredDevices(db: DrizzleD1Database, now: Instant): Promise<void> {
  const expired = db
    .select({ id: refreshFamilies.id })
    .from(refreshFamilies)
    .where(lte(refreshFamilies.expiresAt, now))
    .limit(BATCH);
  for (let batch = 0; batch < BATCHES_PER_RUN; batch += 1) {
    const { meta } = await db.delete(refreshFamilies).where(inArray(refreshFamilies.id, expired)).run();
    if (meta.changes < BATCH) return;
  }
}
