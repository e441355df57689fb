import { type SQL, sql } from 'drizzle-orm';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { typeidUnboxed } from 'typeid-js';
import type { EventId, Instant, UserId } from '../domain/model.ts';
import { history, type SubjectType } from './tables.ts';

/** A line to write about a change of a row in D1. What is SQL is read from that row. */
export interface HistoryEntry {
  readonly at: Instant;
  /** Who acted; null: somebody who was not signed in. */
  readonly userId: UserId | SQL | null;
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
const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';

/** The first id that a line of this instant or a later one can have; ids sort by time. */
export function firstIdAt(at: Instant): string {
  return `hst_${base32(Math.max(0, at), TIME_LENGTH)}`;
}

/** An id for a line of this instant. */
export function newLineId(at: Instant): string {
  return firstIdAt(at) + typeidUnboxed().slice(TIME_LENGTH);
}

/** A whole number in so many characters that sort as numbers do. */
export function base32(value: number, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32)) text = CROCKFORD.charAt(rest % 32) + text;
  return text;
}

/**
 * The statement that writes a line about a change: put it into the batch that makes the change. It writes one line if
 * `table` has a row that `where` finds at that point of the batch, so there is no change without its line.
 */
export function historyLine(db: DrizzleD1Database, entry: HistoryEntry, table: SQLiteTable, where: SQL | undefined) {
  const columns = {
    id: sql<string>`${newLineId(entry.at)}`.as('id'),
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
