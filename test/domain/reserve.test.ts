import { expect, it } from 'vitest';
import {
  admin,
  alice,
  attendee,
  bob,
  cancelled,
  carol,
  created,
  edited,
  eventCancelled,
  eventDeleted,
  expired,
  given,
  HOUR,
  MINUTE,
  olga,
  published,
  reserved,
  rsv,
  seats,
  T0,
} from '../support/given.ts';

const HOLD = 15 * MINUTE;

it('confirms a reservation at once where the event asks for no confirmation', () => {
  const state = given(created())
    .when(alice, seats(rsv(1), { quantity: 3 }))
    .then(reserved(rsv(1), alice, { quantity: 3 }));
  expect(state.totals).toEqual({ held: 0, confirmed: 3, waitlisted: 0 });
  expect(state.reservations.get(rsv(1))).toMatchObject({ status: 'confirmed', confirmedAt: T0 + 1, expiresAt: null });
});

it('holds the seats where the event asks for confirmation', () => {
  const hold = reserved(rsv(1), alice, { expiresAt: T0 + 1 + HOLD, extendableUntil: T0 + 1 + 3 * HOLD });
  const state = given(created({ requiresConfirmation: true }))
    .when(alice, seats(rsv(1)))
    .then(hold);
  expect(state.totals).toEqual({ held: 1, confirmed: 0, waitlisted: 0 });
  expect(state.reservations.get(rsv(1))).toMatchObject({ status: 'pending', confirmedAt: null, version: 1 });
});

it('holds the seats anywhere for who asks for it, as long as the event says', () => {
  const hold = reserved(rsv(1), alice, { expiresAt: T0 + 1 + MINUTE, extendableUntil: T0 + 1 + 3 * MINUTE });
  given(created({ holdMs: MINUTE }))
    .when(alice, seats(rsv(1), { status: 'pending' }))
    .then(hold);
});

it('takes all seats or none, and says how many are left', () => {
  const taken = [created(), reserved(rsv(1), alice, { quantity: 8 })];
  given(...taken)
    .when(bob, seats(rsv(2), { quantity: 3 }))
    .then({ code: 'sold_out', availableSlots: 2 });
  given(...taken)
    .when(bob, seats(rsv(2), { quantity: 2 }))
    .then(reserved(rsv(2), bob, { quantity: 2 }));
});

it('lets anybody reserve, whatever their role', () => {
  for (const who of [alice, olga, admin])
    given(created())
      .when(who, seats(rsv(1)))
      .then(reserved(rsv(1), who));
  given(created())
    .when(null, seats(rsv(1)))
    .then({ code: 'event_not_found' });
});

it('gives a holder one reservation, and names it to who asks for another', () => {
  const rejection = { code: 'already_reserved', reservationId: rsv(1) } as const;
  given(created(), reserved(rsv(1), alice))
    .when(alice, seats(rsv(2)))
    .then(rejection);
  const hold = reserved(rsv(1), alice, { expiresAt: T0 + HOLD });
  given(created(), hold)
    .when(alice, seats(rsv(2)), T0 + HOLD - 1)
    .then(rejection);
});

it('says that the holder has a reservation rather than that the event is full', () => {
  const full = [created({ capacity: 1 }), reserved(rsv(1), alice)];
  given(...full)
    .when(alice, seats(rsv(2)))
    .then({ code: 'already_reserved', reservationId: rsv(1) });
});

it('takes an attendee as the holder, apart from the user who asks', () => {
  const forGuest = { attendeeId: attendee(1) };
  const state = given(created(), reserved(rsv(1), alice))
    .when(alice, seats(rsv(2), forGuest))
    .then(reserved(rsv(2), alice, forGuest));
  expect([...state.activeByHolder]).toEqual([
    [alice.userId, rsv(1)],
    [attendee(1), rsv(2)],
  ]);
  given(created(), reserved(rsv(1), alice, forGuest))
    .when(bob, seats(rsv(2), forGuest))
    .then({ code: 'already_reserved', reservationId: rsv(1) });
});

it('lets a holder book again after a cancelled or expired reservation', () => {
  const hold = reserved(rsv(1), alice, { expiresAt: T0 });
  given(created(), reserved(rsv(1), alice), cancelled(rsv(1), 'holder'))
    .when(alice, seats(rsv(2)))
    .then(reserved(rsv(2), alice));
  given(created(), hold, expired(rsv(1)))
    .when(alice, seats(rsv(2)))
    .then(reserved(rsv(2), alice));
});

it("expires the holder's own lapsed hold when they book again, though there is room", () => {
  const hold = reserved(rsv(1), alice, { expiresAt: T0 + HOLD });
  given(created(), hold)
    .when(alice, seats(rsv(2)), T0 + HOLD)
    .then(expired(rsv(1)), reserved(rsv(2), alice));
});

