import { expect, it } from 'vitest';
import type { Action } from '../../src/domain/commands.ts';
import type { EventDetails, ReservationId } from '../../src/domain/model.ts';
import {
  admin,
  alice,
  bob,
  cancelled,
  carol,
  created,
  dora,
  edited,
  eventCancelled,
  expired,
  given,
  HOUR,
  MINUTE,
  olga,
  otto,
  promoted,
  queued,
  reserved,
  resized,
  rsv,
  seats,
  T0,
} from '../support/given.ts';
import { withLimits } from '../support/histories.ts';

const START = T0 + 2 * HOUR;
const cancel = (id: ReservationId): Action => ({ type: 'cancel', reservationId: id });
const resize = (id: ReservationId, quantity: number): Action => ({
  type: 'change_quantity',
  reservationId: id,
  quantity,
  ifVersion: null,
});
const edit = (changes: Partial<EventDetails>): Action => ({ type: 'edit_event', changes, ifVersion: null });
const settle: Action = { type: 'settle' };
/** Three seats, all taken by alice. */
const full = [created({ capacity: 3 }), reserved(rsv(1), alice, { quantity: 3 })];
const join = (id: ReservationId, quantity = 1) => seats(id, { quantity, onFull: 'waitlist' });

it('puts who wants to wait in line where the seats do not suffice, and refuses the others', () => {
  const state = given(...full)
    .when(bob, join(rsv(2), 2))
    .then(queued(rsv(2), bob, 2));
  expect(state.totals).toEqual({ held: 0, confirmed: 3, waitlisted: 1 });
  expect(state.reservations.get(rsv(2))).toMatchObject({ status: 'waitlisted', queueSeq: 3, passes: 0 });
  given(...full)
    .when(bob, seats(rsv(2)))
    .then({ code: 'sold_out', availableSlots: 0 });
});

it('gives seats at once where there are enough, waitlist or not', () => {
  given(created())
    .when(bob, join(rsv(1)))
    .then(reserved(rsv(1), bob));
});

it('lets nobody wait for more seats than the event has', () => {
  given(...full)
    .when(bob, join(rsv(2), 4))
    .then({ code: 'sold_out', availableSlots: 0 });
});

it('counts a place in line as the one reservation of its holder', () => {
  given(...full, queued(rsv(2), bob))
    .when(bob, join(rsv(3)))
    .then({ code: 'already_reserved', reservationId: rsv(2) });
});

it('promotes the first in line in the same step in which seats become free', () => {
  const state = given(...full, queued(rsv(2), bob, 2), queued(rsv(3), carol))
    .when(alice, cancel(rsv(1)))
    .then(cancelled(rsv(1), 'holder'), promoted(rsv(2)), promoted(rsv(3)));
  expect(state.totals).toEqual({ held: 0, confirmed: 3, waitlisted: 0 });
  expect(state.reservations.get(rsv(2))).toMatchObject({ status: 'confirmed', queueSeq: null, confirmedAt: T0 + 1 });
});

it('promotes onto a fresh hold where the event asks for confirmation, which then lapses for the next', () => {
  const events = created({ capacity: 1, requiresConfirmation: true });
  const first = promoted(rsv(2), { expiresAt: T0 + 1 + 15 * MINUTE, extendableUntil: T0 + 1 + 45 * MINUTE });
  given(events, reserved(rsv(1), alice), queued(rsv(2), bob), queued(rsv(3), carol))
    .when(alice, cancel(rsv(1)))
    .then(cancelled(rsv(1), 'holder'), first);
  const late = T0 + 20 * MINUTE;
  const offered = promoted(rsv(2), { expiresAt: T0 + 15 * MINUTE });
  given(events, queued(rsv(2), bob), queued(rsv(3), carol), offered)
    .when(null, settle, late)
    .then(expired(rsv(2)), promoted(rsv(3), { expiresAt: late + 15 * MINUTE, extendableUntil: late + 45 * MINUTE }));
});

