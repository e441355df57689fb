/**
 * Lower-case letters that count as others, as the table `plain_letters` has them: FTS5's `remove_diacritics` knows only
 * Latin letters that Unicode takes apart.
 */
export const PLAIN_LETTERS: ReadonlyMap<string, string> = new Map([
  ['ł', 'l'],
  ['ø', 'o'],
  ['ǿ', 'o'],
  ['đ', 'd'],
  ['ð', 'd'],
  ['þ', 'th'],
  ['æ', 'ae'],
  ['ǽ', 'ae'],
  ['œ', 'oe'],
  ['ß', 'ss'],
  ['ħ', 'h'],
  ['ŧ', 't'],
  ['ı', 'i'],
  ['ά', 'α'],
  ['έ', 'ε'],
  ['ή', 'η'],
  ['ί', 'ι'],
  ['ϊ', 'ι'],
  ['ΐ', 'ι'],
  ['ό', 'ο'],
  ['ύ', 'υ'],
  ['ϋ', 'υ'],
  ['ΰ', 'υ'],
  ['ώ', 'ω'],
  ['ς', 'σ'],
  ['ё', 'е'],
]);

const FOLDED = new RegExp(`[${[...PLAIN_LETTERS.keys()].join('')}]`, 'gu');

/** The words of a client's search in NFC, each once, in plain lower-case letters: those that have a letter or digit. */
export function wordsOf(q: string): string[] {
  const plain = q.toLowerCase().replace(FOLDED, (letter) => PLAIN_LETTERS.get(letter) ?? letter);
  return [...new Set(plain.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word)))];
}

/**
 * A client's search as an FTS5 query that cannot fail: every word becomes a quoted string, all of them are required,
 * and each is the beginning of a word. Null if there is no letter or digit to look for.
 */
export function prefixSearch(q: string): string | null {
  const words = wordsOf(q);
  return words.length === 0 ? null : words.map((word) => `"${word.replaceAll('"', '""')}"*`).join(' ');
}
