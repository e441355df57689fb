import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** A D1 that can't be written. */
export interface StuckDatabase {
  /** How many reservations of the event it has. */
  countReservations(eventId: string): number;
  /** Gives it free. */
  release(): void;
}

/** Puts the D1 of a running server out of order, by holding the write lock of its file. */
export function blockD1(state: string): StuckDatabase {
  const folder = join(state, 'd1/miniflare-D1DatabaseObject');
  const [file, ...others] = readdirSync(folder).filter(
    (name) => name.endsWith('.sqlite') && name !== 'metadata.sqlite',
  );
  if (file === undefined || others.length > 0) throw new Error(`expected one database in ${folder}`);
  const database = new DatabaseSync(join(folder, file));
  database.exec('BEGIN IMMEDIATE');
  const count = database.prepare('SELECT count(*) AS count FROM reservations WHERE event_id = ?');
  return { countReservations: (eventId) => Number(count.get(eventId)?.count), release: () => database.close() };
}
