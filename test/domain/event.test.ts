import { expect, it } from 'vitest';
import type { Action, TimedCommand } from '../../src/domain/commands.ts';
import { decide } from '../../src/domain/decide.ts';
import type { EventDetails, VenueId } from '../../src/domain/model.ts';
import { newVenueId } from '../../src/http/ids.ts';
import {
  admin,
  alice,
  bob,
  created,
  details,
  EVENT,
  edited,
  eventCancelled,
  eventDeleted,
  expired,
  given,
  HOUR,
  MINUTE,
  olga,
  otto,
  published,
  reserved,
  rsv,
  T0,
} from '../support/given.ts';

const create = (over: Partial<EventDetails> = {}, status: 'draft' | 'published' = 'draft'): Action => ({
  type: 'create_event',
  details: details(over),
  status,
});
const edit = (changes: Partial<EventDetails>, ifVersion: number | null = null): Action => ({
  type: 'edit_event',
  changes,
  ifVersion,
});
const publish: Action = { type: 'publish_event' };
const cancel: Action = { type: 'cancel_event' };
const remove = (ifVersion: number | null = null): Action => ({ type: 'delete_event', ifVersion });
/** The details as a whole break one rule, on one field. */
const breaks = (field: keyof EventDetails, code: string, detail: string) =>
  ({ code: 'validation_failed', errors: [{ field, code, detail }] }) as const;

it('creates a draft for an organizer', () => {
  const { event, seq } = given().when(olga, create(), T0).then(created({}, 'draft'));
  expect(event).toMatchObject({ id: EVENT, organizerId: olga.userId, status: 'draft', publishedAt: null, version: 1 });
  expect(seq).toBe(1);
});

it('creates an event that is public at once', () => {
  const { event } = given().when(olga, create({}, 'published'), T0).then(created());
  expect(event).toMatchObject({ status: 'published', publishedAt: T0 });
});

it('lets an event have as many seats as its venue and no more', () => {
  const at = (capacity: number, venueCapacity: number | undefined): Action => ({
    type: 'create_event',
    details: details({ capacity }),
    status: 'published',
    venueCapacity,
  });
  const move = (changes: Partial<EventDetails>, venueCapacity: number): Action => ({
    type: 'edit_event',
    changes,
    ifVersion: null,
    venueCapacity,
  });
  const tooLarge = breaks('capacity', 'above_venue_capacity', 'The venue has room for 5.');
  given()
    .when(olga, at(5, 5), T0)
    .then(created({ capacity: 5 }));
  given()
    .when(olga, at(5, undefined), T0)
    .then(created({ capacity: 5 }));
  given().when(olga, at(6, 5), T0).then(tooLarge);
  given(created({ capacity: 4 }))
    .when(olga, move({ capacity: 5 }, 5))
    .then(edited({ capacity: 5 }));
  given(created({ capacity: 4 }))
    .when(olga, move({ capacity: 6 }, 5))
    .then(tooLarge);
  given(created({ capacity: 6 }))
    .when(olga, move({ title: 'Moved' }, 5))
    .then(tooLarge);
});

it('publishes and edits what fits its venue by now, and only at the venue by which it was judged', () => {
  const [tent, arena] = [newVenueId(), newVenueId()];
  const draft = () => given(created({ capacity: 6, venueId: tent }, 'draft'));
  const at = (venueCapacity: number | undefined, ifVenueId: VenueId | null): Action => ({
    type: 'publish_event',
    venueCapacity,
    ifVenueId,
  });
  draft().when(olga, at(6, tent)).then(published);
  draft()
    .when(olga, at(5, tent))
    .then(breaks('capacity', 'above_venue_capacity', 'The venue has room for 5.'));
  for (const other of [arena, null]) {
    draft().when(olga, at(6, other)).then({ code: 'version_mismatch' });
    const grow = { type: 'edit_event', changes: { capacity: 7 }, ifVersion: null, ifVenueId: other } as const;
    draft().when(olga, grow).then({ code: 'version_mismatch' });
    draft()
      .when(olga, { ...grow, ifVenueId: tent })
      .then(edited({ capacity: 7 }));
  }
  given(created({ capacity: 6 }))
    .when(olga, at(5, tent))
    .then();
});