it('lets a smaller party pass a larger one, and says whom it passed', () => {
  const state = given(...full, queued(rsv(2), bob, 3), queued(rsv(3), carol))
    .when(alice, resize(rsv(1), 2))
    .then(resized(rsv(1), 2), promoted(rsv(3), { passed: [rsv(2)] }));
  expect(state.reservations.get(rsv(2))).toMatchObject({ passes: 1, version: 1 });
});

/** Bob's party of four was passed three times; one seat is free, and admin waits behind it. */
const passedThrice = [
  created({ capacity: 5 }),
  reserved(rsv(1), alice, { quantity: 5 }),
  queued(rsv(2), bob, 4),
  ...[carol, olga, otto].flatMap((who, index) => [
    queued(rsv(index + 3), who),
    resized(rsv(1), 4 - index),
    promoted(rsv(index + 3), { passed: [rsv(2)] }),
  ]),
  queued(rsv(6), admin),
  resized(rsv(1), 1),
];

it('lets a party be passed three times, and then nobody behind it moves before it does', () => {
  const { state } = given(...passedThrice);
  expect(state.reservations.get(rsv(2))?.passes).toBe(3);
  given(...passedThrice)
    .when(carol, cancel(rsv(3)))
    .then(cancelled(rsv(3), 'holder'));
  given(...passedThrice, cancelled(rsv(3), 'holder'), cancelled(rsv(4), 'holder'))
    .when(alice, cancel(rsv(1)))
    .then(cancelled(rsv(1), 'holder'), promoted(rsv(2)));
});

it('counts how often a party is passed within one step too', () => {
  const singles = [carol, olga, otto, admin].map((who, index) => queued(rsv(index + 3), who));
  given(created({ capacity: 5 }), reserved(rsv(1), alice, { quantity: 5 }), queued(rsv(2), bob, 5), ...singles)
    .when(alice, resize(rsv(1), 1))
    .then(resized(rsv(1), 1), ...[3, 4, 5].map((n) => promoted(rsv(n), { passed: [rsv(2)] })));
});

it('lets the line move when the party that blocked it leaves', () => {
  given(...passedThrice)
    .when(bob, cancel(rsv(2)))
    .then(cancelled(rsv(2), 'holder'), promoted(rsv(6)));
});

it('tells a newcomer that nothing is free for them while somebody whom nobody may pass waits', () => {
  given(...passedThrice)
    .when(dora, seats(rsv(7)))
    .then({ code: 'sold_out', availableSlots: 0 });
  given(...passedThrice)
    .when(dora, join(rsv(7)))
    .then(queued(rsv(7), dora));
});

it('lets a newcomer pass who fits where those who wait do not, and tells one who does not what would fit', () => {
  const twoFree = [created({ capacity: 3 }), reserved(rsv(1), alice), queued(rsv(2), bob, 3)];
  given(...twoFree)
    .when(carol, seats(rsv(3), { quantity: 2 }))
    .then(reserved(rsv(3), carol, { quantity: 2, passed: [rsv(2)] }));
  given(...twoFree)
    .when(carol, seats(rsv(3), { quantity: 3 }))
    .then({ code: 'sold_out', availableSlots: 2 });
});

it('lets nobody jump the queue: seats of lapsed holds go to who waits, however late the alarm is', () => {
  const hold = [created({ capacity: 1 }), reserved(rsv(1), alice, { expiresAt: T0 + MINUTE }), queued(rsv(2), bob)];
  given(...hold)
    .when(carol, seats(rsv(3)), T0 + MINUTE)
    .then({ code: 'sold_out', availableSlots: 0 });
  given(...hold)
    .when(carol, join(rsv(3)), T0 + MINUTE)
    .then(expired(rsv(1)), promoted(rsv(2)), queued(rsv(3), carol));
});

