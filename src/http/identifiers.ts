/**
 * What makes two usernames or e-mail addresses the same: compatibility forms (full-width letters, ligatures) and case
 * don't count. Close to the UsernameCaseMapped profile of RFC 8265; the sigma at a word's end is one, as Unicode's case
 * folding has it.
 */
export function identifierKey(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');
}

/** Whether a login identifier is an e-mail address; a username never has an `@`. */
export function isEmail(key: string): boolean {
  return key.includes('@');
}
