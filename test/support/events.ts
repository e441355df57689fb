import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import { project } from '../../src/db/projection.ts';
import type { EventRecord, Totals } from '../../src/domain/model.ts';
import { newEventId, newUserId } from '../../src/http/ids.ts';
import { forgetPublicAnswers } from '../../src/http/public-cache.ts';
import { type Reply, request } from './api.ts';

export const HOUR_MS = 3_600_000;

/** The instant so many hours from now, as JSON has it. */
export function hoursFromNow(hours: number): string {
  return new Date(Date.now() + hours * HOUR_MS).toISOString();
}

/** A valid body for `POST /api/events`. */
export function eventBody(over: Record<string, unknown> = {}): Record<string, unknown> {
  return { title: 'Concert', start_time: hoursFromNow(24), end_time: hoursFromNow(26), capacity: 10, ...over };
}

/** Creates an event over HTTP, published unless the body says otherwise, and answers its JSON. */
// biome-ignore lint/suspicious/noExplicitAny: as `Reply`
export async function createEvent(token: string, over: Record<string, unknown> = {}): Promise<any> {
  const reply = await request('POST', '/api/events', { token, body: eventBody({ status: 'published', ...over }) });
  expect(reply.body).toMatchObject({ id: expect.any(String) });
  return reply.body;
}

/** Puts an event straight into the read model, so that it can be one that the API would refuse, as a past one. */
export async function projectEvent(
  over: Partial<EventRecord> = {},
  totals: Totals = { held: 0, confirmed: 0, waitlisted: 0 },
): Promise<EventRecord> {
  const now = Date.now();
  const event: EventRecord = {
    id: newEventId(),
    organizerId: newUserId(),
    title: 'Concert',
    description: '',
    startTime: now + 24 * HOUR_MS,
    endTime: now + 26 * HOUR_MS,
    timeZone: 'UTC',
    capacity: 10,
    venueId: null,
    countryCode: null,
    price: null,
    tags: [],
    maxQuantity: 10,
    requiresConfirmation: false,
    holdMs: 900_000,
    reservationsOpenAt: null,
    reservationsCloseAt: null,
    cancelUntil: null,
    status: 'published',
    publishedAt: now,
    deletedAt: null,
    createdAt: now,
    updatedAt: now,
    version: 1,
    ...over,
  };
  await project(env.DB.withSession('first-primary'), [
    { view: { event, totals, seq: 1 }, isEdited: true, reservations: [], facts: [], transfers: [] },
  ]);
  // A command would have made the Worker forget what it knows.
  forgetPublicAnswers();
  return event;
}

/** Every page of a list, one after the other; fails when a page is over `limit` or the list never ends. */
// biome-ignore lint/suspicious/noExplicitAny: as `Reply`
export async function allPages(path: string, limit: number, token?: string): Promise<any[]> {
  const items: unknown[] = [];
  for (let cursor: string | null = '', pages = 0; cursor !== null; pages += 1) {
    const separator = path.includes('?') ? '&' : '?';
    const page: Reply = await request(
      'GET',
      `${path}${separator}limit=${limit}${cursor && `&cursor=${cursor}`}`,
      token === undefined ? {} : { token },
    );
    expect(page.status).toBe(200);
    expect(page.body.items.length).toBeLessThanOrEqual(limit);
    expect(pages).toBeLessThan(100);
    items.push(...page.body.items);
    cursor = page.body.next_cursor;
  }
  return items;
}

/** What a refusal for invalid input looks like: exactly these fields, with these codes. */
export function invalid(...errors: readonly (readonly [pointer: string, code: string])[]) {
  return {
    status: 422,
    body: {
      code: 'validation_failed',
      errors: errors.map(([pointer, code]) => ({ pointer, code, detail: expect.any(String) })),
    },
  };
}
