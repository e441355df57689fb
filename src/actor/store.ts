import { insertRows, jsonParts, replaceBy, rowOf } from '../db/json-rows.ts';
import type { Page } from '../db/projection.ts';
import { RESERVATION_NAMES, type ReservationRow } from '../db/reservation-columns.ts';
import type { Fact } from '../domain/facts.ts';
import {
  type EventRecord,
  type EventState,
  type EventView,
  emptyState,
  type HolderId,
  type Instant,
  type Reservation,
  type ReservationId,
} from '../domain/model.ts';
import { isActive, isClosed } from '../domain/seats.ts';
import { COLUMNS, type Row, toFact, toReservation } from './rows.ts';
import { MIGRATIONS } from './schema.ts';
import { type Answered, Answers } from './store-answers.ts';
import { Counts } from './store-counts.ts';

/** Which rows the commands of a batch can touch. */
export interface Needs {
  readonly reservationIds: readonly ReservationId[];
  /** Whose active reservation is needed. */
  readonly holders: readonly HolderId[];
  /** How many lapsed holds, first lapsed first. */
  readonly lapsed: number;
  /** How many active reservations, in the order of their holders, commands that close the event may end. */
  readonly closing: number;
  /** How many of them settling may end, if the event is closed already. */
  readonly settling: number;
  /** Whether the active reservations of the holders of `reservationIds` are needed too. */
  readonly theirHolders: boolean;
  /** How many of those who wait, from the head of the line. */
  readonly line: number;
  /** What the event's capacity may become, by which it is seen who is in the line. */
  readonly capacities: readonly number[];
}

/** The event, and when something was last decided about it. */
interface Latest {
  readonly view: EventView;
  readonly lastAt: Instant;
}

const NAMES = Object.keys(COLUMNS);
const UPSERT_RESERVATIONS = insertRows('reservations', [...NAMES, 'created_seq'], replaceBy(NAMES));
const toRow = rowOf(COLUMNS);
const AS_PROJECTED = `SELECT ${RESERVATION_NAMES.join(', ')} FROM reservations WHERE`;
/** Among the values of a JSON array. */
const AMONG = 'IN (SELECT value FROM json_each(?))';
const FREE_HOLDERS = `UPDATE reservations SET holder = id WHERE id ${AMONG}`;
const INSERT_FACTS = insertRows('facts', ['seq', 'at', 'type', 'reservation_id', 'actor_id', 'data']);

/** As the partial unique index has it, so that SQLite uses that. */
const ACTIVE = "status IN ('pending', 'confirmed', 'waitlisted')";

/** The holder of the actor's SQL. Every method is synchronous; the caller brings the transaction, but for migrations. */
export class Store {
  /** What was answered, for retries. */
  readonly answers: Answers;
  /** Seats and reservations by status, and what happened by day. */
  readonly counts: Counts;
  readonly #storage: Pick<DurableObjectStorage, 'sql' | 'transactionSync'>;
  readonly #sql: SqlStorage;
  #open = false;
  /** What the last save left behind, so that not every command reads it again; null: not read yet. */
  #latest: Latest | null = null;

