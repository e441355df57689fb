import { createHash, randomBytes } from 'node:crypto';

/** How long a device may stay silent before it must log in again. */
export const REFRESH_TOKEN_MS = 30 * 24 * 60 * 60 * 1000;
/** Devices that an account is signed in on at most; the ones silent for longest give way. */
export const DEVICES_MAX = 50;

/** Whole base64url groups, so that the family's id is a plain prefix of the token. */
const FAMILY_BYTES = 18;
const FAMILY_LENGTH = 24;
const SECRET_BYTES = 32;
const TOKEN = /^[\w-]{67}$/;

/** What is stored of a token. */
export interface TokenRecord {
  readonly familyId: string;
  readonly hash: string;
}

/** A token on its way to the client; never stored or logged. */
export interface IssuedToken extends TokenRecord {
  readonly token: string;
}

function recordOf(token: string): TokenRecord {
  return {
    familyId: token.slice(0, FAMILY_LENGTH),
    hash: createHash('sha256').update(token).digest('base64url'),
  };
}

/**
 * A fresh token: the id of its family, 144 random bits that only its holder ever sees, then 256 of its own.
 * @param familyId the family to continue; a new one if it is left out
 */
export function issueToken(familyId = randomBytes(FAMILY_BYTES).toString('base64url')): IssuedToken {
  const token = familyId + randomBytes(SECRET_BYTES).toString('base64url');
  return { token, ...recordOf(token) };
}

/** The token as it is stored, or null if it isn't formed like one. */
export function readToken(text: string): TokenRecord | null {
  return TOKEN.test(text) ? recordOf(text) : null;
}
