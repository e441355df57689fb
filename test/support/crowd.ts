import type { ApiClient } from '../../scripts/api-client.ts';
import { type Stranger, signedStranger } from '../../scripts/local-secret.ts';
import type { Customer } from '../../scripts/rush.ts';
import { SECRET } from './child-server.ts';

/** An event that is open for reservations, and its organizer's token. */
export interface OpenEvent {
  readonly eventId: string;
  readonly capacity: number;
  readonly organizerToken: string;
}

/** Somebody with a token for the servers under test. */
export function stranger(role: 'customer' | 'organizer' | 'admin' = 'customer'): Promise<Stranger> {
  return signedStranger(SECRET, role);
}

/** Publishes an event with so many seats. */
export async function openEvent(client: ApiClient, capacity: number): Promise<OpenEvent> {
  const { token } = await stranger('organizer');
  const startMs = Date.now() + 24 * 3_600_000;
  const body = {
    title: 'A rush',
    start_time: new Date(startMs).toISOString(),
    end_time: new Date(startMs + 3_600_000).toISOString(),
    capacity,
    status: 'published',
  };
  const answer = await client.send('POST', '/api/events', { token, body });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return { eventId: (answer.body as { id: string }).id, capacity, organizerToken: token };
}

/** So many customers, each wanting `quantityOf` its number. */
export function crowdOf(size: number, quantityOf: (index: number) => number = () => 1): Promise<Customer[]> {
  return Promise.all(
    Array.from({ length: size }, async (_, index) => ({ ...(await stranger()), quantity: quantityOf(index) })),
  );
}
