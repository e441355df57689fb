import { insertRows, jsonParts, replaceBy } from '../db/json-rows.ts';
import { created } from '../domain/apply.ts';
import type { Command } from '../domain/commands.ts';
import type { CommandId, Instant } from '../domain/model.ts';
import type { Outcome } from '../domain/outcomes.ts';
import { type Row, toFact } from './rows.ts';

/** What was answered under an Idempotency-Key. */
export interface Remembered {
  readonly fingerprint: string;
  readonly outcome: Outcome;
}

/** A command that changed something, and what was answered to it. */
export type Answered = readonly [Pick<Command, 'id' | 'type' | 'idempotency'>, Outcome];

const INSERT_ANSWERS = insertRows('commands', ['id', 'at', 'outcome']);
const KEYED = ['key', 'at', 'fingerprint', 'outcome'];
const REPLACE_KEYED = insertRows('idempotency', KEYED, replaceBy(KEYED));

type Reserved = Extract<Outcome, { kind: 'reservation' }>;

/** An answer as it is kept. That to a new reservation is short: what it shows is in the fact that created it. */
type Kept = Outcome | ({ readonly kind: 'created' } & Pick<Reserved, 'seq' | 'waitlistPosition'>);

/** The store's memory of answers: by the Worker's command ids, and by the clients' Idempotency-Keys. */
export class Answers {
  readonly #sql: SqlStorage;
  readonly #isOpen: () => boolean;
  /** When the oldest answers were given; undefined: not read yet. */
  #oldest: { command: Instant | null; key: Instant | null } | undefined;

  /** @param isOpen whether there are tables */
  constructor(sql: SqlStorage, isOpen: () => boolean) {
    this.#sql = sql;
    this.#isOpen = isOpen;
  }

  /** What was answered to those of these commands that were executed before and changed something. */
  given(commands: readonly Command[]): Map<CommandId, Outcome> {
    if (commands.length === 0 || !this.#isOpen()) return new Map();
    const found = this.#sql.exec(
      'SELECT id, outcome FROM commands WHERE id IN (SELECT value FROM json_each(?))',
      JSON.stringify(commands.map(({ id }) => id)),
    );
    const answers = new Map([...found].map((row) => [row.id as CommandId, this.#outcomeOf(row)]));
    const reserving = new Map<string, CommandId>();
    for (const command of commands) {
      if (command.type === 'reserve' && !answers.has(command.id)) reserving.set(command.reservationId, command.id);
    }
    if (reserving.size === 0) return answers;
    const creations = this.#sql.exec(
      `SELECT facts.* FROM reservations JOIN facts ON facts.seq = created_seq
       WHERE id IN (SELECT value FROM json_each(?))`,
      JSON.stringify([...reserving.keys()]),
    );
    for (const row of creations) {
      const answer = reserved(row);
      // Whoever waits was told a place in the line too, which was forgotten with the answer.
      if (answer.reservation.status === 'waitlisted') continue;
      answers.set(reserving.get(answer.reservation.id) as CommandId, answer);
    }
    return answers;
  }

  /** What was answered under these Idempotency-Keys since an instant. */
  remembered(keys: readonly string[], since: Instant): Map<string, Remembered> {
    if (keys.length === 0 || !this.#isOpen()) return new Map();
    const found = this.#sql.exec(
      'SELECT * FROM idempotency WHERE key IN (SELECT value FROM json_each(?)) AND at > ?',
      JSON.stringify(keys),
      since,
    );
    return new Map(
      [...found].map((row) => {
        return [row.key as string, { fingerprint: row.fingerprint as string, outcome: this.#outcomeOf(row) }];
      }),
    );
  }

  #outcomeOf(row: Row): Outcome {
    const answer = JSON.parse(row.outcome as string) as Kept;
    if (answer.kind !== 'created') return answer;
    const creation = this.#sql.exec('SELECT * FROM facts WHERE seq = ?', answer.seq).one();
    return { ...reserved(creation), waitlistPosition: answer.waitlistPosition };
  }

  /** Keeps answers; under an Idempotency-Key whose former answer is too old to count, the new one takes its place. */
  save(answered: readonly Answered[], at: Instant): void {
    const rows = answered.filter((one) => !isInFacts(one)).map((one) => [one[0].id, at, kept(one)]);
    const keyed = answered.flatMap((one) => {
      const [{ idempotency }] = one;
      return idempotency ? [[idempotency.key, at, idempotency.fingerprint, kept(one)]] : [];
    });
    for (const part of jsonParts(rows)) this.#sql.exec(INSERT_ANSWERS, part);
    for (const part of jsonParts(keyed)) this.#sql.exec(REPLACE_KEYED, part);
    if (this.#oldest === undefined) return;
    if (rows.length > 0) this.#oldest.command ??= at;
    if (keyed.length > 0) this.#oldest.key ??= at;
  }

  /**
   * Forgets answers to commands given up to one instant, and those under Idempotency-Keys up to another; at most
   * `limit` of each. Command ids sort by time, so the oldest come first.
   */
  prune(commandsUpTo: Instant, keysUpTo: Instant, limit: number): void {
    const oldest = 'id IN (SELECT id FROM commands ORDER BY id LIMIT ?)';
    this.#sql.exec(`DELETE FROM commands WHERE at <= ? AND ${oldest}`, commandsUpTo, limit);
    const oldKeys = 'SELECT key FROM idempotency WHERE at <= ? ORDER BY at LIMIT ?';
    this.#sql.exec(`DELETE FROM idempotency WHERE key IN (${oldKeys})`, keysUpTo, limit);
    this.forget();
  }

  /** Forgets what it knows of the tables without looking. */
  forget(): void {
    this.#oldest = undefined;
  }

  /** When the oldest remembered answer is old enough to be forgotten, or null if there is none. */
  nextPruneAt(commandsKeptMs: number, keysKeptMs: number): Instant | null {
    this.#oldest ??= {
      command: this.#first('SELECT at FROM commands ORDER BY id LIMIT 1'),
      key: this.#first('SELECT at FROM idempotency ORDER BY at LIMIT 1'),
    };
    const { command, key } = this.#oldest;
    const due = [...(command === null ? [] : [command + commandsKeptMs]), ...(key === null ? [] : [key + keysKeptMs])];
    return due.length === 0 ? null : Math.min(...due);
  }

  #first(query: string): Instant | null {
    return (this.#sql.exec(query).toArray()[0]?.at ?? null) as Instant | null;
  }
}

/** Whether the fact that created a reservation says all that was answered; of who waits it doesn't say at which place. */
function isInFacts([{ type }, outcome]: Answered): boolean {
  return type === 'reserve' && outcome.kind === 'reservation' && outcome.waitlistPosition === null;
}

/** What was answered to who got seats, by the row of the fact that says so. */
function reserved(creation: Row): Reserved {
  const fact = toFact(creation);
  if (fact.type !== 'reservation_created') throw new Error(`fact ${fact.seq} created no reservation`);
  return { kind: 'reservation', reservation: created(fact), waitlistPosition: null, seq: fact.seq };
}

function kept([{ type }, outcome]: Answered): string {
  if (type !== 'reserve' || outcome.kind !== 'reservation') return JSON.stringify(outcome);
  const { seq, waitlistPosition } = outcome;
  return JSON.stringify({ kind: 'created', seq, waitlistPosition } satisfies Kept);
}
