import { eventIdOf } from '../domain/ids.ts';
import {
  type CommandId,
  type EventRecord,
  type EventState,
  type EventView,
  emptyState,
  type Fact,
  type HolderId,
  type Instant,
  type Outcome,
  type Reservation,
  type ReservationId,
} from '../domain/model.ts';
import { isActive } from '../domain/seats.ts';
import { MIGRATIONS } from './schema.ts';

/** Which rows the commands of a batch can touch. */
export interface Needs {
  readonly reservationIds: readonly ReservationId[];
  /** Whose active reservation is needed. */
  readonly holders: readonly HolderId[];
  /** How many lapsed holds, first lapsed first. */
  readonly lapsed: number;
  /** How many active reservations, in the order of their holders. */
  readonly active: number;
  /** As `active`, but only if the event is cancelled already. */
  readonly activeIfCancelled: number;
}

/** A reservation with the number of the last fact about it. */
export interface StoredReservation extends Reservation {
  readonly seq: number;
}

/** What a page of the fact log touched, as it is now. */
export interface ProjectionPage {
  readonly view: EventView;
  readonly reservations: readonly StoredReservation[];
  /** The last fact of the page. */
  readonly upToSeq: number;
}

/** A command and what was answered to it. */
type Answered = readonly [CommandId, Outcome];

type Row = Record<string, SqlStorageValue>;

const COLUMNS = [
  'id',
  'seq',
  'holder',
  'user_id',
  'attendee_id',
  'quantity',
  'status',
  'expires_at',
  'confirmed_at',
  'cancelled_at',
  'cancelled_by',
  'checked_in_at',
  'ticket_code',
  'deleted_at',
  'created_at',
  'updated_at',
  'version',
] as const;

const UPSERT_RESERVATIONS = `
  INSERT INTO reservations (${COLUMNS.join(', ')})
  SELECT ${COLUMNS.map((_, index) => `value ->> ${index}`).join(', ')} FROM json_each(?) WHERE true
  ON CONFLICT (id) DO UPDATE SET ${COLUMNS.slice(1)
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}`;

/** The only holder of the actor's SQL. Every method is synchronous; the caller brings the transaction. */
export class Store {
  readonly #sql: SqlStorage;
  #open = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Whether the event was ever created. Until then there are no tables, so that unknown ids can't fill storage. */
  isOpen(): boolean {
    if (!this.#open) this.#open = this.#one("SELECT 1 AS found FROM sqlite_master WHERE name = 'totals'") !== null;
    return this.#open;
  }

  #create(): void {
    for (const migration of MIGRATIONS) this.#sql.exec(migration);
    this.#sql.exec('INSERT INTO totals VALUES (1, 0, 0, 0, 0, 0, 0, 0)');
  }

  /** Forgets what a transaction that was rolled back had made it believe. */
  forget(): void {
    this.#open = false;
  }

  /** The last instant at which something was decided; time never runs backwards from there. */
  lastAt(): Instant {
    return this.isOpen() ? Number(this.#one('SELECT last_at FROM totals')?.last_at) : 0;
  }

  /** The event with as many of its reservations as the needs name. */
  load(needs: Needs, at: Instant): EventState {
    const state = emptyState();
    const view = this.view();
    if (view === null) return state;
    state.event = view.event;
    state.totals = view.totals;
    state.seq = view.seq;
    for (const row of this.#rowsFor(needs, at, view)) {
      const reservation = toReservation(row);
      state.reservations.set(reservation.id, reservation);
      if (isActive(reservation)) state.activeByHolder.set(row.holder as HolderId, reservation.id);
    }
    return state;
  }

  *#rowsFor(needs: Needs, at: Instant, view: EventView): Generator<Row> {
    const all = 'SELECT * FROM reservations WHERE';
    const among = '(SELECT value FROM json_each(?))';
    if (needs.reservationIds.length > 0) {
      yield* this.#sql.exec(`${all} id IN ${among}`, JSON.stringify(needs.reservationIds));
    }
    if (needs.holders.length > 0) {
      const active = "status IN ('pending', 'confirmed', 'waitlisted')";
      yield* this.#sql.exec(`${all} holder IN ${among} AND ${active}`, JSON.stringify(needs.holders));
    }
    if (needs.lapsed > 0 && view.totals.held > 0) {
      const due = "status = 'pending' AND expires_at <= ? ORDER BY expires_at, id LIMIT ?";
      yield* this.#sql.exec(`${all} ${due}`, at, needs.lapsed);
    }
    const closing = Math.max(needs.active, view.event.status === 'cancelled' ? needs.activeIfCancelled : 0);
    if (closing > 0) {
      // In the order of the one index that knows active rows only: however many have ended, it reads none of them.
      const active = "status IN ('pending', 'confirmed', 'waitlisted') ORDER BY holder LIMIT ?";
      yield* this.#sql.exec(`${all} ${active}`, closing);
    }
  }

