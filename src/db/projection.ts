import { reservationIdOf } from '../domain/ids.ts';
import type { EventView, Reservation } from '../domain/model.ts';
import { factLines, type Happened } from './fact-lines.ts';
import { insertRows, replaceBy, WITH_ROWS } from './json-rows.ts';

/** A reservation as it is to stand in D1. */
type Projected = Reservation & { readonly seq: number };

const EVENT_COLUMNS = [
  'id',
  'seq',
  'organizer_id',
  'title',
  'description',
  'start_time',
  'end_time',
  'time_zone',
  'capacity',
  'held',
  'confirmed',
  'waitlisted',
  'status',
  'venue_id',
  'country_code',
  'price_amount',
  'price_currency',
  'tags',
  'max_quantity',
  'requires_confirmation',
  'hold_ms',
  'reservations_open_at',
  'reservations_close_at',
  'cancel_until',
  'published_at',
  'deleted_at',
  'created_at',
  'updated_at',
  'version',
] as const;

const RESERVATION_COLUMNS = [
  'id',
  'seq',
  'event_id',
  'user_id',
  'attendee_id',
  'quantity',
  'status',
  'expires_at',
  'confirmed_at',
  'cancelled_at',
  'cancelled_by',
  'checked_in_at',
  'queue_seq',
  'checked_in_quantity',
  'transfer_to',
  'ticket_code',
  'deleted_at',
  'created_at',
  'updated_at',
  'version',
] as const;

/** An older row never overwrites a newer one. */
function upsert(table: string, columns: readonly string[]): string {
  return insertRows(table, columns, `${replaceBy(columns)} WHERE excluded.seq >= ${table}.seq`);
}

const UPSERT_EVENTS = upsert('events', EVENT_COLUMNS);
const UPSERT_RESERVATIONS = upsert('reservations', RESERVATION_COLUMNS);

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
  readonly reservations: readonly Projected[];
}

/**
 * Writes events, some of their reservations and the history of what happened to them to D1, in one transaction. Safe to
 * repeat and to run late: every row carries the `seq` of its last fact, an older one changes nothing, and a fact's line
 * is written once.
 * @param pages together of at most some thousand facts: a bound value may have 2 MB
 * @throws what D1 throws; then nothing was written
 */
export async function project(session: D1DatabaseSession, pages: readonly Page[]): Promise<void> {
  const edited = pages.filter(({ isEdited }) => isEdited).map(({ view }) => eventValues(view));
  const counted = pages.filter(({ isEdited }) => !isEdited).map(({ view }) => countValues(view));
  const reservations = pages.flatMap((page) => page.reservations.map(reservationValues));
  const write = (statement: string, rows: readonly unknown[]) =>
    rows.length === 0 ? [] : [session.prepare(statement).bind(JSON.stringify(rows))];
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
  reservations: readonly Projected[],
): Promise<void> {
  const { id } = view.event;
  const steps = [
    session.prepare('UPDATE events SET seq = 0 WHERE id = ?').bind(id),
    session.prepare(UPSERT_EVENTS).bind(JSON.stringify([eventValues(view)])),
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
  steps.push(session.prepare(UPSERT_RESERVATIONS).bind(JSON.stringify(reservations.map(reservationValues))));
  await session.batch(steps);
}

function eventValues({ event: e, totals, seq }: EventView): unknown[] {
  return [
    ...[e.id, seq, e.organizerId, e.title, e.description, e.startTime, e.endTime, e.timeZone, e.capacity],
    ...[totals.held, totals.confirmed, totals.waitlisted, e.status, e.venueId, e.countryCode],
    ...[e.price?.amount ?? null, e.price?.currency ?? null, JSON.stringify(e.tags), e.maxQuantity],
    ...[Number(e.requiresConfirmation), e.holdMs, e.reservationsOpenAt, e.reservationsCloseAt, e.cancelUntil],
    ...[e.publishedAt, e.deletedAt, e.createdAt, e.updatedAt, e.version],
  ];
}

function countValues({ event, totals, seq }: EventView): unknown[] {
  return [event.id, seq, totals.held, totals.confirmed, totals.waitlisted];
}

function reservationValues(r: Projected): unknown[] {
  return [
    ...[r.id, r.seq, r.eventId, r.userId, r.attendeeId, r.quantity, r.status, r.expiresAt, r.confirmedAt],
    ...[r.cancelledAt, r.cancelledBy, r.checkedInAt, r.queueSeq, r.checkedInQuantity],
    ...[r.transferTo, r.ticketCode, r.deletedAt, r.createdAt, r.updatedAt, r.version],
  ];
}
