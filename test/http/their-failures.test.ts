import { expect, it } from 'vitest';
import { request, somebody } from '../support/api.ts';
import { register } from '../support/attendees.ts';
import { member } from '../support/cast.ts';
import { createEvent, eventBody, hoursFromNow, invalid } from '../support/events.ts';
import {
  act,
  availability,
  booked,
  minutesLater,
  organizer,
  refusal,
  reserve,
  reserved,
} from '../support/reservations.ts';

/**
 * What went wrong in the systems that this one replaces when they were attacked, done to this one from many connections
 * at once. What is not a matter of many has its test beside its route: who may see and change what in matrix.test.ts and
 * privacy.test.ts, passwords in accounts/signup.test.ts, one query a list in events/plans.test.ts.
 */

const CONNECTIONS = 24;
const { token } = organizer;

function times<T>(count: number, run: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => run(index)));
}

/** How many of the replies have each status. */
function counted(replies: readonly { readonly status: number }[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

it('cancelling one reservation from 24 connections at once gives its seats back once', async () => {
  const { id: eventId } = await createEvent(token, { capacity: 4 });
  const first = await booked(eventId, { quantity: 2 });
  await booked(eventId, { quantity: 2 });
  const replies = await times(CONNECTIONS, () => act(first.customer, first.id, 'cancel'));
  expect(counted(replies)).toEqual({ 200: CONNECTIONS });
  expect(await availability(eventId)).toMatchObject({ reserved_slots: 2, available_slots: 2 });
  const crowd = await times(CONNECTIONS, async () => reserve(eventId, await somebody()));
  expect(counted(crowd)).toEqual({ 201: 2, 409: CONNECTIONS - 2 });
  expect(await availability(eventId)).toMatchObject({ reserved_slots: 4, available_slots: 0 });
});

it('editing an event’s title during a rush writes no stale seat count', async () => {
  const { id } = await createEvent(token, { capacity: 20 });
  const path = `/api/events/${id}`;
  const edit = (index: number) => request('PATCH', path, { token, body: { title: `Concert ${index}` } });
  const [crowd, edits] = await Promise.all([
    times(CONNECTIONS * 2, async () => reserve(id, await somebody())),
    times(CONNECTIONS, edit),
  ]);
  expect(counted(crowd)).toEqual({ 201: 20, 409: CONNECTIONS * 2 - 20 });
  expect(counted(edits)).toEqual({ 200: CONNECTIONS });
  expect(await availability(id)).toMatchObject({ reserved_slots: 20, available_slots: 0 });
  expect((await request('GET', path)).body).toMatchObject({ reserved_slots: 20, available_slots: 0, is_full: true });
});

it('confirming holds in parallel takes no seat twice, and holds are seats already', async () => {
  const { id: eventId } = await createEvent(token, { capacity: 6, requires_confirmation: true });
  const holds = await times(6, () => booked(eventId));
  expect(await reserve(eventId, await somebody())).toMatchObject(refusal(409, 'sold_out'));
  const replies = await times(CONNECTIONS, (index) => {
    const { customer, id } = holds[index % holds.length] as (typeof holds)[number];
    return act(customer, id, 'confirm');
  });
  expect(counted(replies)).toEqual({ 200: CONNECTIONS });
  expect(await availability(eventId)).toMatchObject({ reserved_slots: 6, available_slots: 0 });
});

it('no update moves a reservation to another event or brings it back; bringing it back takes a free seat', async () => {
  const full = await createEvent(token, { capacity: 1 });
  const { customer, id, path } = await booked(full.id);
  await act(customer, id, 'cancel');
  await booked(full.id);
  for (const [field, value] of [
    ['event_id', (await createEvent(token)).id],
    ['status', 'confirmed'],
  ] as const) {
    const reply = await request('PATCH', path, { token: customer.token, body: { quantity: 1, [field]: value } });
    expect(reply).toMatchObject(invalid([`/${field}`, 'unknown_field']));
  }
  const replies = await times(CONNECTIONS, () => act(customer, id, 'reactivate'));
  for (const reply of replies) expect(reply).toMatchObject(refusal(409, 'sold_out'));
  expect(await availability(full.id)).toMatchObject({ reserved_slots: 1, available_slots: 0 });
});

it('nothing is reserved as cancelled, and whoever tried may reserve', async () => {
  const { id } = await createEvent(token);
  const customer = await somebody();
  expect(await reserve(id, customer, { status: 'cancelled' })).toMatchObject(invalid(['/status', 'invalid_value']));
  expect((await reserve(id, customer)).status).toBe(201);
});

it('a capacity goes no lower than what is sold, also while it sells, and a higher one gives seats', async () => {
  const { id } = await createEvent(token, { capacity: 10 });
  const resize = (capacity: number) => request('PATCH', `/api/events/${id}`, { token, body: { capacity } });
  const crowd = times(CONNECTIONS, async () => reserve(id, await somebody()));
  const resized = await times(10, (index) => resize(10 - index));
  const sold = (await crowd).filter(({ status }) => status === 201).length;
  const { capacity, reserved_slots, available_slots } = await availability(id);
  expect({ reserved_slots, available_slots }).toEqual({ reserved_slots: sold, available_slots: capacity - sold });
  expect(available_slots).toBeGreaterThanOrEqual(0);
  for (const reply of resized) expect([200, 409]).toContain(reply.status);
  expect(await resize(sold - 1)).toMatchObject(refusal(409, 'capacity_below_reserved', { minimum: sold }));
  await resize(sold + 1);
  expect((await reserve(id, await somebody())).status).toBe(201);
});

it('one user who reserves for ten others gets no more seats than there are', async () => {
  const { id } = await createEvent(token, { capacity: 4 });
  const user = await somebody();
  const others = await times(10, () => register({}, user.token));
  const replies = await Promise.all(others.map((other) => reserve(id, user, { attendee_id: other.id })));
  expect(counted(replies)).toEqual({ 201: 4, 409: 6 });
  expect(await availability(id)).toMatchObject({ reserved_slots: 4, available_slots: 0 });
});

it.each([
  ['goes on', 3],
  ['is over', 6],
])('an event that %s takes no reservation, new or brought back', async (_, minutes) => {
  const { customer, eventId, id } = await reserved({
    start_time: hoursFromNow(2 / 60),
    end_time: hoursFromNow(4 / 60),
  });
  await act(customer, id, 'cancel');
  const late = await minutesLater(minutes, async () => [
    await reserve(eventId, await somebody()),
    await act(customer, id, 'reactivate'),
  ]);
  for (const reply of late) expect(reply).toMatchObject(refusal(409, 'reservations_closed'));
});

it.each([
  ['before', hoursFromNow(23)],
  ['at', hoursFromNow(24)],
])('an end %s the start is refused by name', async (_, end_time) => {
  const body = eventBody({ start_time: hoursFromNow(24), end_time });
  const reply = await request('POST', '/api/events', { token, body });
  expect(reply.status).toBe(422);
  expect(reply.body.errors).toMatchObject([{ pointer: '/end_time' }]);
});

const WRONG_IDS = ['abc', '1', '-1', '1e9', '%00', "1' OR '1'='1", 'null', '٣', 'x'.repeat(2_000)];

it.each(
  WRONG_IDS.map((id) => [id.slice(0, 20), id]),
)('nothing has the id %s, and asking for it is no fault', async (_, id) => {
  const asking = await member('admin');
  const named = encodeURIComponent(decodeURIComponent(id ?? ''));
  for (const place of ['events', 'reservations', 'venues', 'attendees', 'countries']) {
    expect((await request('GET', `/api/${place}/${named}`, { token: asking.token })).status, place).toBe(404);
  }
  const body = { disabled: true };
  expect((await request('PATCH', `/api/users/${named}`, { token: asking.token, body })).status).toBe(404);
});