it('lets an admin create an event, and no customer', () => {
  const { event } = given().when(admin, create(), T0).then(created({}, 'draft'));
  expect(event?.organizerId).toBe(admin.userId);
  given().when(alice, create()).then({ code: 'organizer_required' });
  given().when(null, create()).then({ code: 'organizer_required' });
});

it('breaks rather than decides what is meant for another event', () => {
  const { state } = given(created());
  const strayed = { type: 'cancel_event', id: 'cmd_1', eventId: 'evt_2', principal: olga, at: T0 } as const;
  expect(() => decide(state, strayed as unknown as TimedCommand)).toThrow('evt_2 has come to');
});

it('breaks rather than creates an event twice, because its id is fresh', () => {
  expect(() => given(created()).when(olga, create())).toThrow('exists already');
});

it.each([
  [{ endTime: T0 + 2 * HOUR }, breaks('endTime', 'end_before_start', 'The end must be after the start.')],
  [{ startTime: T0 + 1 }, breaks('startTime', 'start_in_past', 'The start must be in the future.')],
  [
    { reservationsOpenAt: T0 + 2 * HOUR },
    breaks('reservationsOpenAt', 'open_after_close', 'Reservations must open before they close.'),
  ],
  [
    { reservationsOpenAt: T0 + HOUR, reservationsCloseAt: T0 + HOUR },
    breaks('reservationsOpenAt', 'open_after_close', 'Reservations must open before they close.'),
  ],
  [
    { reservationsCloseAt: T0 + 3 * HOUR + 1 },
    breaks('reservationsCloseAt', 'close_after_end', 'Reservations must close by the end.'),
  ],
  [
    { cancelUntil: T0 + 3 * HOUR + 1 },
    breaks('cancelUntil', 'cancel_after_end', 'Cancelling must end by the end of the event.'),
  ],
] as const)('refuses the details %j, new or edited', (over, rejection) => {
  given().when(olga, create(over)).then(rejection);
  given(created()).when(olga, edit(over)).then(rejection);
});

it('reports every rule that the details break', () => {
  const codes = ['end_before_start', 'start_in_past', 'end_in_past'].map((code) => ({ code }));
  expect(given().when(olga, create({ startTime: T0, endTime: T0 })).decision).toMatchObject({
    rejection: { code: 'validation_failed', errors: codes },
  });
});

it('edits what differs, and counts it as a version', () => {
  const changes = { title: 'Another talk', capacity: 10, tags: ['x'] };
  const { event } = given(created())
    .when(olga, edit(changes))
    .then(edited({ title: 'Another talk', tags: ['x'] }));
  expect(event).toMatchObject({ title: 'Another talk', tags: ['x'], capacity: 10, version: 2, updatedAt: T0 + 1 });
});

it('adds no fact for an edit that changes nothing, even of a cancelled event', () => {
  given(created())
    .when(olga, edit({ title: 'A talk', tags: [] }))
    .then();
  given(created(), eventCancelled)
    .when(olga, edit({ title: 'A talk' }))
    .then();
  given(created(), eventCancelled)
    .when(olga, edit({ title: 'B' }))
    .then({ code: 'event_cancelled' });
});

it('edits only the version that the organizer has seen', () => {
  const history = [created(), edited({ title: 'B' })];
  given(...history)
    .when(olga, edit({ title: 'C' }, 1))
    .then({ code: 'version_mismatch' });
  given(...history)
    .when(olga, edit({ title: 'C' }, 2))
    .then(edited({ title: 'C' }));
});

it('does not count reservations as versions of the event', () => {
  given(created(), reserved(rsv(1), alice))
    .when(olga, edit({ title: 'C' }, 1))
    .then(edited({ title: 'C' }));
});

it('lets an instant that has passed meanwhile stay as it is', () => {
  const during = T0 + 2 * HOUR + 1;
  given(created())
    .when(olga, edit({ title: 'C' }), during)
    .then(edited({ title: 'C' }));
  const move = edit({ startTime: during });
  given(created())
    .when(olga, move, during)
    .then(breaks('startTime', 'start_in_past', 'The start must be in the future.'));
});

