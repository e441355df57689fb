import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { Problem } from '../http/problem.ts';

/** OWASP Password Storage Cheat Sheet: scrypt N=2^14, r=8, p=5; 16 MiB a hash, of an isolate's 128 MB. */
const LOG2_COST = 14;
const BLOCK_SIZE = 8;
const PARALLELISM = 5;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const PARAMETERS = `ln=${LOG2_COST},r=${BLOCK_SIZE},p=${PARALLELISM}`;

/** PHC string format: $scrypt$ln=…,r=…,p=…$salt$hash, base64 without padding. */
const PHC = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/;

/** Stands in for the hash of an account that doesn't exist. */
const DECOY = phc(new Uint8Array(SALT_BYTES), new Uint8Array(HASH_BYTES));

function phc(salt: Uint8Array, hash: Uint8Array): string {
  return `$scrypt$${PARAMETERS}$${base64(salt)}$${base64(hash)}`;
}

function base64(bytes: Uint8Array): string {
  return bytes.toBase64({ omitPadding: true });
}

/** Between looks whether it is one's turn. */
const TURN_MS = 20;
/** Several times what a hash takes on a slow machine: whoever holds the turn for longer was cut off, or has let it slip. */
const TURN_MS_MAX = 2000;
/** How long anybody waits for their turn: where more come than can be served, the line must not grow for ever. */
const PATIENCE_MS = 60_000;
/** When the turn ends of the hash that is being made in this isolate, by `Date.now()`. */
let busyUntil = 0;

/**
 * Lets one hash be made at a time, and other requests go on between two: all share the isolate's thread. Each looks for
 * itself whether it is its turn, because one request may not await what belongs to another.
 * @throws Problem `overloaded` after a minute in vain
 */
async function inTurn<T>(run: () => Promise<T>): Promise<T> {
  const since = Date.now();
  while (Date.now() < busyUntil) {
    if (Date.now() > since + PATIENCE_MS) throw new Problem('overloaded', undefined, {}, { 'retry-after': '10' });
    await scheduler.wait(TURN_MS);
  }
  const until = Date.now() + TURN_MS_MAX;
  busyUntil = until;
  try {
    await scheduler.wait(1);
    return await run();
  } finally {
    if (busyUntil === until) busyUntil = 0;
  }
}

/** Normalised, so that a password is the same from every keyboard (NIST SP 800-63B, 3.1.1.2). */
function derive(password: string, salt: Uint8Array, length: number, options: ScryptOptions): Promise<Uint8Array> {
  const hash = () =>
    new Promise<Uint8Array>((resolve, reject) => {
      scrypt(password.normalize('NFKC'), salt, length, options, (error, key) => (error ? reject(error) : resolve(key)));
    });
  return inTurn(hash);
}

/**
 * The password's scrypt hash under a fresh salt, as a PHC string.
 * @throws Problem `overloaded`
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const options = { N: 2 ** LOG2_COST, r: BLOCK_SIZE, p: PARALLELISM };
  return phc(salt, await derive(password, salt, HASH_BYTES, options));
}

/**
 * Whether the password is the one that was hashed. For null, an unknown account, it works as long and says no, so
 * that the time of an answer doesn't tell which accounts exist.
 * @throws Problem `overloaded`
 */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const [, log2Cost, blockSize, parallelism, salt, hash] = PHC.exec(stored ?? DECOY) ?? [];
  if (salt === undefined || hash === undefined) throw new Error('A stored password hash is not a PHC string');
  const expected = Uint8Array.fromBase64(hash);
  const options = { N: 2 ** Number(log2Cost), r: Number(blockSize), p: Number(parallelism) };
  const actual = await derive(password, Uint8Array.fromBase64(salt), expected.byteLength, options);
  return timingSafeEqual(actual, expected) && stored !== null;
}

/** Whether the hash was made with other parameters than today's and should be made anew. */
export function isOutdated(stored: string): boolean {
  return !stored.startsWith(`$scrypt$${PARAMETERS}$`);
}
