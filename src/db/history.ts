import { type SQL, sql } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { typeidUnboxed } from 'typeid-js';
import type { Fact } from '../domain/facts.ts';
import type { EventId, Instant, Reservation, ReservationId, UserId } from '../domain/model.ts';
import { history, type SubjectType } from './tables.ts';

/** A line to write about a change of a row in D1. What is SQL is read from that row. */
export interface HistoryEntry {
  readonly at: Instant;
  /** Who acted. */
  readonly userId: UserId | SQL;
  /** Whose account or thing it happened to; may be who acted. */
  readonly ownerId?: UserId | SQL;
  /** Past tense, snake_case. */
  readonly action: string | SQL;
  readonly subjectType: SubjectType;
  readonly subjectId: string | SQL;
  /** In snake_case, and never personal data: a line outlives the account. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An id's parts, in characters of 5 bits: the instant, then 80 bits of its own. */
const TIME_LENGTH = 10;
const EVENT_LENGTH = 10;
const SEQ_LENGTH = 6;
const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';

/** The first id that a line of this instant or a later one can have; ids sort by time. */
export function firstIdAt(at: Instant): string {
  return `hst_${base32(Math.max(0, at), TIME_LENGTH)}`;
}

function base32(value: number, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32)) text = CROCKFORD.charAt(rest % 32) + text;
  return text;
}

/**
 * The statement that writes a line about a change: put it into the batch that makes the change. It writes one line if
 * `table` has a row that `where` finds at that point of the batch, so there is no change without its line.
 */
export function historyLine(db: DrizzleD1Database, entry: HistoryEntry, table: SQLiteTable, where: SQL | undefined) {
  const id = firstIdAt(entry.at) + typeidUnboxed().slice(TIME_LENGTH);
  const columns = {
    id: sql<string>`${id}`.as('id'),
    at: sql<Instant>`${entry.at}`.as('at'),
    userId: sql<UserId | null>`${entry.userId}`.as('user_id'),
    ownerId: sql<UserId | null>`nullif(${entry.ownerId ?? null}, ${entry.userId})`.as('owner_id'),
    action: sql<string>`${entry.action}`.as('action'),
    subjectType: sql<SubjectType>`${entry.subjectType}`.as('subject_type'),
    subjectId: sql<string>`${entry.subjectId}`.as('subject_id'),
    eventId: sql<EventId | null>`NULL`.as('event_id'),
    details: sql`${JSON.stringify(entry.details ?? {})}`.as('details'),
  };
  return db.insert(history).select(db.select(columns).from(table).where(where).limit(1));
}

const INSERT_LINES = `
  INSERT INTO history (id, at, user_id, owner_id, action, subject_type, subject_id, event_id, details)
  SELECT ${Array.from({ length: 9 }, (_, index) => `value ->> ${index}`).join(', ')} FROM json_each(?) WHERE true
  ON CONFLICT (id) DO NOTHING`;

/** A bound value may have 2 MB; in UTF-8 a character of JSON has at most three bytes. */
const STATEMENT_LENGTH_MAX = 500_000;

/**
 * The statements that write a line for each fact of an event, for the batch that projects what the facts changed. A
 * line that is there already stays as it is.
 * @param reservations those that the facts are about, for whose they are
 */
export function factLines(
  session: D1DatabaseSession,
  eventId: EventId,
  facts: readonly Fact[],
  reservations: readonly Reservation[],
): D1PreparedStatement[] {
  const owners = new Map(reservations.map(({ id, userId }) => [id, userId]));
  const lines = facts.map((fact) => JSON.stringify(lineValues(eventId, fact, owners)));
  return chunks(lines).map((chunk) => session.prepare(INSERT_LINES).bind(`[${chunk.join(',')}]`));
}

function chunks(texts: readonly string[]): string[][] {
  const all: string[][] = [];
  let length = STATEMENT_LENGTH_MAX;
  for (const text of texts) {
    length += text.length;
    if (length >= STATEMENT_LENGTH_MAX) {
      all.push([]);
      length = text.length;
    }
    all.at(-1)?.push(text);
  }
  return all;
}

function lineValues(eventId: EventId, fact: Fact, owners: ReadonlyMap<ReservationId, UserId>): unknown[] {
  const { reservationId, actorId } = fact;
  const owner = (reservationId !== null && owners.get(reservationId)) || null;
  const id = firstIdAt(fact.at) + eventId.slice(-EVENT_LENGTH) + base32(fact.seq, SEQ_LENGTH);
  const subject = reservationId === null ? ['event', eventId] : ['reservation', reservationId];
  const ownerId = owner === actorId ? null : owner;
  return [id, fact.at, actorId, ownerId, fact.type, ...subject, eventId, JSON.stringify(detailsOf(fact.data))];
}

/** Proves a reservation at the door. */
const SECRETS: readonly string[] = ['ticketCode'];
/** How the model names what it keeps as epoch milliseconds. */
const INSTANT_NAME = /(?:At|Time|Until)$/;

/** A fact's data as JSON shows it: snake_case, instants as RFC 3339 text, without secrets. */
function detailsOf(data: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data)
      .filter(([name]) => !SECRETS.includes(name))
      .map(([name, value]) => [snakeCase(name), detailOf(name, value)]),
  );
}

function detailOf(name: string, value: unknown): unknown {
  if (typeof value === 'number' && INSTANT_NAME.test(name)) return new Date(value).toISOString();
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? detailsOf(value) : value;
}

/** A name of the code as JSON and SQL have it. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