  /**
   * Writes the facts, what they changed, and the answers given for them; nothing if there are none. The first facts
   * make the tables.
   */
  save(state: EventState, facts: readonly Fact[], answers: readonly Answered[], projectedSeq: number): void {
    const last = facts.at(-1);
    if (state.event === null || last === undefined) return;
    if (!this.isOpen()) this.#create();
    const lastSeq = new Map<ReservationId, number>();
    for (const fact of facts) if (fact.reservationId !== null) lastSeq.set(fact.reservationId, fact.seq);
    this.#saveReservations(state, lastSeq);
    this.#sql.exec(
      `INSERT INTO facts SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
       FROM json_each(?)`,
      JSON.stringify(facts.map((f) => [f.seq, f.at, f.type, f.reservationId, f.actorId, JSON.stringify(f.data)])),
    );
    if (facts.some((fact) => fact.reservationId === null)) {
      this.#sql.exec('INSERT OR REPLACE INTO event VALUES (1, ?)', JSON.stringify(state.event));
    }
    const { held, confirmed, waitlisted } = state.totals;
    this.#sql.exec(
      `UPDATE totals SET seq = ?, last_at = ?, projected_seq = max(projected_seq, ?), capacity = ?, held = ?,
       confirmed = ?, waitlisted = ?`,
      ...[state.seq, last.at, projectedSeq, state.event.capacity, held, confirmed, waitlisted],
    );
    this.#sql.exec(
      'INSERT INTO commands SELECT value ->> 0, ?, value ->> 1 FROM json_each(?)',
      last.at,
      JSON.stringify(answers.map(([id, outcome]) => [id, JSON.stringify(outcome)])),
    );
  }

  #saveReservations(state: EventState, lastSeq: ReadonlyMap<ReservationId, number>): void {
    const changed = [...lastSeq].flatMap(([id, seq]) => {
      const reservation = state.reservations.get(id);
      return reservation === undefined ? [] : [{ ...reservation, seq }];
    });
    // A holder's former reservation must make room in the unique index before the next one enters it.
    changed.sort((a, b) => Number(isActive(a)) - Number(isActive(b)));
    if (changed.length > 0) this.#sql.exec(UPSERT_RESERVATIONS, JSON.stringify(changed.map(toValues)));
  }

  /** What was answered to those of these commands that were executed before and changed something. */
  answers(ids: readonly CommandId[]): Map<CommandId, Outcome> {
    if (!this.isOpen()) return new Map();
    const found = this.#sql.exec(
      'SELECT id, outcome FROM commands WHERE id IN (SELECT value FROM json_each(?))',
      JSON.stringify(ids),
    );
    return new Map([...found].map((row) => [row.id as CommandId, JSON.parse(row.outcome as string) as Outcome]));
  }

  /** Forgets answers given up to an instant, at most `limit`; ids sort by time, so the oldest come first. */
  pruneAnswers(upTo: Instant, limit: number): void {
    this.#sql.exec(
      'DELETE FROM commands WHERE at <= ? AND id IN (SELECT id FROM commands ORDER BY id LIMIT ?)',
      upTo,
      limit,
    );
  }

  /** When the oldest remembered answer was given, or null if there is none. */
  oldestAnswerAt(): Instant | null {
    return (this.#one('SELECT at FROM commands ORDER BY id LIMIT 1')?.at ?? null) as Instant | null;
  }

  /** The event with its totals, or null if it was never created. */
  view(): EventView | null {
    if (!this.isOpen()) return null;
    const row = this.#one('SELECT * FROM event, totals');
    if (row === null) return null;
    const { held, confirmed, waitlisted, seq } = row as Record<string, number>;
    return {
      event: JSON.parse(row.record as string) as EventRecord,
      totals: { held: held ?? 0, confirmed: confirmed ?? 0, waitlisted: waitlisted ?? 0 },
      seq: seq ?? 0,
    };
  }

  reservation(id: ReservationId): Reservation | null {
    const row = this.isOpen() ? this.#one('SELECT * FROM reservations WHERE id = ?', id) : null;
    return row === null ? null : toReservation(row);
  }

  /** Seats of holds that are over though no fact says so yet. */
  lapsedSeats(at: Instant): number {
    const sum = "SELECT sum(quantity) AS seats FROM reservations WHERE status = 'pending' AND expires_at <= ?";
    return Number(this.#one(sum, at)?.seats ?? 0);
  }

  /** When the next hold lapses, or null. */
  nextDeadline(): Instant | null {
    const first = "SELECT min(expires_at) AS at FROM reservations WHERE status = 'pending'";
    return (this.#one(first)?.at ?? null) as Instant | null;
  }

  /** Up to which fact D1 is known to be projected. */
  projectedSeq(): number {
    return this.isOpen() ? Number(this.#one('SELECT projected_seq FROM totals')?.projected_seq) : 0;
  }

  saveProjectedSeq(seq: number): void {
    this.#sql.exec('UPDATE totals SET projected_seq = ? WHERE projected_seq < ?', seq, seq);
  }

  /** What the facts after `afterSeq`, at most `limit` of them, touched; null if there are none. */
  projectionPage(afterSeq: number, limit: number): ProjectionPage | null {
    const view = this.view();
    const facts = this.#sql
      .exec('SELECT seq, reservation_id FROM facts WHERE seq > ? ORDER BY seq LIMIT ?', afterSeq, limit)
      .toArray();
    const upToSeq = facts.at(-1)?.seq;
    if (view === null || upToSeq === undefined) return null;
    const ids = [...new Set(facts.map((fact) => fact.reservation_id))];
    const rows = this.#sql.exec(
      'SELECT * FROM reservations WHERE id IN (SELECT value FROM json_each(?))',
      JSON.stringify(ids),
    );
    return { view, upToSeq: Number(upToSeq), reservations: [...rows].map(toStored) };
  }

  /** The reservations whose ids come after `afterId`, in their order; for a rebuild. */
  reservationsAfter(afterId: string, limit: number): StoredReservation[] {
    return [...this.#sql.exec('SELECT * FROM reservations WHERE id > ? ORDER BY id LIMIT ?', afterId, limit)].map(
      toStored,
    );
  }

  /** The facts after `afterSeq`, in order. */
  facts(afterSeq: number, limit: number): Fact[] {
    const rows = this.#sql.exec('SELECT * FROM facts WHERE seq > ? ORDER BY seq LIMIT ?', afterSeq, limit);
    return [...rows].map(
      (row) =>
        ({
          seq: row.seq,
          at: row.at,
          type: row.type,
          reservationId: row.reservation_id,
          actorId: row.actor_id,
          data: JSON.parse(row.data as string),
        }) as Fact,
    );
  }

  #one(query: string, ...bindings: SqlStorageValue[]): Row | null {
    return this.#sql.exec(query, ...bindings).toArray()[0] ?? null;
  }
}

function toReservation(row: Row): Reservation {
  const id = row.id as ReservationId;
  return {
    id,
    eventId: eventIdOf(id),
    userId: row.user_id,
    attendeeId: row.attendee_id,
    quantity: row.quantity,
    status: row.status,
    expiresAt: row.expires_at,
    confirmedAt: row.confirmed_at,
    cancelledAt: row.cancelled_at,
    cancelledBy: row.cancelled_by,
    checkedInAt: row.checked_in_at,
    ticketCode: row.ticket_code,
    deletedAt: row.deleted_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  } as Reservation;
}

function toStored(row: Row): StoredReservation {
  return { ...toReservation(row), seq: row.seq as number };
}

/** A row's values in the order of COLUMNS. */
function toValues(r: StoredReservation): (string | number | null)[] {
  return [
    ...[r.id, r.seq, r.attendeeId ?? r.userId, r.userId, r.attendeeId, r.quantity, r.status, r.expiresAt],
    ...[r.confirmedAt, r.cancelledAt, r.cancelledBy, r.checkedInAt, r.ticketCode, r.deletedAt],
    ...[r.createdAt, r.updatedAt, r.version],
  ];
}
