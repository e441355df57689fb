import type { Fact, FactType } from '../domain/facts.ts';
import { type EventId, MINUTE_MS, type ReservationId, type UserId } from '../domain/model.ts';
import { jsonName } from '../domain/names.ts';
import { base32, firstIdAt } from './history.ts';
import { insertRows, jsonParts } from './json-rows.ts';
import { idOf, type ReservationRow, userIdOf } from './reservation-columns.ts';

/** A stretch of an event's fact log. */
export interface Happened {
  readonly facts: readonly Fact[];
  /** All transfers from the first of the facts on, later ones too, in their order. */
  readonly transfers: readonly Fact[];
}

/** What of an event's id and of a fact's number goes into a line's id, in characters of 5 bits. */
const EVENT_LENGTH = 10;
const SEQ_LENGTH = 6;

/** What follows from another's act, by the rules or by time: that other did nothing to it. */
const BY_ITSELF: readonly FactType[] = ['reservation_expired', 'reservation_promoted'];
/** What proves a reservation at the door, and who else waits: no concern of whoever reads the line. */
const LEFT_OUT: readonly string[] = ['ticketCode', 'passed'];

const COLUMNS = [
  'id',
  'at',
  'user_id',
  'owner_id',
  'action',
  'subject_type',
  'subject_id',
  'event_id',
  'details',
] as const;
const INSERT_LINES = insertRows('history', COLUMNS, 'ON CONFLICT (id) DO NOTHING');

/** A stretch of one event's facts, with the reservations that they are about, as they are now. */
interface Told extends Happened {
  readonly view: { readonly event: { readonly id: EventId } };
  readonly reservations: readonly ReservationRow[];
}

/**
 * The statements that write a line for each fact, for the batch that projects what the facts changed. A line that is
 * there already stays as it is.
 */
export function factLines(session: D1DatabaseSession, told: readonly Told[]): D1PreparedStatement[] {
  const statement = session.prepare(INSERT_LINES);
  return jsonParts(told.flatMap(linesOf)).map((part) => statement.bind(part));
}

function linesOf({ view, facts, transfers, reservations }: Told): unknown[][] {
  const users = new Map(reservations.map((row) => [idOf(row), userIdOf(row)]));
  const moves = Map.groupBy(transfers, ({ reservationId }) => reservationId);
  return facts.map((fact) => {
    const next = moves.get(fact.reservationId)?.find(({ seq }) => seq >= fact.seq);
    const ownerId = next?.type === 'reservation_transferred' ? next.data.from : userOf(users, fact.reservationId);
    return lineValues(view.event.id, fact, ownerId);
  });
}

function userOf(users: ReadonlyMap<ReservationId, UserId>, id: ReservationId | null): UserId | null {
  return (id !== null && users.get(id)) || null;
}

/** @param ownerId whose reservation it was when it happened; of a transfer, who gave it away */
function lineValues(eventId: EventId, fact: Fact, ownerId: UserId | null): unknown[] {
  const { reservationId, seq, at, type } = fact;
  const actorId = BY_ITSELF.includes(type) ? null : fact.actorId;
  const id = firstIdAt(at) + eventId.slice(-EVENT_LENGTH) + base32(seq, SEQ_LENGTH);
  const subject = reservationId === null ? ['event', eventId] : ['reservation', reservationId];
  const details = JSON.stringify(detailsOf(fact.data));
  return [id, at, actorId, ownerId === actorId ? null : ownerId, type, ...subject, eventId, details];
}

/** How the model names what it keeps as epoch milliseconds. */
const INSTANT_NAME = /(?:At|Time|Until)$/;

/** A fact's data as JSON shows it: snake_case, instants as RFC 3339 text, holds in minutes, without secrets. */
function detailsOf(data: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data)
      .filter(([name]) => !LEFT_OUT.includes(name))
      .map(([name, value]) => [jsonName(name), detailOf(name, value)]),
  );
}

function detailOf(name: string, value: unknown): unknown {
  if (name === 'holdMs') return Number(value) / MINUTE_MS;
  if (typeof value === 'number' && INSTANT_NAME.test(name)) return new Date(value).toISOString();
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? detailsOf(value) : value;
}
