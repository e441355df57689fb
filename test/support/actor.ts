import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { EventActor } from '../../src/actor/event-actor.ts';
import type { EventId } from '../../src/domain/model.ts';
import { newEventId } from '../../src/http/ids.ts';

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

/** Makes the actor's storage what it was before its event was created. */
export function wipe(storage: DurableObjectStorage): void {
  for (const table of tablesOf(storage)) storage.sql.exec(`DROP TABLE ${table}`);
}
