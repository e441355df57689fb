import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { execute, rebuild } from '../../src/actor/client.ts';
import { EventActor } from '../../src/actor/event-actor.ts';
import { LIMITS, type Principal } from '../../src/domain/model.ts';
import { newEventId } from '../../src/http/ids.ts';
import {
  crowd,
  eventInD1,
  inActor,
  newEvent,
  rowsInD1,
  rsvOf,
  runAlarm,
  send,
  stopTheClock,
} from '../support/actor.ts';
import { alice, bob, carol, olga, seats } from '../support/given.ts';

beforeEach(stopTheClock);
afterEach(() => void vi.useRealTimers());

const inD1 = (statement: string, ...values: unknown[]) =>
  env.DB.prepare(statement)
    .bind(...values)
    .run();

/** An event with three reservations, and its rows in D1 as they should be. */
async function healthy() {
  const id = await newEvent({ tags: ['tag'] });
  await execute(env, id, alice, seats(rsvOf(id, 1)));
  await execute(env, id, bob, seats(rsvOf(id, 2), { status: 'pending' }));
  await execute(env, id, carol, seats(rsvOf(id, 3)));
  await execute(env, id, carol, { type: 'delete_reservation', reservationId: rsvOf(id, 3), ifVersion: null });
  const { num: _, rebuilds: __, ...event } = (await eventInD1(id)) ?? {};
  return { id, event, rows: await rowsInD1(id) };
}

const others = newEventId();

it.each([
  ['corrupted', 'UPDATE reservations SET quantity = 9, status = ?2 WHERE event_id = ?1', 'odd'],
  ['ahead of the actor', 'UPDATE reservations SET seq = 1000000, quantity = 9, status = ?2 WHERE event_id = ?1', 'odd'],
  ['deleted', 'DELETE FROM reservations WHERE event_id = ?1 AND user_id <> ?2', 'nobody'],
  ['given to another event', 'UPDATE reservations SET event_id = ?2 WHERE event_id = ?1', others],
  [
    'given to another event, ahead of the actor',
    'UPDATE reservations SET seq = 1000000, event_id = ?2 WHERE event_id = ?1',
    others,
  ],
])('repairs reservations that are %s', async (_, damage, value) => {
  const { id, rows } = await healthy();
  await inD1(damage, id, value);
  expect(await rowsInD1(id)).not.toEqual(rows);
  expect(await rebuild(env, id)).toEqual({ seq: 6, reservations: 3 });
  expect(await rowsInD1(id)).toEqual(rows);
});

it.each([
  ['low', (id: string) => `${id.replace('evt_', 'rsv_')}${'0'.repeat(26)}`],
  ['high', (id: string) => `${id.replace('evt_', 'rsv_')}7${'z'.repeat(25)}`],
  ['foreign', () => 'rsv_invented'],
])('removes reservations that were invented, under an id that is %s', async (_, invented) => {
  const { id, rows } = await healthy();
  const columns = 'seq, event_id, user_id, attendee_id, quantity, status, ticket_code, created_at, updated_at, version';
  const select = `SELECT ?2, ${columns} FROM reservations WHERE event_id = ?1 AND deleted_at IS NULL LIMIT 1`;
  await inD1(`INSERT INTO reservations (id, ${columns}) ${select}`, id, invented(id));
  expect(await rowsInD1(id)).toHaveLength(4);
  await rebuild(env, id);
  expect(await rowsInD1(id)).toEqual(rows);
});

it.each([
  ['corrupted', "UPDATE events SET title = 'odd', held = 99 WHERE id = ?"],
  ['ahead of the actor', 'UPDATE events SET seq = 1000000, confirmed = 99 WHERE id = ?'],
  ['deleted', 'DELETE FROM events WHERE id = ?'],
])('repairs an event that is %s', async (_, damage) => {
  const { id, event } = await healthy();
  await inD1(damage, id);
  await rebuild(env, id);
  const { num, rebuilds: _rebuilds, ...repaired } = (await eventInD1(id)) ?? {};
  expect(repaired).toEqual(event);
  const found = env.DB.prepare('SELECT rowid FROM events_fts WHERE events_fts MATCH ?').bind('talk');
  expect((await found.all()).results.map(({ rowid }) => rowid)).toContain(num);
});