it('refuses a capacity below the seats that are taken, and says the least that works', () => {
  const history = [
    created(),
    reserved(rsv(1), alice, { quantity: 3 }),
    reserved(rsv(2), bob, { quantity: 2, expiresAt: T0 + MINUTE }),
  ];
  given(...history)
    .when(olga, edit({ capacity: 4 }))
    .then({ code: 'capacity_below_reserved', minimum: 5 });
  given(...history)
    .when(olga, edit({ capacity: 5 }))
    .then(edited({ capacity: 5 }));
});

it('lets lapsed holds make room for a smaller capacity, only as many as it takes', () => {
  const history = [
    created(),
    reserved(rsv(1), alice, { quantity: 3 }),
    reserved(rsv(2), bob, { quantity: 2, expiresAt: T0 + MINUTE }),
    reserved(rsv(3), otto, { quantity: 2, expiresAt: T0 + MINUTE + 1 }),
  ];
  const late = T0 + HOUR;
  given(...history)
    .when(olga, edit({ capacity: 5 }), late)
    .then(expired(rsv(2)), edited({ capacity: 5 }));
  given(...history)
    .when(olga, edit({ capacity: 3 }), late)
    .then(expired(rsv(2)), expired(rsv(3)), edited({ capacity: 3 }));
  given(...history)
    .when(olga, edit({ capacity: 2 }), late)
    .then({ code: 'capacity_below_reserved', minimum: 3 });
});

it('publishes a draft once, until it starts', () => {
  given(created({}, 'draft')).when(olga, publish).then(published);
  given(created()).when(olga, publish).then();
  given(created({}, 'draft'))
    .when(olga, publish, T0 + 2 * HOUR - 1)
    .then(published);
  given(created({}, 'draft'))
    .when(olga, publish, T0 + 2 * HOUR)
    .then({ code: 'event_started' });
  given(created({}, 'draft'), eventCancelled).when(olga, publish).then({ code: 'event_cancelled' });
});

it('deletes an event that nobody has seats of, and then it is gone for everybody', () => {
  const { event } = given(created()).when(olga, remove()).then(eventDeleted);
  expect(event?.deletedAt).toBe(T0 + 1);
  for (const command of [remove(), edit({ title: 'B' }), publish, cancel]) {
    given(created(), eventDeleted).when(olga, command).then({ code: 'event_not_found' });
    given(created(), eventDeleted).when(admin, command).then({ code: 'event_not_found' });
  }
});

it('deletes no event whose seats are taken; a lapsed hold takes none', () => {
  const held = reserved(rsv(1), alice, { expiresAt: T0 + MINUTE });
  given(created(), reserved(rsv(1), alice))
    .when(olga, remove())
    .then({ code: 'event_has_reservations' });
  given(created(), held)
    .when(olga, remove(), T0 + MINUTE - 1)
    .then({ code: 'event_has_reservations' });
  given(created(), held)
    .when(olga, remove(), T0 + MINUTE)
    .then(eventDeleted, expired(rsv(1)));
});

it('deletes only the version that the organizer has seen', () => {
  given(created()).when(olga, remove(2)).then({ code: 'version_mismatch' });
  given(created()).when(olga, remove(1)).then(eventDeleted);
});

const commands = [edit({ title: 'B' }), publish, cancel, remove()];

it('hides a draft from everybody but its organizer and admins', () => {
  for (const stranger of [null, alice, otto])
    for (const command of commands)
      given(created({}, 'draft')).when(stranger, command).then({ code: 'event_not_found' });
  given(created({}, 'draft'))
    .when(admin, edit({ title: 'B' }))
    .then(edited({ title: 'B' }));
});

it('keeps hiding a draft that was cancelled without ever being public', () => {
  given(created({}, 'draft'), eventCancelled).when(alice, remove()).then({ code: 'event_not_found' });
});

it('lets only the organizer and admins touch a public event', () => {
  for (const stranger of [null, alice, otto])
    for (const command of commands) given(created()).when(stranger, command).then({ code: 'not_organizer' });
  given(created()).when(admin, cancel).then(eventCancelled);
  given(created()).when(admin, remove()).then(eventDeleted);
});

it('knows no event that was never created', () => {
  for (const command of commands) given().when(olga, command).then({ code: 'event_not_found' });
});
