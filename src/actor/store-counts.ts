import type { Instant } from '../domain/model.ts';
import { type Amount, type Day, FLOWS, type Flow, STOCK, type Stock, type Tally } from '../domain/tally.ts';

/** Days that are shown at most, the last ones: ten years. */
const DAYS_MAX = 3_660;

const COLUMNS = ['created', 'cancelled', 'expired', 'seats_taken', 'seats_freed', 'seats_checked_in'];

const ADD_TO_DAY = `
  INSERT INTO days (day, ${COLUMNS.join(', ')}) VALUES (?${', ?'.repeat(COLUMNS.length)})
  ON CONFLICT (day) DO UPDATE SET ${COLUMNS.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')}`;

/** The part of the store that counts: kept in the transaction of the facts, read in a moment however many there were. */
export class Counts {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Adds what facts changed. */
  add({ stock, flow }: Tally, at: Instant, timeZone: string): void {
    const changed = STOCK.filter((name) => stock[name] !== 0).map((name) => [name, stock[name]]);
    if (changed.length > 0) {
      this.#sql.exec(
        'UPDATE stock SET amount = amount + (change.value ->> 1) FROM json_each(?) change WHERE name = change.value ->> 0',
        JSON.stringify(changed),
      );
    }
    const happened = FLOWS.map((name) => flow[name]);
    if (happened.some((amount) => amount !== 0)) this.#sql.exec(ADD_TO_DAY, dayOf(at, timeZone), ...happened);
  }

  /** Reservations and seats by status. */
  stock(): Stock {
    const rows = this.#sql.exec<{ name: string; amount: number }>('SELECT * FROM stock');
    const amounts = new Map([...rows].map(({ name, amount }) => [name, amount]));
    return Object.fromEntries(STOCK.map((name) => [name, amounts.get(name) ?? 0])) as unknown as Stock;
  }

  /** What happened on each day on which anything did, in order. */
  days(): Day[] {
    const last = `SELECT day, ${COLUMNS.join(', ')} FROM days ORDER BY day DESC LIMIT ?`;
    return [...this.#sql.exec(last, DAYS_MAX).raw()].reverse().map(([day, ...amounts]) => {
      const flow = Object.fromEntries(FLOWS.map((name, index) => [name, amounts[index]])) as unknown as Flow;
      return { day: String(day), ...flow };
    });
  }

  /** Holds that are over though no fact says so yet. */
  lapsed(at: Instant): Amount {
    const count = `SELECT count(*) AS reservations, coalesce(sum(quantity), 0) AS seats FROM reservations
      WHERE status = 'pending' AND expires_at <= ?`;
    const { reservations, seats } = this.#sql.exec<{ reservations: number; seats: number }>(count, at).one();
    return { reservations, seats };
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** An event has one time zone, but is free to change it. */
const FORMATS_MAX = 10;

/** The day of an instant in a time zone: `YYYY-MM-DD`. */
function dayOf(at: Instant, timeZone: string): string {
  let format = formats.get(timeZone);
  if (format === undefined) {
    if (formats.size >= FORMATS_MAX) formats.clear();
    // The Canadian way to write a date is that of ISO 8601.
    format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formats.set(timeZone, format);
  }
  return format.format(at);
}
