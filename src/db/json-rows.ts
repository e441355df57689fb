/**
 * SQL that makes a bound JSON array the rows of a table `rows`, each in its column `v`. A bound row costs less than a
 * bound value. They are materialized, for else SQLite writes a whole row as text again for each column that is read of
 * it, which was two thirds of an insert.
 */
export const WITH_ROWS = 'WITH rows (v) AS MATERIALIZED (SELECT value FROM json_each(?))';

/** A bound value may have 2 MB; in UTF-8 a character of JSON has at most three bytes. */
const BOUND_LENGTH_MAX = 600_000;

/** Rows as the JSON arrays to bind, in their order: none, or one, unless it were too long for a bound value. */
export function jsonParts(rows: readonly unknown[]): string[] {
  if (rows.length === 0) return [];
  const whole = JSON.stringify(rows);
  if (whole.length <= BOUND_LENGTH_MAX || rows.length === 1) return [whole];
  const middle = Math.ceil(rows.length / 2);
  return [...jsonParts(rows.slice(0, middle)), ...jsonParts(rows.slice(middle))];
}

/** The columns of a table, the key first, each with what it holds of a thing. */
export type Columns<T> = Readonly<Record<string, (thing: T) => string | number | null>>;

/** Makes a thing a row, with the values of these columns in their order. */
export function rowOf<T>(columns: Columns<T>): (thing: T) => (string | number | null)[] {
  const values = Object.values(columns);
  return (thing) => values.map((take) => take(thing));
}

/**
 * SQL that inserts rows: any number of them, as one bound JSON array with an array of values for each.
 * @param conflict what to do with a row that is there already; none: it is an error
 */
export function insertRows(table: string, columns: readonly string[], conflict = ''): string {
  return `${WITH_ROWS}
    INSERT INTO ${table} (${columns.join(', ')})
    SELECT ${columns.map((_, index) => `v ->> ${index}`).join(', ')} FROM rows WHERE true ${conflict}`;
}

/** Sets all columns but the first, the key, to what the new row has. */
export function replaceBy(columns: readonly string[]): string {
  const updates = columns.slice(1).map((column) => `${column} = excluded.${column}`);
  return `ON CONFLICT (${columns[0]}) DO UPDATE SET ${updates.join(', ')}`;
}
