import { expect } from 'vitest';
import { address } from './accounts.ts';
import { request } from './api.ts';

/** A valid body for `POST /api/attendees`, with an e-mail address nobody else has. */
export function attendeeBody(over: Record<string, unknown> = {}): Record<string, unknown> {
  return { first_name: 'Grace', last_name: 'Hopper', email: `${crypto.randomUUID()}@example.com`, ...over };
}

/** Registers an attendee over HTTP, signed in or not, and answers its JSON with the edit token. */
// biome-ignore lint/suspicious/noExplicitAny: as `Reply`
export async function register(over: Record<string, unknown> = {}, token?: string): Promise<any> {
  const call = { body: attendeeBody(over), headers: address(), ...(token !== undefined && { token }) };
  const reply = await request('POST', '/api/attendees', call);
  expect(reply.body).toMatchObject({ id: expect.any(String), edit_token: expect.any(String) });
  return reply.body;
}
