import { expect } from 'vitest';
import { request } from './api.ts';

/** A valid body for `POST /api/venues`. */
export function venueBody(over: Record<string, unknown> = {}): Record<string, unknown> {
  return { name: 'Tempodrom', location: 'Berlin', capacity: 100, country_code: 'DE', ...over };
}

/** Creates a venue over HTTP and answers its JSON. */
// biome-ignore lint/suspicious/noExplicitAny: as `Reply`
export async function createVenue(token: string, over: Record<string, unknown> = {}): Promise<any> {
  const reply = await request('POST', '/api/venues', { token, body: venueBody(over) });
  expect(reply.body).toMatchObject({ id: expect.any(String) });
  return reply.body;
}
