import { asc, inArray, lt } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import { firstIdAt } from '../db/history.ts';
import { history } from '../db/tables.ts';
import type { Instant } from '../domain/model.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const BATCH = 1_000;
const BATCHES_PER_RUN = 10;

/**
 * Removes lines that are older than so many days, the oldest first; the next run takes what is beyond.
 * @param days as configured
 * @throws Error for anything but a whole number from 1; then nothing is removed
 */
export async function removeOldHistory(db: DrizzleD1Database, days: string, now: Instant): Promise<void> {
  if (!/^[1-9]\d{0,5}$/.test(days)) throw new Error(`HISTORY_DAYS must be a whole number from 1, not "${days}"`);
  const old = db
    .select({ id: history.id })
    .from(history)
    .where(lt(history.id, firstIdAt(now - Number(days) * DAY_MS)))
    .orderBy(asc(history.id))
    .limit(BATCH);
  for (let batch = 0; batch < BATCHES_PER_RUN; batch += 1) {
    const { meta } = await db.delete(history).where(inArray(history.id, old)).run();
    if (meta.changes < BATCH) return;
  }
}
