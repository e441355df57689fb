import { Coalescer } from '../calls/coalescer.ts';
import type { EventId } from '../domain/model.ts';
import { unboundDatabase } from '../http/database.ts';
import type { EventAtVenue } from './json.ts';
import { findEvents } from './queries.ts';

/** D1 binds at most as many to one statement. */
const PARAMETERS_MAX = 100;

/** What one look at D1 found of an event, and how fresh that was. */
export interface Found {
  readonly event: EventAtVenue | null;
  readonly bookmark: string | null;
}

/** Looks of one isolate at single events: while some are on their way, further ones gather for the next. */
const looks = new Coalescer<EventId, Found>({ gatherMs: 4, batch: PARAMETERS_MAX, patienceMs: 2_000 });

/** The event in the read model, for who asks for no particular freshness: requests that come together share one query. */
export function lookAtEvent(env: Env, id: EventId): Promise<Found> {
  return looks.ask('D1', id, async (ids) => {
    const { db, bookmark } = unboundDatabase(env);
    const found = new Map((await findEvents(db, ids)).map((event) => [event.view.event.id, event]));
    return ids.map((one) => ({ event: found.get(one) ?? null, bookmark: bookmark() }));
  });
}
