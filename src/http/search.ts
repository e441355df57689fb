/** The words of a client's search, each once: those that have a letter or digit. */
export function wordsOf(q: string): string[] {
  const words = q.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  return [...new Set(words)];
}

/**
 * A client's search as an FTS5 query that cannot fail: every word becomes a quoted string, all of them are required,
 * and each is the beginning of a word. Null if there is no letter or digit to look for.
 */
export function prefixSearch(q: string): string | null {
  const words = wordsOf(q);
  return words.length === 0 ? null : words.map((word) => `"${word.replaceAll('"', '""')}"*`).join(' ');
}
