import { randomBytes } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { Failure } from './command-line.ts';
import { ROOT } from './paths.ts';

const BYTES_MIN = 32;

/**
 * Sees to it that `.dev.vars`, where local secrets live, has a JWT_SECRET: generates one if there is none, keeps every
 * other line, and lets nobody else read the file.
 * @returns whether it was generated just now
 * @throws Failure if there is one that is too short to be safe
 */
export async function ensureSecret(file = join(ROOT, '.dev.vars')): Promise<boolean> {
  // A mode given to open counts only for a new file.
  const handle = await open(file, 'a+', 0o600);
  await handle.chmod(0o600);
  await handle.close();
  const found = await readFile(file, 'utf8');
  // After a byte order mark, with which some editors begin a file, the first name would be another.
  const text = found.replace(/^\uFEFF/, '');
  if (text !== found) await writeFile(file, text);
  const secret = parseEnv(text).JWT_SECRET ?? '';
  if (Buffer.byteLength(secret) >= BYTES_MIN) return false;
  if (secret !== '') {
    throw new Failure(`JWT_SECRET in .dev.vars needs at least ${BYTES_MIN} bytes. Delete that line to get a new one.`);
  }
  const kept = text.split('\n').filter((line) => line !== '' && !/^\s*(?:export\s+)?JWT_SECRET\s*=/.test(line));
  const line = `JWT_SECRET=${randomBytes(48).toString('base64url')}`;
  await writeFile(file, [...kept, line, ''].join('\n'));
  return true;
}