  constructor(storage: Pick<DurableObjectStorage, 'sql' | 'transactionSync'>) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.answers = new Answers(this.#sql, () => this.isOpen());
    this.counts = new Counts(this.#sql);
  }

  /** Whether the event was ever created. Until then there are no tables, so that unknown ids can't fill storage. */
  isOpen(): boolean {
    if (!this.#open && this.#one("SELECT 1 AS found FROM sqlite_master WHERE name = 'totals'") !== null) {
      this.#migrate(Number(this.#one('SELECT version FROM schema')?.version));
      this.#open = true;
    }
    return this.#open;
  }

  /** Climbs the ladder of migrations, all the way or not at all. A deployment that was taken back leaves it as it is. */
  #migrate(version: number): void {
    if (version >= MIGRATIONS.length) return;
    this.#storage.transactionSync(() => {
      for (const migration of MIGRATIONS.slice(version)) this.#sql.exec(migration);
      this.#sql.exec('UPDATE schema SET version = ?', MIGRATIONS.length);
    });
  }

  /** Forgets what a transaction that was rolled back had made it believe. */
  forget(): void {
    this.#open = false;
    this.#latest = null;
    this.answers.forget();
  }

  /** The last instant at which something was decided; time never runs backwards from there. */
  lastAt(): Instant {
    return this.#read()?.lastAt ?? 0;
  }

  /** The event with as many of its reservations as the needs name. */
  load(needs: Needs, at: Instant): EventState {
    const state = emptyState();
    const view = this.view();
    if (view === null) return state;
    state.event = view.event;
    state.totals = { ...view.totals };
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
    if (needs.reservationIds.length > 0) {
      yield* this.#sql.exec(`${all} id ${AMONG}`, JSON.stringify(needs.reservationIds));
    }
    if (needs.theirHolders) {
      const theirs = `(SELECT holder FROM reservations WHERE id ${AMONG})`;
      yield* this.#sql.exec(`${all} holder IN ${theirs} AND ${ACTIVE}`, JSON.stringify(needs.reservationIds));
    }
    if (needs.holders.length > 0) {
      yield* this.#sql.exec(`${all} holder ${AMONG} AND ${ACTIVE}`, JSON.stringify(needs.holders));
    }
    if (needs.lapsed > 0 && view.totals.held > 0) {
      const due = "status = 'pending' AND expires_at <= ? ORDER BY expires_at, id LIMIT ?";
      yield* this.#sql.exec(`${all} ${due}`, at, needs.lapsed);
    }
    const ending = Math.max(needs.closing, isClosed(view.event) ? needs.settling : 0);
    // In the order of the one index that knows active rows only: however many have ended, it reads none of them.
    if (ending > 0) yield* this.#sql.exec(`${all} ${ACTIVE} ORDER BY holder LIMIT ?`, ending);
    if (needs.line > 0 && view.totals.waitlisted > 0) {
      // The ids come from the index alone, which passes over parties that are too large at next to no cost.
      const line = "status = 'waitlisted' AND quantity <= ? ORDER BY queue_seq LIMIT ?";
      const inLine = `id IN (SELECT id FROM reservations WHERE ${line})`;
      for (const capacity of new Set([view.event.capacity, ...needs.capacities])) {
        yield* this.#sql.exec(`${all} ${inLine}`, capacity, needs.line);
      }
    }
  }

  /**
   * Writes the facts, what they changed, and the answers given for them; nothing if there are none. The first facts
   * make the tables.
   */
  save(state: EventState, facts: readonly Fact[], answers: readonly Answered[], projectedSeq: number): void {
    const last = facts.at(-1);
    if (state.event === null || last === undefined) return;
    if (!this.isOpen()) this.#migrate(0);
    // A chain of transfers may give a holder to one reservation before another has given it up.
    const moved = facts.flatMap((fact) => (fact.type === 'reservation_transferred' ? [fact.reservationId] : []));
    if (moved.length > 0) this.#sql.exec(FREE_HOLDERS, JSON.stringify(moved));
    this.#saveReservations(state, facts);
    const rows = facts.map((f) => [f.seq, f.at, f.type, f.reservationId, f.actorId, JSON.stringify(f.data)]);
    for (const part of jsonParts(rows)) this.#sql.exec(INSERT_FACTS, part);
    if (facts.some((fact) => fact.reservationId === null)) {
      this.#sql.exec('INSERT OR REPLACE INTO event VALUES (1, ?)', JSON.stringify(state.event));
    }
    const { held, confirmed, waitlisted } = state.totals;
    this.#sql.exec(
      `UPDATE totals SET seq = ?, last_at = ?, projected_seq = max(projected_seq, ?), capacity = ?, held = ?,
       confirmed = ?, waitlisted = ?`,
      ...[state.seq, last.at, projectedSeq, state.event.capacity, held, confirmed, waitlisted],
    );
    this.answers.save(answers, last.at);
    this.#latest = { view: { event: state.event, totals: { ...state.totals }, seq: state.seq }, lastAt: last.at };
  }

  #saveReservations(state: EventState, facts: readonly Fact[]): void {
    const createdSeq = new Map<ReservationId, number>();
    const lastSeq = new Map<ReservationId, number>();
    for (const fact of facts) {
      if (fact.type === 'reservation_created') createdSeq.set(fact.reservationId, fact.seq);
      if (fact.reservationId !== null) lastSeq.set(fact.reservationId, fact.seq);
      if ('passed' in fact.data) for (const id of fact.data.passed) lastSeq.set(id, fact.seq);
    }
    const changed = [...lastSeq].flatMap(([id, seq]) => {
      const reservation = state.reservations.get(id);
      return reservation === undefined ? [] : [{ ...reservation, seq }];
    });
    // A holder's former reservation must make room in the unique index before the next one enters it.
    changed.sort((a, b) => Number(isActive(a)) - Number(isActive(b)));
    // Only a new row takes the number of its creation; what others have of it stays.
    const rows = changed.map((reservation) => [...toRow(reservation), createdSeq.get(reservation.id) ?? 0]);
    for (const part of jsonParts(rows)) this.#sql.exec(UPSERT_RESERVATIONS, part);
  }

  /** Until when the event's live hub wants to hear of changes; 0 if it doesn't. */
  watchedUntil(): Instant {
    return this.isOpen() ? Number(this.#one('SELECT watched_until FROM totals')?.watched_until) : 0;
  }

  saveWatchedUntil(until: Instant): void {
    this.#sql.exec('UPDATE totals SET watched_until = ?', until);
  }

  /** Those who wait behind a place in the line, in order. */
  line(afterQueueSeq: number, limit: number): Reservation[] {
    const next = "SELECT * FROM reservations WHERE status = 'waitlisted' AND queue_seq > ? ORDER BY queue_seq LIMIT ?";
    return [...this.#sql.exec(next, afterQueueSeq, limit)].map(toReservation);
  }

  /** How many wait behind this place in the line, not counting some. */
  behind(queueSeq: number, except: readonly ReservationId[] = []): number {
    const count = "SELECT count(*) AS n FROM reservations WHERE status = 'waitlisted' AND queue_seq > ?";
    const others = `id NOT ${AMONG}`;
    return Number(this.#one(`${count} AND ${others}`, queueSeq, JSON.stringify(except))?.n);
  }

  /** The event with its totals, or null if it was never created. */
  view(): EventView | null {
    return this.#read()?.view ?? null;
  }

  #read(): Latest | null {
    if (this.#latest !== null || !this.isOpen()) return this.#latest;
    const row = this.#one('SELECT * FROM event, totals');
    if (row === null) return null;
    const { held, confirmed, waitlisted, seq, last_at: lastAt } = row as Record<string, number>;
    const totals = { held: held ?? 0, confirmed: confirmed ?? 0, waitlisted: waitlisted ?? 0 };
    const view = { event: JSON.parse(row.record as string) as EventRecord, totals, seq: seq ?? 0 };
    this.#latest = { view, lastAt: lastAt ?? 0 };
    return this.#latest;
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

  /**
   * The facts after `afterSeq`, at most `limit` of them, with what they touched, and the number of the last; null if
   * there are none.
   */
  projectionPage(afterSeq: number, limit: number): (Page & { readonly upToSeq: number }) | null {
    const view = this.view();
    if (view === null) return null;
    const facts = this.facts(afterSeq, limit);
    const upToSeq = facts.at(-1)?.seq;
    if (upToSeq === undefined) return null;
    const ids = [...new Set(facts.map((fact) => fact.reservationId))];
    const touched = JSON.stringify(ids);
    const reservations = this.#rows(`${AS_PROJECTED} id ${AMONG}`, touched);
    const moved = `SELECT * FROM facts WHERE seq > ? AND type = 'reservation_transferred' AND reservation_id ${AMONG}`;
    const transfers = [...this.#sql.exec(`${moved} ORDER BY seq`, afterSeq, touched)].map(toFact);
    const isEdited = upToSeq < view.seq || facts.some(({ reservationId }) => reservationId === null);
    return { view, isEdited, facts, upToSeq, reservations, transfers };
  }

  /** The reservations whose ids come after `afterId`, in their order; for a rebuild. */
  reservationsAfter(afterId: string, limit: number): ReservationRow[] {
    return this.#rows(`${AS_PROJECTED} id > ? ORDER BY id LIMIT ?`, afterId, limit);
  }

  /** Rows as they go on to D1: to name their values only to list them again costs more than to read them. */
  #rows(query: string, ...bindings: SqlStorageValue[]): ReservationRow[] {
    return [...this.#sql.exec(query, ...bindings).raw<(string | number | null)[]>()];
  }

  /** The facts after `afterSeq`, in order. */
  facts(afterSeq: number, limit: number): Fact[] {
    return [...this.#sql.exec('SELECT * FROM facts WHERE seq > ? ORDER BY seq LIMIT ?', afterSeq, limit)].map(toFact);
  }

  #one(query: string, ...bindings: SqlStorageValue[]): Row | null {
    return this.#sql.exec(query, ...bindings).toArray()[0] ?? null;
  }
}
