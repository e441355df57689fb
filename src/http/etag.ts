/** An entity tag as RFC 9110 §8.8.3 writes it; a tag may contain commas, so lists can't be split at them. */
const TAG = /"([\x21\x23-\x7e\x80-\xff]*)"/g;

function opaqueTags(header: string): string[] {
  return [...header.matchAll(TAG)].map(([, tag]) => tag ?? '');
}

/**
 * The versions that an `If-Match` header (RFC 9110 §13.1.1) asks for: the number that each of its tags starts with.
 * Null: the header is absent or `*`, so any version will do. Empty: the header names no version that could exist.
 * Weak tags count, because a proxy that compresses a response weakens its tag without changing what it means.
 */
export function ifMatchVersions(header: string | undefined): number[] | null {
  if (header === undefined || header.trim() === '*') return null;
  const versions = opaqueTags(header).map((tag) => Number(/^(\d{1,15})(?:-|$)/.exec(tag)?.[1]));
  return [...new Set(versions.filter((version) => version > 0))];
}

/** Whether an `If-None-Match` header (RFC 9110 §13.1.2, weak comparison) says that the client has `tag` already. */
export function clientHas(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === '*' || opaqueTags(header).some((known) => `"${known}"` === tag);
}

/** Nothing has this version, so nothing is done. */
const NO_VERSION = 0;

/**
 * The one version that an `If-Match` header lets a command change, or null for any.
 * @param current tells the version that there is now, or null; asked only of a client that names several
 */
export async function expectedVersion(
  header: string | undefined,
  current: () => Promise<number | null>,
): Promise<number | null> {
  const versions = ifMatchVersions(header);
  if (versions === null) return null;
  const [first = NO_VERSION, ...others] = versions;
  if (others.length === 0) return first;
  const version = await current();
  return version !== null && versions.includes(version) ? version : NO_VERSION;
}
