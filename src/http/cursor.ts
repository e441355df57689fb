import { createHash } from 'node:crypto';
import { validationProblem } from './problem.ts';

/** The sort key of the last row of a page. */
export type CursorKey = readonly (string | number | null)[];

/**
 * Names a list together with the filters that shape it, so that a cursor of one is refused by another.
 * @param filters everything in the query but the page itself
 */
export function listName(list: string, filters: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  const sorted = given.sort(([a], [b]) => (a < b ? -1 : 1));
  return `${list}:${createHash('sha256').update(JSON.stringify(sorted)).digest('base64url').slice(0, 12)}`;
}

/**
 * A page out of one row more than it shows: what is beyond `limit` only tells that there is a next page.
 * @param keyOf the row's sort key, which ends with something unique
 */
export function pageOf<Row>(
  list: string,
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => CursorKey,
): { rows: readonly Row[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { rows: shown, nextCursor: last === undefined ? null : encodeCursor(list, keyOf(last)) };
}

/**
 * A page's end as an opaque text (base64url of JSON). It names its list and filters, so that a cursor of one list is
 * refused by another; it holds nothing secret and needs no signature.
 */
function encodeCursor(list: string, key: CursorKey): string {
  const bytes = new TextEncoder().encode(JSON.stringify([list, ...key]));
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true });
}

/**
 * The key in a cursor of this list, or null for no cursor.
 * @param types what the key must be made of
 * @throws Problem `validation_failed` naming `/cursor`
 */
export function decodeCursor(
  list: string,
  types: readonly ('string' | 'number')[],
  cursor: string | undefined,
): CursorKey | null {
  if (cursor === undefined) return null;
  const parts = parse(cursor);
  const [name, ...key] = parts;
  if (name !== list || key.length !== types.length || !key.every((part, index) => typeof part === types[index])) {
    throw validationProblem([{ pointer: '/cursor', code: 'invalid_cursor', detail: 'Not a cursor of this list.' }]);
  }
  return key as CursorKey;
}

function parse(cursor: string): unknown[] {
  try {
    const bytes = Uint8Array.fromBase64(cursor, { alphabet: 'base64url' });
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
