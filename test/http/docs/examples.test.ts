import { expect, it } from 'vitest';
import { type Operation, openApi, operationsOf } from '../../support/contract.ts';

const operations = operationsOf(await openApi());

/** Any part of an example; the tests look for what they know. */
// biome-ignore lint/suspicious/noExplicitAny: examples are of every shape
type Json = any;

interface Shown {
  readonly request: Json;
  readonly status: number;
  readonly answer: Json;
}

/** What an operation's example asks, and what it is answered. */
function shownBy({ requestBody, responses }: Operation): Shown | null {
  const [status, response] = Object.entries(responses).find(([code]) => code.startsWith('2')) ?? [];
  const answer = response?.content?.['application/json']?.example;
  const request = requestBody?.content['application/json']?.example ?? {};
  return answer === undefined ? null : { request, status: Number(status), answer };
}

/** An answer's example and all objects in it. */
function objectsIn(value: Json): Json[] {
  if (typeof value !== 'object' || value === null) return [];
  return [...(Array.isArray(value) ? [] : [value]), ...Object.values(value).flatMap(objectsIn)];
}

const shown = operations.flatMap(([name, operation]): [string, Operation, Shown][] => {
  const example = shownBy(operation);
  return example === null ? [] : [[name, operation, example]];
});
/** Every object in the examples of answers that has this member, with where it is. */
function all(member: string): [string, Json][] {
  return shown.flatMap(([name, , { answer }]) =>
    objectsIn(answer)
      .filter((object) => member in object)
      .map((object): [string, Json] => [name, object]),
  );
}

function expectAll(rules: Readonly<Record<string, boolean>>): void {
  expect(Object.keys(rules).filter((rule) => !rules[rule])).toEqual([]);
}

it.each(all('start_time'))('%s shows an event that there can be', (_, event) => {
  expectAll({
    'is made before it starts': event.created_at < event.start_time,
    'ends after it starts': event.start_time < event.end_time,
    'closes after it opens and by its end':
      (event.reservations_open_at ?? '') < event.reservations_close_at && event.reservations_close_at <= event.end_time,
    'is cancellable until its end at most': event.cancel_until <= event.end_time,
    'is full or not': event.is_full === (event.available_slots === 0),
    'is in the country of its venue': event.venue === null || event.venue.country_code === event.country_code,
    'is upcoming': !event.is_past && !event.is_ongoing,
  });
});

it.each(all('available_slots'))('%s shows seats that add up', (_, { capacity, available_slots, ...rest }) => {
  const taken = rest.reserved_slots ?? rest.seats.pending + rest.seats.confirmed;
  expect(taken + available_slots).toBe(capacity);
});

it.each(all('ticket_code'))('%s shows a reservation that there can be', (_, reservation) => {
  const { status, quantity, checked_in_quantity: arrived, updated_at } = reservation;
  const has = (member: string) => reservation[member] !== null;
  const isWaiting = status === 'pending' || status === 'waitlisted';
  expectAll({
    'is of its event': reservation.id.slice(4, -26) === reservation.event_id.slice(4),
    'has a ticket while confirmed': has('ticket_code') === (status === 'confirmed'),
    'has a ticket of its own': !has('ticket_code') || reservation.ticket_code.includes(reservation.id.slice(4)),
    'has a place while waitlisted': has('waitlist_position') === (status === 'waitlisted'),
    'says who cancelled it and when':
      has('cancelled_at') === (status === 'cancelled') && has('cancelled_by') === (status === 'cancelled'),
    'has an end of its hold': has('expires_at') === (status === 'pending' || status === 'expired'),
    'holds on while pending': status !== 'pending' || reservation.expires_at > updated_at,
    'says when it was confirmed': has('confirmed_at') ? !isWaiting : status !== 'confirmed',
    'says when who arrived': has('checked_in_at') === arrived > 0 && arrived <= quantity,
    'is offered to another': reservation.transfer_to !== reservation.user_id,
    'happened before it was last changed': ['created_at', 'confirmed_at', 'cancelled_at', 'checked_in_at']
      .filter(has)
      .every((at) => reservation[at] <= updated_at),
  });
});

it.each(all('updated_at'))('%s shows a version for each change', (_, { created_at, updated_at, version }) => {
  expect(updated_at >= created_at).toBe(true);
  if (version !== undefined) expect(updated_at > created_at).toBe(version > 1);
});

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';

/** When an id was made, epoch ms: its last 26 characters begin with that. */
function timeOf(id: string): number {
  return [...id.slice(-26).slice(0, 10)].reduce((at, digit) => at * 32 + CROCKFORD.indexOf(digit), 0);
}

it.each([
  ...all('created_at'),
  ...all('at').filter(([, line]) => 'id' in line),
])('%s shows ids of when they were made', (_, { id, created_at, at }) => {
  expect(new Date(timeOf(id)).toISOString()).toBe(created_at ?? at);
});

