import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { typeidUnboxed } from 'typeid-js';
import { vi } from 'vitest';
import { execute } from '../../src/actor/client.ts';
import type { EventActor, Reply } from '../../src/actor/event-actor.ts';
import type { Action, Command } from '../../src/domain/commands.ts';
import { reservationIdOf } from '../../src/domain/ids.ts';
import type { CommandId, EventDetails, EventId, Instant, Principal, ReservationId } from '../../src/domain/model.ts';
import { newEventId } from '../../src/http/ids.ts';
import { alice, attendee, details, olga, seats, T0 } from './given.ts';

/** The stub of an event's actor. */
export function stubOf(eventId: EventId): DurableObjectStub<EventActor> {
  return env.EVENT_ACTOR.get(env.EVENT_ACTOR.idFromName(eventId)) as DurableObjectStub<EventActor>;
}

/** Runs a test inside an actor, by default a fresh one, with its storage at hand. */
export function inActor<T>(
  run: (state: DurableObjectState, actor: EventActor) => T | Promise<T>,
  eventId: EventId = newEventId(),
): Promise<T> {
  return runInDurableObject(stubOf(eventId), (actor, state) => run(state, actor));
}

/** The tables that the actor made itself. */
export function tablesOf(storage: DurableObjectStorage): string[] {
  const made = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'";
  return storage.sql
    .exec(made)
    .toArray()
    .map(({ name }) => String(name));
}

/** Everything that the actor has stored: the rows of each table. */
export function dump(storage: DurableObjectStorage): Record<string, Record<string, SqlStorageValue>[]> {
  return Object.fromEntries(
    tablesOf(storage).map((table) => [table, storage.sql.exec(`SELECT * FROM ${table}`).toArray()]),
  );
}

/** Makes the actor's storage what it was before its event was created. */
export function wipe(storage: DurableObjectStorage): void {
  for (const table of tablesOf(storage)) storage.sql.exec(`DROP TABLE ${table}`);
}

/** Sends commands to the event's actor in one call, past the client's own ids and retries. */
export async function send(eventId: EventId, ...commands: readonly Command[]): Promise<Reply> {
  return (await stubOf(eventId).execute(commands)) as unknown as Reply;
}

/** A command with a fresh id. */
export function command(eventId: EventId, principal: Principal | null, action: Action): Command {
  return { ...action, id: typeidUnboxed('cmd') as string as CommandId, eventId, principal };
}

/** Creates an event of olga's. */
export async function newEvent(over: Partial<EventDetails> = {}, status: 'draft' | 'published' = 'published') {
  const eventId = newEventId();
  const answer = await execute(env, eventId, olga, { type: 'create_event', details: details(over), status });
  if (answer.outcome.kind !== 'event') throw new Error(`the event was refused: ${JSON.stringify(answer)}`);
  return eventId;
}

/** The n-th reservation id of an event. */
export function rsvOf(eventId: EventId, n: number): ReservationId {
  return reservationIdOf(eventId, `${n}`.padStart(26, '0'));
}

/** Commands that reserve for attendees 1 to `count`, one seat each. */
export function crowd(eventId: EventId, count: number, status: 'pending' | 'confirmed' = 'confirmed'): Command[] {
  return Array.from({ length: count }, (_, index) => {
    const asked = seats(rsvOf(eventId, index + 1), { status, attendeeId: attendee(index + 1) });
    return command(eventId, alice, asked);
  });
}

/** When the actor's alarm is due, or null. */
export function alarmOf(eventId: EventId): Promise<Instant | null> {
  return inActor(({ storage }) => storage.getAlarm(), eventId);
}

/** Lets time pass until the alarm is due, and runs it. */
export async function runAlarm(eventId: EventId): Promise<void> {
  const due = await alarmOf(eventId);
  if (due === null) throw new Error('no alarm is set');
  vi.setSystemTime(Math.max(due, Date.now()));
  await runDurableObjectAlarm(stubOf(eventId));
}

/** Stops the clock at T0, far from now, so that no alarm comes before a test runs it. */
export function stopTheClock(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: T0 });
}

/** The D1 rows of an event's reservations, in the order of their ids. */
export async function rowsInD1(eventId: EventId): Promise<Record<string, unknown>[]> {
  const rows = env.DB.prepare('SELECT * FROM reservations WHERE event_id = ? ORDER BY id').bind(eventId);
  return (await rows.all()).results;
}

/** The event's D1 row, or null. */
export async function eventInD1(eventId: EventId): Promise<Record<string, unknown> | null> {
  return await env.DB.prepare('SELECT * FROM events WHERE id = ?').bind(eventId).first();
}