it('lets lapsed holds make room however late the alarm is, first lapsed first and no more than it takes', () => {
  const holds = [
    created({ capacity: 6 }),
    reserved(rsv(1), alice, { quantity: 2, expiresAt: T0 + 3 }),
    reserved(rsv(2), bob, { quantity: 2, expiresAt: T0 + 2 }),
    reserved(rsv(3), olga, { quantity: 2, expiresAt: T0 + HOUR }),
  ];
  given(...holds)
    .when(carol, seats(rsv(4)), T0 + 1)
    .then({ code: 'sold_out', availableSlots: 0 });
  given(...holds)
    .when(carol, seats(rsv(4), { quantity: 2 }), T0 + 4)
    .then(expired(rsv(2)), reserved(rsv(4), carol, { quantity: 2 }));
  given(...holds)
    .when(carol, seats(rsv(4), { quantity: 3 }), T0 + 4)
    .then(expired(rsv(2)), expired(rsv(1)), reserved(rsv(4), carol, { quantity: 3 }));
  given(...holds)
    .when(carol, seats(rsv(4), { quantity: 5 }), T0 + 4)
    .then({ code: 'sold_out', availableSlots: 4 });
});

it("needs no other's lapsed hold where the holder's own makes room enough", () => {
  const holds = [
    created({ capacity: 3 }),
    reserved(rsv(1), bob, { quantity: 1, expiresAt: T0 + 1 }),
    reserved(rsv(2), alice, { quantity: 2, expiresAt: T0 + 2 }),
  ];
  given(...holds)
    .when(alice, seats(rsv(3), { quantity: 2 }), T0 + HOUR)
    .then(expired(rsv(2)), reserved(rsv(3), alice, { quantity: 2 }));
});

it('leaves lapsed holds to the alarm where there is room without them', () => {
  const hold = reserved(rsv(1), alice, { expiresAt: T0 });
  given(created(), hold)
    .when(bob, seats(rsv(2)))
    .then(reserved(rsv(2), bob));
});

it('takes at most as many seats as the event lets one reservation have', () => {
  const detail = 'One reservation may take at most 2 seats of this event.';
  const errors = [{ field: 'quantity', code: 'above_max_quantity', detail }] as const;
  given(created({ maxQuantity: 2 }))
    .when(alice, seats(rsv(1), { quantity: 3 }))
    .then({ code: 'validation_failed', errors });
  given(created({ maxQuantity: 2 }))
    .when(alice, seats(rsv(1), { quantity: 2 }))
    .then(reserved(rsv(1), alice, { quantity: 2 }));
});

it('opens when the organizer said', () => {
  const opens = created({ reservationsOpenAt: T0 + HOUR });
  given(opens)
    .when(alice, seats(rsv(1)), T0 + HOUR - 1)
    .then({ code: 'reservations_not_open' });
  given(opens)
    .when(alice, seats(rsv(1)), T0 + HOUR)
    .then(reserved(rsv(1), alice));
});

it('closes when the event starts, or when the organizer said', () => {
  const closed = { code: 'reservations_closed' } as const;
  given(created())
    .when(alice, seats(rsv(1)), T0 + 2 * HOUR - 1)
    .then(reserved(rsv(1), alice));
  given(created())
    .when(alice, seats(rsv(1)), T0 + 2 * HOUR)
    .then(closed);
  const later = created({ reservationsCloseAt: T0 + 2.5 * HOUR });
  given(later)
    .when(alice, seats(rsv(1)), T0 + 2.5 * HOUR - 1)
    .then(reserved(rsv(1), alice));
  given(later)
    .when(alice, seats(rsv(1)), T0 + 2.5 * HOUR)
    .then(closed);
});

it('takes no reservation for a draft, which only who runs it may know of', () => {
  given(created({}, 'draft'))
    .when(alice, seats(rsv(1)))
    .then({ code: 'event_not_found' });
  given(created({}, 'draft'))
    .when(olga, seats(rsv(1)))
    .then({ code: 'event_not_published' });
  given(created({}, 'draft'), published)
    .when(alice, seats(rsv(1)))
    .then(reserved(rsv(1), alice));
});

it('takes no reservation for an event that was cancelled, deleted or never created', () => {
  given(created(), eventCancelled)
    .when(alice, seats(rsv(1)))
    .then({ code: 'event_cancelled' });
  given(created(), eventDeleted)
    .when(alice, seats(rsv(1)))
    .then({ code: 'event_not_found' });
  given()
    .when(alice, seats(rsv(1)))
    .then({ code: 'event_not_found' });
});

it('sells what a larger capacity adds, and not what a smaller one took', () => {
  const full = [created({ capacity: 1 }), reserved(rsv(1), alice)];
  given(...full, edited({ capacity: 2 }))
    .when(bob, seats(rsv(2)))
    .then(reserved(rsv(2), bob));
  given(created(), reserved(rsv(1), alice), edited({ capacity: 1 }))
    .when(bob, seats(rsv(2)))
    .then({ code: 'sold_out', availableSlots: 0 });
});

it('breaks rather than puts a reservation in the place of another, because its id is fresh', () => {
  const past = [created(), reserved(rsv(1), alice), cancelled(rsv(1), 'holder')];
  expect(() => given(...past).when(bob, seats(rsv(1)))).toThrow('exists already');
});
