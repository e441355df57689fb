import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { z } from 'zod';
import { type Answer, type ApiClient, explain, type Method, persist, problemOf } from './api-client.ts';
import { Failure } from './command-line.ts';
import { makeFolder } from './paths.ts';

/** A token is renewed when so much of its life has passed. */
const RENEW_AT = 0.8;
const USERNAME = 'loader';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const tokensSchema = z.object({ access_token: z.string(), expires_in: z.number() });
const savedSchema = z.record(z.string(), z.object({ username: z.string(), password: z.string() }));

/** Sends requests as one user and keeps its access token fresh. */
export interface Session {
  /** As `ApiClient.send`, with a valid token. */
  send(method: Method, path: string, body?: unknown): Promise<Answer>;
}

/** A session with a token that somebody else made; it ends when the token does. */
export function sessionWithToken(client: ApiClient, token: string): Session {
  return { send: (method, path, body) => client.send(method, path, { token, body }) };
}

/**
 * A session that logs in, and again whenever its token of 15 minutes nears its end or is refused.
 * @throws Failure when the credentials are refused
 */
export async function sessionWithPassword(client: ApiClient, credentials: Credentials): Promise<Session> {
  let current = logIn(client, credentials);
  await current;
  const renewed = async (stale: Token) => {
    // Many requests may notice at once; the first renews for all of them.
    if ((await current) === stale) current = logIn(client, credentials);
    return current;
  };
  return {
    async send(method, path, body) {
      let token = await current;
      if (performance.now() > token.renewAtMs) token = await renewed(token);
      const answer = await client.send(method, path, { token: token.text, body });
      if (answer.status !== 401) return answer;
      return client.send(method, path, { token: (await renewed(token)).text, body });
    },
  };
}

interface Token {
  readonly text: string;
  readonly renewAtMs: number;
}

async function logIn(client: ApiClient, credentials: Credentials): Promise<Token> {
  const answer = await persist(() => client.send('POST', '/api/auth/login', { body: credentials }));
  if (answer.status !== 200) {
    throw new Failure(`Could not log in as ${credentials.username}: ${explain(answer)}`);
  }
  const { access_token, expires_in } = tokensSchema.parse(answer.body);
  return { text: access_token, renewAtMs: performance.now() + expires_in * 1_000 * RENEW_AT };
}

/**
 * Signs up an organizer.
 * @returns the server's answer: 201, or a problem
 */
export function signUpOrganizer(client: ApiClient, credentials: Credentials, organization: string): Promise<Answer> {
  const body = {
    ...credentials,
    email: `${credentials.username}@example.com`,
    role: 'organizer',
    organization_name: organization,
    business_address: 'Nowhere in particular',
  };
  return persist(() => client.send('POST', '/api/auth/signup', { body }), 90_000);
}

/**
 * The organizer that loads data: from the environment if it names one, else an account `loader` of this machine, with
 * a generated password in `file`, which only the user can read.
 * @throws Failure when the account exists but its password isn't known here
 */
export async function loaderAccount(client: ApiClient, file: string): Promise<Credentials> {
  const { SEATKEEPER_USERNAME: username, SEATKEEPER_PASSWORD: password } = process.env;
  if (username && password) return { username, password };
  const saved: z.infer<typeof savedSchema> = existsSync(file)
    ? savedSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
    : {};
  const known = saved[client.url];
  const credentials = known ?? { username: USERNAME, password: randomBytes(24).toString('base64url') };
  // Saved first: were the process killed after the sign-up, nobody would know the password.
  if (known === undefined) save(file, { ...saved, [client.url]: credentials });
  const answer = await signUpOrganizer(client, credentials, 'Data loader');
  if (answer.status === 201) return credentials;
  const taken = ['username_taken', 'email_taken'].includes(problemOf(answer).code ?? '');
  if (known !== undefined && taken) return credentials;
  if (known === undefined) save(file, saved);
  const why = taken ? `it exists already, and ${file} does not have its password` : explain(answer);
  throw new Failure(
    `Could not sign up the account "${credentials.username}" at ${client.url}: ${why}.\n` +
      'Name an organizer in SEATKEEPER_USERNAME and SEATKEEPER_PASSWORD.',
  );
}

function save(file: string, content: z.infer<typeof savedSchema>): void {
  makeFolder(dirname(file));
  // Moved into place, so that nobody ever reads half of it.
  rmSync(`${file}.new`, { force: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
