/** How the words of a search must occur, as FTS5 queries; the better tier comes first. */
export interface Search {
  readonly title: string;
  readonly titleAndTags: string;
  readonly anywhere: string;
}

/**
 * A client's search as FTS5 queries that cannot fail: every word becomes a quoted string, all of them are required, and
 * a word that ends with `*` matches beginnings. Null if there is no letter or digit to look for.
 */
export function compileSearch(q: string): Search | null {
  const words = q.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  if (words.length === 0) return null;
  const anywhere = words.map(quoted).join(' ');
  return { title: `{title} : (${anywhere})`, titleAndTags: `{title tags} : (${anywhere})`, anywhere };
}

function quoted(word: string): string {
  const text = word.replace(/\*+$/, '').replaceAll('"', '""');
  return word.endsWith('*') ? `"${text}"*` : `"${text}"`;
}
