import { wordsOf } from '../http/search.ts';

/** How the words of a search must occur, as FTS5 queries; the better tier comes first. */
export interface Search {
  readonly title: string;
  readonly titleAndTags: string;
  readonly anywhere: string;
}

/** A beginning of a letter or two is as much work as all that begin with it, and a search has room for dozens of them. */
const BEGINNINGS_MAX = 5;

/**
 * A client's search as FTS5 queries that cannot fail: every word becomes a quoted string, all of them are required, and
 * the first five words that end with `*` match beginnings. Null if there is no letter or digit to look for.
 */
export function compileSearch(q: string): Search | null {
  const words = wordsOf(q);
  if (words.length === 0) return null;
  const beginnings = words.filter((word) => word.endsWith('*')).slice(0, BEGINNINGS_MAX);
  const anywhere = words.map((word) => quoted(word) + (beginnings.includes(word) ? '*' : '')).join(' ');
  return { title: `{title} : (${anywhere})`, titleAndTags: `{title tags} : (${anywhere})`, anywhere };
}

function quoted(word: string): string {
  return `"${word.replace(/\*+$/, '').replaceAll('"', '""')}"`;
}