it('calls nothing sold out while more holds are over than one command ends and somebody waits', () => {
  const late = T0 + MINUTE;
  const holds = [alice, otto].map((holder, index) => reserved(rsv(index + 1), holder, { expiresAt: late }));
  const event = [created({ capacity: 2 }), ...holds, queued(rsv(3), bob)];
  const ended = reserved(rsv(4), dora, { expiresAt: T0 + 1 });
  withLimits({ expiriesForWaitlist: 1 }, () => {
    given(...event)
      .when(carol, seats(rsv(5)), late)
      .then({ code: 'busy' });
    given(...event)
      .when(carol, join(rsv(5)), late)
      .then(expired(rsv(1)), queued(rsv(5), carol));
    given(created({ capacity: 4 }), ended, expired(rsv(4)), ...holds, queued(rsv(3), bob, 4))
      .when(dora, { type: 'reactivate', reservationId: rsv(4) }, late)
      .then({ code: 'busy' });
    given(created({ capacity: 3 }), reserved(rsv(6), dora), ...holds, queued(rsv(3), bob, 3))
      .when(dora, resize(rsv(6), 2), late)
      .then({ code: 'busy' });
    given(created({ capacity: 3 }), reserved(rsv(6), dora, { expiresAt: late }), ...holds, queued(rsv(3), bob))
      .when(alice, { type: 'confirm', reservationId: rsv(1), reacquire: true }, late)
      .then({ code: 'busy' });
  });
});

it('calls nothing sold out while a long line is still moving up', () => {
  const waiters = [bob, carol, otto].map((holder, index) => queued(rsv(index + 2), holder));
  const line = [created({ capacity: 1 }), reserved(rsv(1), alice), ...waiters];
  const grown = edited({ capacity: 9 });
  withLimits({ waitlistWindow: 2 }, () => {
    given(...line)
      .when(dora, seats(rsv(9)))
      .then({ code: 'sold_out', availableSlots: 0 });
    given(...line, grown)
      .when(dora, seats(rsv(9)))
      .then({ code: 'busy' });
    given(...line, grown)
      .when(dora, seats(rsv(9), { quantity: 9 }))
      .then({ code: 'sold_out', availableSlots: 0 });
    given(...line, grown)
      .when(alice, resize(rsv(1), 2))
      .then({ code: 'busy' });
  });
});

it('tells who waits for more than the event has what could be had', () => {
  given(created({ capacity: 5 }), reserved(rsv(1), alice), queued(rsv(2), bob, 5))
    .when(bob, resize(rsv(2), 6))
    .then({ code: 'sold_out', availableSlots: 4 });
});

it('counts lapsed holds as free before it passes anybody', () => {
  const late = T0 + MINUTE;
  given(
    created({ capacity: 4 }),
    reserved(rsv(1), alice, { quantity: 2, expiresAt: late }),
    reserved(rsv(2), bob, { quantity: 2 }),
    queued(rsv(3), carol, 4),
    queued(rsv(4), olga, 2),
  )
    .when(bob, cancel(rsv(2)), late)
    .then(cancelled(rsv(2), 'holder'), expired(rsv(1)), promoted(rsv(3)));
});

it('gives what a larger capacity adds to the line, in the same step', () => {
  given(...full, queued(rsv(2), bob, 2))
    .when(olga, edit({ capacity: 5 }))
    .then(edited({ capacity: 5 }), promoted(rsv(2)));
});

it('lets a party larger than the event wait for more capacity without holding up anybody', () => {
  const shrunk = [created({ capacity: 3 }), reserved(rsv(1), alice, { quantity: 2 }), queued(rsv(2), bob, 3)];
  given(...shrunk, edited({ capacity: 2 }), queued(rsv(3), carol))
    .when(alice, resize(rsv(1), 1))
    .then(resized(rsv(1), 1), promoted(rsv(3)));
});

it('closes the gap when who waits leaves the line, until the very end', () => {
  const line = [...full, queued(rsv(2), bob), queued(rsv(3), carol)];
  const state = given(...line)
    .when(bob, cancel(rsv(2)), START + HOUR)
    .then(cancelled(rsv(2), 'holder'));
  expect(state.totals.waitlisted).toBe(1);
  expect(state.reservations.get(rsv(2))).toMatchObject({ status: 'cancelled', queueSeq: null });
});

