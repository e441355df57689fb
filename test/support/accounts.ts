import { env } from 'cloudflare:workers';
import { type Reply, request } from './api.ts';

let count = 0;

/** A sender nobody else has, so that tests don't use up each other's rate limits. */
export function address(): Readonly<Record<string, string>> {
  count += 1;
  return { 'cf-connecting-ip': `10.${Math.floor(Math.random() * 250)}.${Math.floor(count / 250)}.${count % 250}` };
}

export const PASSWORD = 'correct horse battery';

/** A sign-up body with names nobody else has. */
export function newcomer(more: Readonly<Record<string, unknown>> = {}) {
  const username = `user-${crypto.randomUUID().slice(0, 13)}`;
  return { username, email: `${username}@example.com`, password: PASSWORD, ...more };
}

/** Signs somebody up; the answer's body is the session. */
export async function signUp(more: Readonly<Record<string, unknown>> = {}): Promise<Reply> {
  return request('POST', '/api/auth/signup', { body: newcomer(more), headers: address() });
}

/** One login from an address of its own. */
export async function logIn(username: string, password = PASSWORD): Promise<Reply> {
  return request('POST', '/api/auth/login', { body: { username, password }, headers: address() });
}

/** One use of a refresh token. */
export async function refresh(refreshToken: string): Promise<Reply> {
  return request('POST', '/api/auth/refresh', { body: { refresh_token: refreshToken } });
}

/** Signs an admin up, with an account that admin routes find. */
export async function signUpAdmin(): Promise<{ readonly id: string; readonly token: string }> {
  const { user } = (await signUp()).body;
  await env.DB.prepare("UPDATE users SET role = 'admin' WHERE id = ?").bind(user.id).run();
  const { access_token } = (await logIn(user.username)).body;
  return { id: user.id, token: access_token };
}
