import { wordsOf } from '../http/search.ts';

/** Queries of both indexes of events' words, which must both be met: of whole words by their stems, and of beginnings. */
export interface Tier {
  readonly words: string | null;
  readonly beginnings: string | null;
}

/** How the words of a search must occur; the better tier comes first. */
export type Search = readonly Tier[];

/** Where all words occur in each tier. */
const TIERS = ['{title} : ', '{title tags} : ', ''];

/** A beginning of a letter or two is as much work as all that begin with it, and a search has room for dozens of them. */
const BEGINNINGS_MAX = 5;

/**
 * A client's search as FTS5 queries that cannot fail: every word becomes a quoted string, all of them are required, and
 * the first five words that end with `*` match beginnings.
 * @returns null if there is no letter or digit to look for
 */
export function compileSearch(q: string): Search | null {
  const words = wordsOf(q);
  if (words.length === 0) return null;
  const beginnings = words.filter((word) => word.endsWith('*')).slice(0, BEGINNINGS_MAX);
  const others = words.filter((word) => !beginnings.includes(word));
  const all = (terms: readonly string[], where: string) => (terms.length === 0 ? null : `${where}(${terms.join(' ')})`);
  return TIERS.map((where) => ({
    words: all(others.map(quoted), where),
    beginnings: all(
      beginnings.map((word) => `${quoted(word)}*`),
      where,
    ),
  }));
}

function quoted(word: string): string {
  return `"${word.replace(/\*+$/, '').replaceAll('"', '""')}"`;
}
