import { Coalescer } from '../calls/coalescer.ts';
import type { EventId } from '../domain/model.ts';
import { unboundDatabase } from '../http/database.ts';
import type { MarksOf } from '../http/kept-answers.ts';
import { findEvents, findMarks, type MarkedEvent } from './queries.ts';

/** D1 binds at most as many to one statement. */
const PARAMETERS_MAX = 100;

/** What one look at D1 found of an event, and how fresh that was. */
export interface Found {
  readonly known: MarkedEvent | null;
  readonly bookmark: string | null;
}

/** Looks of one isolate at single events: while some are on their way, further ones gather for the next. */
const looks = new Coalescer<EventId, Found>({ batch: PARAMETERS_MAX });

/** The event in the read model, for who asks for no particular freshness: requests that come together share one query. */
export function lookAtEvent(env: Env, id: EventId): Promise<Found> {
  return looks.ask('D1', id, async (ids) => {
    const { db, bookmark } = unboundDatabase(env);
    const found = new Map((await findEvents(db, ids)).map((one) => [one.event.view.event.id, one]));
    return ids.map((one) => ({ known: found.get(one) ?? null, bookmark: bookmark() }));
  });
}

/** The marks of events in the read model. */
export const marksOfEvents: MarksOf = async (env, ids) => {
  const { db } = unboundDatabase(env);
  const found = await findMarks(db, ids);
  return new Map(found.map(({ id, mark }) => [id, mark]));
};