it.each(all('days'))('%s shows days that add up', (_, { reservations, seats, days, seats_checked_in }) => {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const ofDays = (name: string) => sum(days.map((day: Json) => day[name]));
  expect({
    created: ofDays('reservations_created'),
    cancelled: ofDays('reservations_cancelled'),
    expired: ofDays('reservations_expired'),
    seats: ofDays('seats_taken') - ofDays('seats_freed'),
    freed: ofDays('seats_freed'),
    arrived: ofDays('seats_checked_in'),
  }).toEqual({
    created: sum(Object.values(reservations)),
    cancelled: reservations.cancelled,
    expired: reservations.expired,
    seats: seats.pending + seats.confirmed,
    freed: seats.cancelled + seats.expired,
    arrived: seats_checked_in,
  });
});

/** Members of requests that mean something else than those of the answer with the same name. */
const NOT_REPEATED = ['scanTicket quantity', 'checkIn quantity', 'refreshSession refresh_token'];

/** What an answer shows as it means, however the request wrote it. */
function meant(value: Json): Json {
  if (typeof value !== 'string') return value;
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return Date.parse(value);
  return value.startsWith('+') ? value.replaceAll(' ', '') : value;
}

it.each(shown)('%s answers with what its request says', (_, { operationId }, { request, answer }) => {
  for (const [name, value] of Object.entries(request)) {
    const holder = [answer, answer.user ?? {}].find((object) => name in object);
    const isRepeated = !NOT_REPEATED.includes(`${operationId} ${name}`);
    if (holder !== undefined)
      expect(isRepeated === (JSON.stringify(meant(holder[name])) === JSON.stringify(meant(value))), name).toBe(true);
  }
});

it.each(shown)('%s answers with a first version, or a later one', (name, _, { status, answer }) => {
  const { created_at, updated_at } = answer.user ?? answer;
  if (status === 201) expect(updated_at).toBe(created_at);
  if (/^(?:PUT|PATCH)/.test(name) && updated_at !== undefined) expect(updated_at > created_at).toBe(true);
});

it.each(shown)('%s answers about what its path names', (_, { parameters = [] }, { answer }) => {
  const id = parameters.find(({ name, in: place }) => place === 'path' && name === 'id')?.schema.example;
  for (const object of [answer, ...(answer.items ?? [])]) {
    for (const name of ['id', 'event_id', 'attendee_id']) {
      if (object[name] && String(id).startsWith(object[name].slice(0, 4))) expect(object[name], name).toBe(id);
    }
  }
});

/** What operations do, as their answers must show it; what a request asks for by name is compared with it already. */
const DONE: Readonly<Record<string, object>> = {
  signUp: { user: { role: 'organizer' } },
  becomeOrganizer: { user: { role: 'organizer' } },
  createEvent: { reserved_slots: 0, venue: null },
  replaceEvent: { venue: null },
  publishEvent: { status: 'published', reserved_slots: 0 },
  cancelEvent: { status: 'cancelled', reserved_slots: 0, waitlisted: 0 },
  getWaitlist: { items: [{ status: 'waitlisted', waitlist_position: 1 }] },
  listAttendeeReservations: { items: [{ attendee_id: expect.any(String) }] },
  createReservation: { status: 'confirmed' },
  confirmReservation: { status: 'confirmed' },
  reactivateReservation: { status: 'confirmed' },
  extendReservation: { status: 'pending' },
  cancelReservation: { status: 'cancelled' },
  offerTransfer: { transfer_to: expect.any(String) },
  acceptTransfer: { transfer_to: null, attendee_id: null },
  scanTicket: { checked_in_quantity: 1 },
  checkIn: { checked_in_quantity: 1 },
  undoCheckIn: { checked_in_quantity: 0 },
};

it.each(Object.entries(DONE))('%s shows what it did', (id, done) => {
  expect(shown.find(([, { operationId }]) => operationId === id)?.[2].answer).toMatchObject(done);
});

it('shows the user to whom a reservation is offered as the one who accepts it', () => {
  const answerOf = (id: string) => shown.find(([, { operationId }]) => operationId === id)?.[2].answer;
  const [offered, accepted] = [answerOf('offerTransfer'), answerOf('acceptTransfer')];
  expect(accepted.user_id).toBe(offered.transfer_to);
  expect(accepted.ticket_code).not.toBe(offered.ticket_code);
});

it('shows a part of the change feed that begins where it was asked to', () => {
  const [, feed, { answer }] = shown.find(([, { operationId }]) => operationId === 'getChanges') ?? expect.fail('none');
  const after = feed.parameters?.find(({ name }) => name === 'after_seq')?.schema.example;
  expect(answer.items.map(({ seq }: Json) => seq)).toEqual([Number(after) + 1]);
  expect(answer.next_after_seq).toBe(answer.items.at(-1).seq);
});

it.each(operations)('%s shows problems of its own', (name, { responses }) => {
  const path = new RegExp(`^${(name.split(' ')[1] ?? '').replaceAll(/\{\w+\}/g, '\\w+')}$`);
  for (const { content } of Object.values(responses)) {
    const problem: Json = content?.['application/problem+json']?.example;
    if (problem === undefined) continue;
    expect(problem.instance).toMatch(path);
    if (problem.code === 'validation_failed') expect(problem.errors).toHaveLength(1);
    if (problem.code.startsWith('capacity_below_')) expect(problem).toHaveProperty('minimum');
  }
});
