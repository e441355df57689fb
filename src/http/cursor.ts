import { validationProblem } from './problem.ts';

/** The sort key of the last row of a page. */
export type CursorKey = readonly (string | number | null)[];

/**
 * A page's end as an opaque text (base64url of JSON). It names its list and filters, so that a cursor of one list is
 * refused by another; it holds nothing secret and needs no signature.
 */
export function encodeCursor(list: string, key: CursorKey): string {
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
