import { reservationIdOf } from '../domain/ids.ts';
import type { EventView } from '../domain/model.ts';
import { factLines, type Happened } from './fact-lines.ts';
import { type Columns, insertRows, jsonParts, replaceBy, rowOf, WITH_ROWS } from './json-rows.ts';
import { RESERVATION_NAMES, type ReservationRow } from './reservation-columns.ts';

const EVENT_COLUMNS = {
  id: ({ event }) => event.id,
  seq: ({ seq }) => seq,
  organizer_id: ({ event }) => event.organizerId,
  title: ({ event }) => event.title,
  description: ({ event }) => event.description,
  start_time: ({ event }) => event.startTime,
  end_time: ({ event }) => event.endTime,
  time_zone: ({ event }) => event.timeZone,
  capacity: ({ event }) => event.capacity,
  held: ({ totals }) => totals.held,
  confirmed: ({ totals }) => totals.confirmed,
  waitlisted: ({ totals }) => totals.waitlisted,
  status: ({ event }) => event.status,
  venue_id: ({ event }) => event.venueId,
  country_code: ({ event }) => event.countryCode,
  price_amount: ({ event }) => event.price?.amount ?? null,
  price_currency: ({ event }) => event.price?.currency ?? null,
  tags: ({ event }) => JSON.stringify(event.tags),
  max_quantity: ({ event }) => event.maxQuantity,
  requires_confirmation: ({ event }) => Number(event.requiresConfirmation),
  hold_ms: ({ event }) => event.holdMs,
  reservations_open_at: ({ event }) => event.reservationsOpenAt,
  reservations_close_at: ({ event }) => event.reservationsCloseAt,
  cancel_until: ({ event }) => event.cancelUntil,
  published_at: ({ event }) => event.publishedAt,
  deleted_at: ({ event }) => event.deletedAt,
  created_at: ({ event }) => event.createdAt,
  updated_at: ({ event }) => event.updatedAt,
  version: ({ event }) => event.version,
} as const satisfies Columns<EventView>;

/** An older row never overwrites a newer one. */
function upsert(table: string, names: readonly string[]): string {
  return insertRows(table, names, `${replaceBy(names)} WHERE excluded.seq >= ${table}.seq`);
}

const UPSERT_EVENTS = upsert('events', Object.keys(EVENT_COLUMNS));
const UPSERT_RESERVATIONS = upsert('reservations', [...RESERVATION_NAMES, 'event_id']);
const eventRow = rowOf(EVENT_COLUMNS);

/** Counts change with every reservation; a statement that sets no other column leaves the indexes of events alone. */
const UPDATE_COUNTS = `
  ${WITH_ROWS}
  UPDATE events SET seq = v ->> 1, held = v ->> 2, confirmed = v ->> 3, waitlisted = v ->> 4
  FROM rows WHERE id = v ->> 0 AND seq <= v ->> 1`;

/** What is to be written of one event: how it is now, and what happened since the last projection. */
export interface Page extends Happened {
  readonly view: EventView;
  /** Whether more of the event may have changed than its counts. */
  readonly isEdited: boolean;
  /** Those that the facts are about, as they are now. */
  readonly reservations: readonly ReservationRow[];
}

/**
 * Writes events, some of their reservations and the history of what happened to them to D1, in one transaction. Safe to
 * repeat and to run late: every row carries the `seq` of its last fact, an older one changes nothing, and a fact's line
 * is written once.
 * @param pages together of at most some thousand facts
 * @throws what D1 throws; then nothing was written
 */
export async function project(session: D1DatabaseSession, pages: readonly Page[]): Promise<void> {
  const edited = pages.filter(({ isEdited }) => isEdited).map(({ view }) => eventRow(view));
  const counted = newest(pages.filter(({ isEdited }) => !isEdited).map(({ view }) => view)).map(countValues);
  const reservations = pages.flatMap(({ view, reservations }) => withEventId(view, reservations));
  const write = (statement: string, rows: readonly unknown[]) =>
    jsonParts(rows).map((part) => session.prepare(statement).bind(part));
  await session.batch([
    ...write(UPSERT_EVENTS, edited),
    ...write(UPDATE_COUNTS, counted),
    ...write(UPSERT_RESERVATIONS, reservations),
    ...factLines(session, pages),
  ]);
}

/**
 * Makes D1's reservations of the event with ids in (afterId, upToId] exactly these, whatever stood there; one step of a
 * rebuild.
 * @param range afterId empty: the first step; upToId null: the last one
 */
export async function replaceRange(
  session: D1DatabaseSession,
  view: EventView,
  range: { readonly afterId: string; readonly upToId: string | null },
  reservations: readonly ReservationRow[],
): Promise<void> {
  const { id } = view.event;
  const steps = [
    session.prepare('UPDATE events SET seq = 0, rebuilds = rebuilds + 1 WHERE id = ?').bind(id),
    session.prepare(UPSERT_EVENTS).bind(JSON.stringify([eventRow(view)])),
  ];
  // The event's own ids lie together, so that finding them reads no rows of other events. What a row says of its event
  // is not asked: that may be what is wrong with it.
  const first = reservationIdOf(id, '');
  const last = reservationIdOf(id, '~');
  if (range.afterId === '') {
    const foreign = 'DELETE FROM reservations WHERE event_id = ? AND deleted_at IS NULL AND (id < ? OR id > ?)';
    steps.push(session.prepare(foreign).bind(id, first, last));
  }
  const own = 'DELETE FROM reservations WHERE id > ? AND id <= ?';
  steps.push(session.prepare(own).bind(range.afterId === '' ? first : range.afterId, range.upToId ?? last));
  steps.push(session.prepare(UPSERT_RESERVATIONS).bind(JSON.stringify(withEventId(view, reservations))));
  await session.batch(steps);
}

function withEventId({ event }: EventView, rows: readonly ReservationRow[]): ReservationRow[] {
  return rows.map((row) => [...row, event.id]);
}

/** One view an event: what updates a row twice in one statement leaves either. */
function newest(views: readonly EventView[]): EventView[] {
  const byEvent = new Map<string, EventView>();
  for (const view of views) {
    if (view.seq >= (byEvent.get(view.event.id)?.seq ?? 0)) byEvent.set(view.event.id, view);
  }
  return [...byEvent.values()];
}

function countValues({ event, totals, seq }: EventView): unknown[] {
  return [event.id, seq, totals.held, totals.confirmed, totals.waitlisted];
}