it('leaves the rows of other events alone', async () => {
  const [one, other] = [await healthy(), await healthy()];
  await rebuild(env, one.id);
  expect(await rowsInD1(other.id)).toEqual(other.rows);
});

it('lets projection go on from where it was', async () => {
  const { id } = await healthy();
  await rebuild(env, id);
  const answer = await execute(env, id, olga, seats(rsvOf(id, 4)));
  expect(answer.readModel).toBe('current');
  expect(await rowsInD1(id)).toHaveLength(4);
});

it('rebuilds page after page, while commands go on', async () => {
  const id = await newEvent({ capacity: 5_000 });
  const count = 2 * LIMITS.batchMax + 100;
  for (let sent = 0; sent < count; sent += 700) await send(id, ...crowd(id, count).slice(sent, sent + 700));
  await runAlarm(id);
  await inD1('UPDATE reservations SET seq = 1000000, quantity = 9 WHERE event_id = ?', id);
  const cancelled = { type: 'cancel', reservationId: rsvOf(id, 1) } as const;
  const [rebuilt] = await Promise.all([rebuild(env, id), execute(env, id, olga, cancelled), rebuild(env, id)]);
  expect(rebuilt?.reservations).toBe(count);
  await inActor((_, actor) => actor.alarm(), id);
  const rows = await rowsInD1(id);
  expect(rows).toHaveLength(count);
  expect(rows.every(({ quantity }) => quantity === 1)).toBe(true);
  expect(rows[0]).toMatchObject({ id: rsvOf(id, 1), status: 'cancelled' });
  expect(await eventInD1(id)).toMatchObject({ confirmed: count - 1, seq: count + 2 });
});

it('says of every rebuild how much it wrote, also of one that came while another was under way', async () => {
  const { id } = await healthy();
  const done = { seq: 6, reservations: 3 };
  expect(await Promise.all([rebuild(env, id), rebuild(env, id)])).toEqual([done, done]);
});

it('writes the history anew as it was, with whose the reservation was at each fact', async () => {
  const id = await newEvent();
  const reservationId = rsvOf(id, 1);
  const offerTo = ({ userId }: Principal) => ({ type: 'offer_transfer', reservationId, to: userId }) as const;
  const accept = { type: 'accept_transfer', reservationId, ticketCode: 'new' } as const;
  await execute(env, id, alice, seats(reservationId));
  await execute(env, id, alice, offerTo(bob));
  await execute(env, id, bob, accept);
  await execute(env, id, bob, offerTo(carol));
  await execute(env, id, carol, accept);
  const history = async () =>
    (await env.DB.prepare('SELECT * FROM history WHERE event_id = ? ORDER BY id').bind(id).all()).results;
  const lines = await history();
  // Null: the one who did it.
  expect(lines.map(({ owner_id }) => owner_id)).toEqual([null, null, null, alice.userId, null, bob.userId]);
  await inD1('DELETE FROM history WHERE event_id = ?', id);
  await rebuild(env, id);
  expect(await history()).toEqual(lines);
});

it('knows nothing to rebuild of an event that was never created', async () => {
  expect(await rebuild(env, newEventId())).toBeNull();
});

/** D1, counting the rows that its batches read. */
function counting(db: D1Database) {
  let rowsRead = 0;
  const withSession = (constraint: string) => {
    const session = db.withSession(constraint);
    return {
      prepare: (query: string) => session.prepare(query),
      getBookmark: () => session.getBookmark(),
      batch: async (statements: D1PreparedStatement[]) => {
        const results = await session.batch(statements);
        rowsRead += results.reduce((sum, { meta }) => sum + meta.rows_read, 0);
        return results;
      },
    };
  };
  return { db: { withSession } as unknown as D1Database, rowsRead: () => rowsRead };
}

it('reads no reservations of other events', async () => {
  const crowded = await newEvent({ capacity: 1_000 });
  await send(crowded, ...crowd(crowded, 500));
  const { id, rows } = await healthy();
  await inActor(async (state) => {
    const { db, rowsRead } = counting(env.DB);
    await new EventActor(state, { ...env, DB: db }).rebuild();
    expect(rowsRead()).toBeGreaterThan(0);
    expect(rowsRead()).toBeLessThan(100);
  }, id);
  expect(await rowsInD1(id)).toEqual(rows);
});
