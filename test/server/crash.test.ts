import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { apiClient, problemOf } from '../../scripts/api-client.ts';
import { rush, type Told } from '../../scripts/rush.ts';
import { judge, type Row, seatsOf } from '../../scripts/verdict.ts';
import { gatherEvidence, listRows } from '../../scripts/witnesses.ts';
import { startChildServer, temporaryState } from '../support/child-server.ts';
import { crowdOf, openEvent } from '../support/crowd.ts';

/** Polls D1 alone, so that only the actor's own alarm can have brought what appears. */
async function rowsOnceThere(look: () => Promise<Row[]>, isThere: (rows: Row[]) => boolean): Promise<Row[]> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const rows = await look();
    if (isThere(rows) || Date.now() > deadline) return rows;
    await sleep(100);
  }
}

it('loses no acknowledged reservation to kill -9 in a rush, doubles none, and D1 catches up by itself', async () => {
  const state = await temporaryState();
  let server = await startChildServer(state.path);
  const client = apiClient(server.url, 64);
  try {
    const event = await openEvent(client, 1_000);
    const crowd = await crowdOf(600, (index) => 1 + (index % 3));
    // In the middle of the rush, with 64 requests under way; nobody waits for the server to return.
    let killed: Promise<void> | null = null;
    const onStep = ({ acknowledged }: Told) => {
      if (acknowledged.length >= 200) killed ??= server.kill();
    };
    const told = await rush(client, event.eventId, crowd, { connections: 64, patienceMs: 0, onStep });
    await killed;
    expect(told.acknowledged.length).toBeLessThan(600);
    server = await startChildServer(state.path, Number(new URL(server.url).port));

    const look = () => listRows(client, event.eventId, event.organizerToken);
    const ids = told.acknowledged.map(({ reservationId }) => reservationId);
    const rows = await rowsOnceThere(look, (all) => ids.every((id) => all.some((row) => row.id === id)));
    expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
    const evidence = await gatherEvidence({ client, ...event, told }, 5_000);
    expect(judge(evidence).filter(({ holds }) => !holds)).toEqual([]);
    expect(seatsOf(evidence.rows)).toBe(evidence.actor.reserved);

    // Whoever was left without an answer asks again: seats that were given are named, not given twice.
    const again = await rush(client, event.eventId, told.unanswered, { connections: 64, patienceMs: 1_000 });
    const known = again.other.get('already_reserved') ?? 0;
    expect(known).toBe(evidence.rows.length - told.acknowledged.length);
    expect(again.acknowledged.length + again.soldOut.length + known).toBe(told.unanswered.length);
  } finally {
    client.close();
    await server.stop();
    await state.remove();
  }
});

it('keeps what it acknowledged over an orderly restart', async () => {
  const state = await temporaryState();
  const first = await startChildServer(state.path);
  const before = apiClient(first.url, 4);
  const event = await openEvent(before, 3);
  const told = await rush(before, event.eventId, await crowdOf(2), { connections: 2, patienceMs: 1_000 });
  before.close();
  await first.stop();

  const second = await startChildServer(state.path);
  const after = apiClient(second.url, 4);
  try {
    const evidence = await gatherEvidence({ client: after, ...event, told }, 5_000);
    expect(judge(evidence).filter(({ holds }) => !holds)).toEqual([]);
    expect(evidence.actor).toEqual({ reserved: 2, available: 1 });
    const [{ reservationId } = { reservationId: '' }] = told.acknowledged;
    const read = await after.send('GET', `/api/reservations/${reservationId}`, { token: event.organizerToken });
    expect(problemOf(read)).toEqual({});
    expect(read.body).toMatchObject({ id: reservationId, status: 'confirmed' });
  } finally {
    after.close();
    await second.stop();
    await state.remove();
  }
});
