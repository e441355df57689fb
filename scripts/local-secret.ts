import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Role, UserId } from '../src/domain/model.ts';
import { signAccessToken } from '../src/http/auth.ts';
import { newUserId } from '../src/http/ids.ts';
import { type ApiClient, persist } from './api-client.ts';
import { Failure } from './command-line.ts';
import { ROOT } from './paths.ts';

/**
 * The secret with which this machine's server signs tokens: JWT_SECRET from the environment, else from `.dev.vars`.
 * @throws Failure when there is none
 */
export async function localSecret(): Promise<string> {
  const text = await readFile(join(ROOT, '.dev.vars'), 'utf8').catch(() => '');
  const secret = process.env.JWT_SECRET || parseEnv(text).JWT_SECRET;
  if (secret) return secret;
  throw new Failure('There is no JWT_SECRET in .dev.vars to sign tokens with; "npm start" makes one.');
}

/** Somebody with a token but without an account. */
export interface Stranger {
  readonly userId: UserId;
  readonly token: string;
}

/** Signs a token for a user that doesn't exist; only its bearer knows of it. */
export async function signedStranger(secret: string, role: Role): Promise<Stranger> {
  const userId = newUserId();
  return { userId, token: await signAccessToken(secret, { userId, role }) };
}

/** @throws Failure when the server signs its tokens with another secret than this */
export async function requireSameSecret(client: ApiClient, stranger: Stranger): Promise<void> {
  const answer = await persist(() => client.send('GET', '/api/reservations?limit=1', { token: stranger.token }));
  if (answer.status !== 401) return;
  throw new Failure(
    `${client.url} uses another JWT_SECRET than .dev.vars here: only this machine's own server will do.`,
  );
}