it('promotes until the start, though newcomers come too late, and nobody from then on', () => {
  const line = [...full, edited({ reservationsCloseAt: T0 + 1 }), queued(rsv(2), bob)];
  given(...line)
    .when(carol, seats(rsv(3)), START - 1)
    .then({ code: 'reservations_closed' });
  given(...line)
    .when(olga, cancel(rsv(1)), START - 1)
    .then(cancelled(rsv(1), 'organizer'), promoted(rsv(2)));
  given(...line)
    .when(olga, cancel(rsv(1)), START)
    .then(cancelled(rsv(1), 'organizer'));
  given(...line, cancelled(rsv(1), 'organizer'))
    .when(null, settle, START)
    .then();
});

it('promotes after the start when the organizer has reservations go on', () => {
  const goesOn = { reservationsCloseAt: START + HOUR / 2 };
  given(created({ capacity: 3 }), queued(rsv(2), bob))
    .when(olga, edit(goesOn), START)
    .then(edited(goesOn), promoted(rsv(2)));
});

it('gives the waitlist up with its event', () => {
  given(...full, queued(rsv(2), bob))
    .when(olga, { type: 'cancel_event' })
    .then(eventCancelled, cancelled(rsv(1), 'organizer'), cancelled(rsv(2), 'organizer'));
});

it('looks at the head of a long line only, and lets who comes then wait', () => {
  const line = [created({ capacity: 3 }), reserved(rsv(1), alice, { quantity: 3 })];
  const waiters = [queued(rsv(2), bob, 3), queued(rsv(3), carol, 3), queued(rsv(4), otto)];
  withLimits({ waitlistWindow: 2 }, () => {
    given(...line, ...waiters)
      .when(alice, resize(rsv(1), 2))
      .then(resized(rsv(1), 2));
    given(...line, resized(rsv(1), 2), ...waiters)
      .when(admin, seats(rsv(5)))
      .then({ code: 'sold_out', availableSlots: 0 });
  });
});

it('looks past parties larger than the event, however many: the line is of those who can be served', () => {
  const shrunk = [
    created({ capacity: 4 }),
    reserved(rsv(1), alice),
    ...[bob, carol, dora].map((who, index) => queued(rsv(index + 2), who, 4)),
    edited({ capacity: 3 }),
    queued(rsv(5), olga, 3),
  ];
  const passed = [rsv(5)];
  withLimits({ waitlistWindow: 2 }, () => {
    given(...shrunk)
      .when(alice, cancel(rsv(1)))
      .then(cancelled(rsv(1), 'holder'), promoted(rsv(5)));
    given(...shrunk)
      .when(otto, seats(rsv(6), { quantity: 2 }))
      .then(reserved(rsv(6), otto, { quantity: 2, passed }));
    given(...shrunk)
      .when(olga, edit({ capacity: 5 }))
      .then(edited({ capacity: 5 }), promoted(rsv(2)));
  });
});

it('serves those behind the parties that a smaller capacity sets aside, in the same step', () => {
  const setAside = [bob, carol, olga].map((who, index) => queued(rsv(index + 2), who, 4));
  const blocking = [created({ capacity: 4 }), reserved(rsv(1), alice), ...setAside, queued(rsv(5), otto)];
  withLimits({ waitlistWindow: 2 }, () => {
    given(...blocking)
      .when(olga, edit({ capacity: 3 }))
      .then(edited({ capacity: 3 }), promoted(rsv(5)));
  });
});

it('expires a bounded number of holds for the sake of those who wait, and moves nobody before all count', () => {
  const late = T0 + MINUTE;
  const past = [
    created({ capacity: 3 }),
    ...[alice, bob, carol].map((who, index) => reserved(rsv(index + 1), who, { expiresAt: late })),
    queued(rsv(4), olga, 3),
    queued(rsv(5), otto),
  ];
  withLimits({ expiriesForWaitlist: 2 }, () => {
    given(...past)
      .when(admin, join(rsv(6)), late)
      .then(expired(rsv(1)), expired(rsv(2)), queued(rsv(6), admin));
    given(...past)
      .when(otto, cancel(rsv(5)), late)
      .then(cancelled(rsv(5), 'holder'), expired(rsv(1)), expired(rsv(2)));
    given(...past, expired(rsv(1)), expired(rsv(2)))
      .when(null, settle, late)
      .then(expired(rsv(3)), promoted(rsv(4)));
  });
});
