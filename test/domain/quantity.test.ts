import { expect, it } from 'vitest';
import type { Action } from '../../src/domain/commands.ts';
import {
  alice,
  bob,
  cancelled,
  carol,
  checkedIn,
  created,
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
  T0,
} from '../support/given.ts';

/** Reservations that grow and shrink. */

const START = T0 + 2 * HOUR;
const to = (quantity: number, ifVersion: number | null = null): Action => ({
  type: 'change_quantity',
  reservationId: rsv(1),
  quantity,
  ifVersion,
});
const two = reserved(rsv(1), alice, { quantity: 2 });

it('takes more seats where there are some, and gives seats back', () => {
  const state = given(created(), two)
    .when(alice, to(5))
    .then(resized(rsv(1), 5));
  expect(state.totals.confirmed).toBe(5);
  given(created(), two)
    .when(alice, to(1))
    .then(resized(rsv(1), 1));
  given(created(), two).when(alice, to(2)).then();
});

it('takes more seats as a newcomer does, counting those that it has', () => {
  given(created({ capacity: 4 }), two, reserved(rsv(2), bob))
    .when(alice, to(4))
    .then({ code: 'sold_out', availableSlots: 1 });
  const lapsed = reserved(rsv(2), bob, { quantity: 2, expiresAt: T0 + MINUTE });
  given(created({ capacity: 4 }), two, lapsed)
    .when(alice, to(3), T0 + MINUTE)
    .then(expired(rsv(2)), resized(rsv(1), 3));
  given(created(), two).when(alice, to(3), START).then({ code: 'reservations_closed' });
  const detail = 'One reservation may take at most 2 seats of this event.';
  const errors = [{ field: 'quantity', code: 'above_max_quantity', detail }] as const;
  given(created({ maxQuantity: 2 }), two)
    .when(alice, to(3))
    .then({ code: 'validation_failed', errors });
});

it('lets those who wait go first when somebody wants more', () => {
  given(created({ capacity: 3 }), two, queued(rsv(2), bob, 3))
    .when(alice, to(3))
    .then(resized(rsv(1), 3, { passed: [rsv(2)] }));
  const lapsed = reserved(rsv(2), bob, { expiresAt: T0 + MINUTE });
  given(created({ capacity: 3 }), two, lapsed, queued(rsv(3), carol))
    .when(alice, to(3), T0 + MINUTE)
    .then({ code: 'sold_out', availableSlots: 0 });
});

it('gives the seats of who takes fewer to the line', () => {
  given(created({ capacity: 2 }), two, queued(rsv(2), bob))
    .when(alice, to(1))
    .then(resized(rsv(1), 1), promoted(rsv(2)));
});

it('gives seats back as long as one may cancel, and not those of who has arrived', () => {
  given(created(), two).when(alice, to(1), START).then({ code: 'cancellation_closed' });
  given(created(), two)
    .when(olga, to(1), START)
    .then(resized(rsv(1), 1));
  const arrived = [created(), reserved(rsv(1), alice, { quantity: 3 }), checkedIn(rsv(1), 2)];
  given(...arrived)
    .when(olga, to(1))
    .then({ code: 'already_checked_in', checkedInAt: T0 });
  given(...arrived)
    .when(alice, to(2))
    .then(resized(rsv(1), 2));
});

it('sends a waiting party that wants more to the end of the line, and one that wants less keeps its place', () => {
  const line = [
    created({ capacity: 3 }),
    reserved(rsv(9), otto, { quantity: 3 }),
    queued(rsv(1), alice, 2),
    queued(rsv(2), bob),
  ];
  const grown = given(...line)
    .when(alice, to(3))
    .then(resized(rsv(1), 3, { requeued: true }));
  expect(grown.reservations.get(rsv(1))).toMatchObject({ queueSeq: 5, passes: 0, quantity: 3 });
  const shrunk = given(...line)
    .when(alice, to(1))
    .then(resized(rsv(1), 1));
  expect(shrunk.reservations.get(rsv(1))).toMatchObject({ queueSeq: 3, quantity: 1 });
  given(...line)
    .when(alice, to(4))
    .then({ code: 'sold_out', availableSlots: 0 });
});

it('forgets how often a party was passed when it goes to the end of the line', () => {
  const state = given(
    created({ capacity: 3 }),
    reserved(rsv(9), otto, { quantity: 2 }),
    queued(rsv(1), alice, 2),
    reserved(rsv(2), bob, { passed: [rsv(1)] }),
  )
    .when(alice, to(3))
    .then(resized(rsv(1), 3, { requeued: true }));
  expect(state.reservations.get(rsv(1))?.passes).toBe(0);
});

it('lets those behind move when a party goes to the end, and itself when it has become small enough', () => {
  const line = [created({ capacity: 4 }), reserved(rsv(9), otto, { quantity: 2 }), queued(rsv(1), alice, 3)];
  given(...line)
    .when(alice, to(2))
    .then(resized(rsv(1), 2), promoted(rsv(1)));
  const lapsed = reserved(rsv(8), carol, { quantity: 2, expiresAt: T0 + MINUTE });
  given(created({ capacity: 4 }), reserved(rsv(9), otto), lapsed, queued(rsv(1), alice, 2), queued(rsv(2), bob, 2))
    .when(alice, to(3), T0 + MINUTE)
    .then(resized(rsv(1), 3, { requeued: true }), expired(rsv(8)), promoted(rsv(2)));
});

it('changes only what is active, in the version that was seen, for who may', () => {
  given(created(), two).when(alice, to(1, 2)).then({ code: 'version_mismatch' });
  given(created(), two)
    .when(alice, to(1, 1))
    .then(resized(rsv(1), 1));
  given(created(), two, cancelled(rsv(1), 'holder'))
    .when(alice, to(1))
    .then({ code: 'reservation_cancelled' });
  given(created(), two, eventCancelled).when(alice, to(1)).then({ code: 'event_cancelled' });
  const hold = reserved(rsv(1), alice, { quantity: 2, expiresAt: T0 + MINUTE });
  given(created(), hold)
    .when(alice, to(1), T0 + MINUTE)
    .then({ code: 'hold_expired' });
  given(created(), two).when(bob, to(1)).then({ code: 'reservation_not_found' });
});
