import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiClient, problemOf } from '../../scripts/api-client.ts';
import { rush } from '../../scripts/rush.ts';
import { judge, seatsOf } from '../../scripts/verdict.ts';
import { gatherEvidence, listRows } from '../../scripts/witnesses.ts';
import { freshServer } from '../support/child-server.ts';
import { crowdOf, openEvent, stranger } from '../support/crowd.ts';

const RUSH = { connections: 64, patienceMs: 1_000 };

let client: ApiClient;
let end: () => Promise<void>;
beforeAll(async () => {
  // What is written is to be seen in what is read, however slow the machine is.
  ({ client, end } = await freshServer(64, { PROJECTION_WAIT_MS: '30000' }));
});
afterAll(() => end());

it('gives 50 seats to 50 of 200 customers on 64 connections and tells the other 150 that it is sold out', async () => {
  const event = await openEvent(client, 50);
  const told = await rush(client, event.eventId, await crowdOf(200), RUSH);
  expect(told).toMatchObject({ acknowledged: { length: 50 }, soldOut: { length: 150 }, unanswered: { length: 0 } });

  const evidence = await gatherEvidence({ client, ...event, told }, 60_000);
  expect(judge(evidence).filter(({ holds }) => !holds)).toEqual([]);
  expect(evidence.actor).toEqual({ reserved: 50, available: 0 });
  expect(evidence.rows).toHaveLength(50);
});

it('never goes above the capacity with parties of 1 to 5, and refuses none that would have fitted', async () => {
  const event = await openEvent(client, 250);
  const crowd = await crowdOf(200, (index) => 1 + ((index * 7) % 5));
  const told = await rush(client, event.eventId, crowd, RUSH);
  expect(told.acknowledged.length + told.soldOut.length).toBe(200);

  const evidence = await gatherEvidence({ client, ...event, told }, 60_000);
  // Seats never come back here, so whoever fits what is left at the end would have fitted all the time.
  const smallestRefused = Math.min(...told.soldOut.map(({ quantity }) => quantity));
  expect(evidence.actor.available).toBeLessThan(smallestRefused);
  for (const { quantity, availableSlots } of told.soldOut) expect(availableSlots).toBeLessThan(quantity);
  expect(seatsOf(told.acknowledged)).toBe(evidence.actor.reserved);
  expect(judge(evidence).filter(({ holds }) => !holds)).toEqual([]);
});

it('gives one customer who fires 20 identical requests one reservation, and names it in the 19 refusals', async () => {
  const { eventId, organizerToken } = await openEvent(client, 50);
  const { token } = await stranger();
  const path = `/api/events/${eventId}/reservations`;
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => client.send('POST', path, { token, body: { quantity: 2 } })),
  );
  const [made, ...more] = answers.filter(({ status }) => status === 201);
  expect(more).toEqual([]);
  const { id } = made?.body as { id: string };
  const refused = answers.filter(({ status }) => status === 409).map(problemOf);
  expect(refused).toHaveLength(19);
  for (const problem of refused) expect(problem).toMatchObject({ code: 'already_reserved', reservation_id: id });
  expect(await listRows(client, eventId, organizerToken)).toMatchObject([{ id, quantity: 2, status: 'confirmed' }]);
});

it('shows a customer the new reservation in its list at once', async () => {
  const { eventId } = await openEvent(client, 50);
  for (const { token } of await crowdOf(10)) {
    const made = await client.send('POST', `/api/events/${eventId}/reservations`, { token, body: {} });
    expect(made).toMatchObject({ status: 201, headers: { 'x-read-model': 'current' } });
    const list = await client.send('GET', '/api/reservations', { token });
    expect(list.body).toMatchObject({ items: [{ id: (made.body as { id: string }).id, event_id: eventId }] });
  }
});

it('shows anonymous readers every reservation that was acknowledged before they asked, while other events are written', async () => {
  const events = await Promise.all(Array.from({ length: 4 }, () => openEvent(client, 1_000)));
  const known = new Map(events.map(({ eventId }) => [eventId, 0]));
  const tooOld: string[] = [];
  const visit = async (turn: number) => {
    const { eventId } = events[turn % events.length] as (typeof events)[number];
    if (turn % 3 === 0) {
      const { token } = await stranger();
      const made = await client.send('POST', `/api/events/${eventId}/reservations`, { token, body: {} });
      expect(made.status).toBe(201);
      if (made.headers['x-read-model'] === 'current') known.set(eventId, (known.get(eventId) ?? 0) + 1);
    }
    const least = known.get(eventId) ?? 0;
    const { body } = await client.send('GET', `/api/events/${eventId}`);
    const { reserved_slots: seen } = body as { reserved_slots: number };
    if (seen < least) tooOld.push(`turn ${turn}: ${seen} of at least ${least}`);
  };
  const visitor = async (start: number) => {
    for (let turn = start; turn < start + 60; turn += 1) await visit(turn);
  };
  await Promise.all(Array.from({ length: 12 }, (_, index) => visitor(index)));
  expect(tooOld).toEqual([]);
  expect(Math.max(...known.values())).toBeGreaterThan(10);
});
