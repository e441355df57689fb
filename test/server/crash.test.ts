import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiClient, persist } from '../../scripts/api-client.ts';
import { rush, type Told } from '../../scripts/rush.ts';
import { judge, type Row, seatsOf } from '../../scripts/verdict.ts';
import { gatherEvidence, listRows } from '../../scripts/witnesses.ts';
import { type FreshServer, freshServer } from '../support/child-server.ts';
import { crowdOf, openEvent } from '../support/crowd.ts';
import { blockD1 } from '../support/stuck-database.ts';

/** Polls D1 alone, so that only the actor's own alarm can have brought what appears. */
async function rowsOnceThere(look: () => Promise<Row[]>, isThere: (rows: Row[]) => boolean): Promise<Row[]> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const rows = await look();
    if (isThere(rows) || Date.now() > deadline) return rows;
    await sleep(100);
  }
}

// One state for all: each test leaves a server that runs on it.
let server: FreshServer;
let client: ApiClient;
beforeAll(async () => {
  server = await freshServer();
  ({ client } = server);
});
afterAll(() => server.end());

it('loses no acknowledged reservation to kill -9 in a rush, and doubles none', async () => {
  const event = await openEvent(client, 1_000);
  const crowd = await crowdOf(600, (index) => 1 + (index % 3));
  // In the middle of the rush, with 64 requests under way; nobody waits for the server to return.
  let killed: Promise<void> | null = null;
  const onStep = ({ acknowledged }: Told) => {
    if (acknowledged.length >= 200) killed ??= server.child.kill();
  };
  const told = await rush(client, event.eventId, crowd, { connections: 64, patienceMs: 0, onStep });
  await killed;
  expect(told.acknowledged.length).toBeLessThan(600);
  await server.startAgain();

  const look = () => listRows(client, event.eventId, event.organizerToken);
  const ids = told.acknowledged.map(({ reservationId }) => reservationId);
  const rows = await rowsOnceThere(look, (all) => ids.every((id) => all.some((row) => row.id === id)));
  expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
  const evidence = await gatherEvidence({ client, ...event, told }, 60_000);
  expect(judge(evidence).filter(({ holds }) => !holds)).toEqual([]);
  expect(seatsOf(evidence.rows)).toBe(evidence.actor.reserved);

  // Whoever was left without an answer asks again: seats that were given are named, not given twice.
  const again = await rush(client, event.eventId, told.unanswered, { connections: 64, patienceMs: 1_000 });
  const known = again.other.get('already_reserved') ?? 0;
  expect(known).toBe(evidence.rows.length - told.acknowledged.length);
  expect(again.acknowledged.length + again.soldOut.length + known).toBe(told.unanswered.length);
});

it('lets D1 catch up by itself with what was acknowledged while D1 was out of order, after kill -9 too', async () => {
  const event = await openEvent(client, 100);
  const stuck = blockD1(server.path);
  const told = await rush(client, event.eventId, await crowdOf(50), { connections: 16, patienceMs: 0 });
  expect(told.acknowledged).toHaveLength(50);
  expect(stuck.countReservations(event.eventId)).toBe(0);
  await server.child.kill();
  stuck.release();
  await server.startAgain();

  const look = () => listRows(client, event.eventId, event.organizerToken);
  expect(await rowsOnceThere(look, (rows) => rows.length > 0)).toHaveLength(50);
  const evidence = await gatherEvidence({ client, ...event, told }, 0);
  expect(judge(evidence).filter(({ holds }) => !holds)).toEqual([]);
});

it('keeps what it acknowledged over an orderly restart', async () => {
  const event = await openEvent(client, 3);
  const told = await rush(client, event.eventId, await crowdOf(2), { connections: 2, patienceMs: 1_000 });
  await server.child.stop();
  await server.startAgain();

  const evidence = await gatherEvidence({ client, ...event, told }, 60_000);
  expect(judge(evidence).filter(({ holds }) => !holds)).toEqual([]);
  expect(evidence.actor).toEqual({ reserved: 2, available: 1 });
  const [{ reservationId } = { reservationId: '' }] = told.acknowledged;
  const read = () => client.send('GET', `/api/reservations/${reservationId}`, { token: event.organizerToken });
  expect((await persist(read)).body).toMatchObject({ id: reservationId, status: 'confirmed' });
});
