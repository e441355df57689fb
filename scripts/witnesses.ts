import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type ApiClient, explain, persist } from './api-client.ts';
import { Failure } from './command-line.ts';
import type { Told } from './rush.ts';
import { type Evidence, type Row, seatsOf } from './verdict.ts';

const LOOK_EVERY_MS = 200;
const PAGE = 100;

const availabilitySchema = z.object({ reserved_slots: z.number(), available_slots: z.number() });
const rowSchema = z.object({ id: z.string(), user_id: z.string(), quantity: z.number(), status: z.string() });
const pageSchema = z.object({ items: z.array(rowSchema), next_cursor: z.string().nullable() });

/** The actor's count of the event's seats. */
async function askActor(client: ApiClient, eventId: string): Promise<Evidence['actor']> {
  const answer = await persist(() => client.send('GET', `/api/events/${eventId}/availability`));
  if (answer.status !== 200) throw new Failure(`Could not ask for the availability of ${eventId}: ${explain(answer)}`);
  const { reserved_slots: reserved, available_slots: available } = availabilitySchema.parse(answer.body);
  return { reserved, available };
}

/** All reservations of the event that D1 shows now, page by page. */
export async function listRows(client: ApiClient, eventId: string, organizerToken: string): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = null;
  do {
    const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const path = `/api/events/${eventId}/reservations?limit=${PAGE}${after}`;
    const answer = await persist(() => client.send('GET', path, { token: organizerToken }));
    if (answer.status !== 200) throw new Failure(`Could not list the reservations of ${eventId}: ${explain(answer)}`);
    const page = pageSchema.parse(answer.body);
    rows.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return rows;
}

/** What to look into after a rush. */
export interface Scene {
  readonly client: ApiClient;
  readonly eventId: string;
  readonly capacity: number;
  readonly organizerToken: string;
  readonly told: Told;
}

/**
 * Hears the actor and D1. The rush is over, so the actor's count stands still; D1 gets `patienceMs` to catch up with it.
 */
export async function gatherEvidence(scene: Scene, patienceMs: number): Promise<Evidence> {
  const { client, eventId, capacity, organizerToken, told } = scene;
  const actor = await askActor(client, eventId);
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    const rows = await listRows(client, eventId, organizerToken);
    if (seatsOf(rows) === actor.reserved || performance.now() > deadlineMs) return { capacity, told, actor, rows };
    await sleep(LOOK_EVERY_MS);
  }
}
