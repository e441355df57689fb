import { Hono } from 'hono';
import { typeidUnboxed } from 'typeid-js';
import type { Reply } from '../../src/actor/event-actor.ts';
import { project } from '../../src/db/projection.ts';
import type { Command } from '../../src/domain/commands.ts';
import type { CommandId, EventId, EventView, UserId } from '../../src/domain/model.ts';
import { newEventId, newReservationId, newSecretCode, newUserId } from '../../src/http/ids.ts';
import { catalogue, type Listing } from '../catalogue.ts';

/** The actor's verb as the bench calls it; the platform's own type does not fit unions. */
type Actor = { execute(commands: readonly Command[]): Promise<Reply> };

interface Fill {
  readonly eventId: EventId;
  readonly count: number;
  readonly parallel: number;
  readonly cancel: boolean;
}

const BATCH = 1_000;
const MINUTE_MS = 60_000;

const app = new Hono<{ Bindings: Env }>();

/** Puts the catalogue into the read model, through the code that always writes it. Answers the ids. */
app.post('/catalogue', async (c) => {
  const session = c.env.DB.withSession('first-primary');
  const organizer = newUserId();
  const ids: EventId[] = [];
  for (const listing of catalogue(Date.now())) {
    const view = viewOf(newEventId(), organizer, listing, Date.now());
    await project(session, [{ view, isEdited: true, reservations: [], facts: [], transfers: [] }]);
    ids.push(view.event.id);
  }
  return c.json(ids);
});

/**
 * Reserves for `count` fresh holders in batches, `parallel` of them on their way at once; then, if told so, cancels all
 * that. Commands are made before the clock runs, and the clock of workerd stands still until something is waited for:
 * hence the waits.
 */
app.post('/fill', async (c) => {
  const { eventId, count, parallel, cancel } = await c.req.json<Fill>();
  const batches: Command[][] = [];
  for (let left = count; left > 0; left -= BATCH) batches.push(reserves(eventId, Math.min(BATCH, left)));
  await scheduler.wait(1);
  const start = Date.now();
  const accepted = await executeAll(c.env, eventId, batches, parallel);
  await scheduler.wait(1);
  const seconds = (Date.now() - start) / 1_000;
  if (cancel)
    await executeAll(
      c.env,
      eventId,
      batches.map((batch) => batch.map(cancellation)),
      parallel,
    );
  return c.json({ accepted, seconds });
});

async function executeAll(
  env: Env,
  eventId: EventId,
  batches: readonly Command[][],
  parallel: number,
): Promise<number> {
  const left = [...batches];
  let accepted = 0;
  const send = async () => {
    for (let batch = left.shift(); batch !== undefined; batch = left.shift()) {
      const actor = env.EVENT_ACTOR.get(env.EVENT_ACTOR.idFromName(eventId)) as unknown as Actor;
      const { outcomes } = await actor.execute(batch);
      accepted += outcomes.filter(({ kind }) => kind === 'reservation').length;
    }
  };
  await Promise.all(Array.from({ length: parallel }, send));
  return accepted;
}

/**
 * Up to which fact of an event the read model is. While it catches up the event's row is ahead of its reservations, so
 * the latest of these say it: what comes last in a load is done to one of the last batch.
 */
app.get('/read-model/:id/seq', async (c) => {
  const latest = `SELECT seq FROM reservations WHERE event_id = events.id AND deleted_at IS NULL
    ORDER BY created_at DESC LIMIT ${BATCH}`;
  const last = `(SELECT max(seq) FROM (${latest}))`;
  const find = c.env.DB.prepare(`SELECT coalesce(${last}, seq) AS seq FROM events WHERE id = ?`).bind(
    c.req.param('id'),
  );
  return c.json((await find.first<{ seq: number }>()) ?? { seq: 0 });
});

/** How many reservations of an event the read model has that take seats. */
app.get('/read-model/:id/reservations', async (c) => {
  const active = "event_id = ? AND status IN ('pending', 'confirmed')";
  const count = c.env.DB.prepare(`SELECT count(*) AS n FROM reservations WHERE ${active}`).bind(c.req.param('id'));
  return c.json(await count.first<{ n: number }>());
});

function newCommandId(): CommandId {
  return typeidUnboxed('cmd') as string as CommandId;
}

function cancellation(command: Command): Command {
  const { eventId, principal } = command;
  if (command.type !== 'reserve') throw new Error(`${command.type} cannot be cancelled`);
  return { type: 'cancel', id: newCommandId(), eventId, principal, reservationId: command.reservationId };
}

function reserves(eventId: EventId, count: number): Command[] {
  return Array.from({ length: count }, () => ({
    type: 'reserve',
    id: newCommandId(),
    eventId,
    principal: { userId: newUserId(), role: 'customer' },
    reservationId: newReservationId(eventId),
    attendeeId: null,
    quantity: 1,
    status: null,
    onFull: 'refuse',
    ticketCode: newSecretCode(),
  }));
}

function viewOf(id: EventId, organizerId: UserId, listing: Listing, now: number): EventView {
  const { reserved, ...details } = listing;
  const event: EventView['event'] = {
    ...details,
    id,
    organizerId,
    timeZone: 'Europe/Berlin',
    venueId: null,
    countryCode: null,
    price: { amount: 1_500, currency: 'EUR' },
    maxQuantity: 10,
    requiresConfirmation: false,
    holdMs: 15 * MINUTE_MS,
    reservationsOpenAt: null,
    reservationsCloseAt: null,
    cancelUntil: null,
    status: 'published',
    publishedAt: now,
    deletedAt: null,
    createdAt: now,
    updatedAt: now,
    version: 1,
  };
  return { event, totals: { held: 0, confirmed: reserved, waitlisted: 0 }, seq: 1 };
}

export default app;
