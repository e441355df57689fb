import { expect, vi } from 'vitest';
import { type Reply, request, somebody } from './api.ts';
import { createEvent } from './events.ts';

type Body = Record<string, unknown>;
type Caller = { readonly token: string };

export const organizer = await somebody('organizer');
export const admin = await somebody('admin');
export const MINUTE_MS = 60_000;

/** Runs as if it were this instant all the while; the Worker shares the clock of its tests. */
export async function at<T>(instant: number, run: () => Promise<T>): Promise<T> {
  vi.setSystemTime(instant);
  try {
    return await run();
  } finally {
    vi.useRealTimers();
  }
}

/** Runs as if so many minutes had passed. */
export function minutesLater<T>(minutes: number, run: () => Promise<T>): Promise<T> {
  return at(Date.now() + minutes * MINUTE_MS, run);
}

export function reserve(eventId: string, as: Caller, body: Body = {}, headers: Record<string, string> = {}) {
  return request('POST', `/api/events/${eventId}/reservations`, { token: as.token, body, headers });
}

/** One command on a reservation. */
export function act(as: Caller, id: string, command: string, body?: unknown): Promise<Reply> {
  return request('POST', `/api/reservations/${id}/${command}`, { token: as.token, body });
}

/** Somebody's reservation of an event; it must succeed. */
export async function booked(eventId: string, body: Body = {}) {
  const customer = await somebody();
  const reply = await reserve(eventId, customer, body);
  expect(reply.status, JSON.stringify(reply.body)).toBe(201);
  return {
    customer,
    eventId,
    id: reply.body.id as string,
    body: reply.body,
    path: `/api/reservations/${reply.body.id}`,
  };
}

/** The same of a fresh event of the organizer's. */
export async function reserved(event: Body = {}, body: Body = {}) {
  const { id } = await createEvent(organizer.token, event);
  return booked(id, body);
}

/** The event's occupancy. */
export async function availability(eventId: string) {
  return (await request('GET', `/api/events/${eventId}/availability`, { token: organizer.token })).body;
}

/** What a refusal looks like. */
export function refusal(status: number, code: string, more: Body = {}) {
  return { status, body: { code, ...more } };
}
