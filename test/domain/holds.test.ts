import { expect, it } from 'vitest';
import type { Action } from '../../src/domain/commands.ts';
import {
  alice,
  bob,
  cancelled,
  carol,
  checkedIn,
  confirmed,
  created,
  edited,
  eventCancelled,
  expired,
  extended,
  given,
  HOUR,
  MINUTE,
  olga,
  promoted,
  queued,
  reactivated,
  reserved,
  rsv,
  T0,
} from '../support/given.ts';

/** Holds that slide on, and reservations that come back. */

const extend: Action = { type: 'extend', reservationId: rsv(1) };
const reactivate: Action = { type: 'reactivate', reservationId: rsv(1) };
const confirm: Action = { type: 'confirm', reservationId: rsv(1), reacquire: false };
const reacquire: Action = { type: 'confirm', reservationId: rsv(1), reacquire: true };
const HOLD = 15 * MINUTE;
const LAPSES = T0 + HOLD;
const hold = reserved(rsv(1), alice, { expiresAt: LAPSES });

it('slides a hold on by its whole length', () => {
  given(created(), hold)
    .when(alice, extend, T0 + 10 * MINUTE)
    .then(extended(rsv(1), T0 + 25 * MINUTE));
  given(created(), hold)
    .when(olga, extend, LAPSES - 1)
    .then(extended(rsv(1), LAPSES - 1 + HOLD));
});

it('slides no hold past three times its first length from its start', () => {
  const twice = [created(), hold, extended(rsv(1), T0 + 25 * MINUTE), extended(rsv(1), T0 + 40 * MINUTE)];
  given(...twice)
    .when(alice, extend, T0 + 35 * MINUTE)
    .then(extended(rsv(1), T0 + 45 * MINUTE));
  given(...twice, extended(rsv(1), T0 + 45 * MINUTE))
    .when(alice, extend, T0 + 44 * MINUTE)
    .then({ code: 'hold_not_extendable' });
  const longer = edited({ holdMs: 10 * HOUR });
  given(created(), hold, longer)
    .when(alice, extend)
    .then(extended(rsv(1), T0 + 45 * MINUTE));
});

it('adds no fact where a hold lasts as long already', () => {
  given(created(), hold).when(alice, extend, T0).then();
  given(created(), hold, edited({ holdMs: MINUTE }))
    .when(alice, extend)
    .then();
});

it('extends nothing but a hold', () => {
  const pending = { code: 'reservation_not_pending' } as const;
  given(created(), reserved(rsv(1), alice))
    .when(alice, extend)
    .then(pending);
  given(created(), queued(rsv(1), alice))
    .when(alice, extend)
    .then(pending);
  given(created(), queued(rsv(1), alice))
    .when(alice, confirm)
    .then(pending);
  given(created(), hold).when(alice, extend, LAPSES).then({ code: 'hold_expired' });
  given(created(), hold, cancelled(rsv(1), 'holder'))
    .when(alice, extend)
    .then({ code: 'reservation_cancelled' });
  given(created(), hold, eventCancelled).when(alice, extend).then({ code: 'event_cancelled' });
  given(created(), hold).when(bob, extend).then({ code: 'reservation_not_found' });
});

it('makes no seat of a hold, nor a longer one, once the event is over', () => {
  const over = T0 + 3 * HOUR;
  const lasting = reserved(rsv(1), alice, { expiresAt: over + HOUR });
  for (const action of [confirm, extend]) {
    given(created(), lasting).when(alice, action, over).then({ code: 'reservations_closed' });
    given(created(), lasting).when(olga, action, over).then({ code: 'reservations_closed' });
  }
  given(created(), lasting)
    .when(alice, confirm, over - 1)
    .then(confirmed(rsv(1)));
  given(created(), lasting, confirmed(rsv(1)))
    .when(alice, confirm, over)
    .then();
});

it('retakes the seats of a lapsed hold for who confirms it late and says so', () => {
  const again = [expired(rsv(1)), reactivated(rsv(1))] as const;
  const state = given(created(), hold)
    .when(alice, reacquire, LAPSES)
    .then(...again);
  expect(state.reservations.get(rsv(1))).toMatchObject({ status: 'confirmed', confirmedAt: LAPSES, expiresAt: null });
  given(created(), hold, expired(rsv(1)))
    .when(alice, reacquire, LAPSES)
    .then(reactivated(rsv(1)));
  given(created(), hold)
    .when(alice, reacquire, LAPSES - 1)
    .then(confirmed(rsv(1)));
});

it('says that the hold has expired where its seats can not be retaken', () => {
  const gone = { code: 'hold_expired' } as const;
  given(created(), hold).when(alice, confirm, LAPSES).then(gone);
  const small = [created({ capacity: 1 }), hold, expired(rsv(1))];
  given(...small, reserved(rsv(2), bob))
    .when(alice, reacquire, LAPSES)
    .then(gone);
  given(created(), hold)
    .when(alice, reacquire, T0 + 2 * HOUR)
    .then(gone);
  given(created(), hold, expired(rsv(1)), reserved(rsv(2), alice))
    .when(alice, reacquire, LAPSES)
    .then(gone);
});

it('retakes no seats that others wait for', () => {
  given(created({ capacity: 1 }), hold, queued(rsv(2), bob))
    .when(alice, reacquire, LAPSES)
    .then({ code: 'hold_expired' });
  given(created({ capacity: 2 }), hold, queued(rsv(2), bob))
    .when(alice, reacquire, LAPSES)
    .then(expired(rsv(1)), promoted(rsv(2)), reactivated(rsv(1)));
});

it('brings what was cancelled or expired back, with the checks of a new reservation', () => {
  const ended = [created(), reserved(rsv(1), alice), cancelled(rsv(1), 'holder')];
  const state = given(...ended)
    .when(alice, reactivate)
    .then(reactivated(rsv(1)));
  expect(state.reservations.get(rsv(1))).toMatchObject({ status: 'confirmed', cancelledAt: null, cancelledBy: null });
  given(...ended, reserved(rsv(2), alice))
    .when(alice, reactivate)
    .then({ code: 'already_reserved', reservationId: rsv(2) });
  given(...ended)
    .when(alice, reactivate, T0 + 2 * HOUR)
    .then({ code: 'reservations_closed' });
  given(...ended, edited({ capacity: 1 }), reserved(rsv(2), bob))
    .when(alice, reactivate)
    .then({ code: 'sold_out', availableSlots: 0 });
  given(...ended, eventCancelled)
    .when(alice, reactivate)
    .then({ code: 'event_cancelled' });
  given(...ended)
    .when(carol, reactivate)
    .then({ code: 'reservation_not_found' });
});

it('brings it back as a fresh hold where the event asks for confirmation', () => {
  const back = reactivated(rsv(1), { expiresAt: LAPSES + HOLD, extendableUntil: LAPSES + 3 * HOLD });
  given(created({ requiresConfirmation: true }), hold)
    .when(alice, reactivate, LAPSES)
    .then(expired(rsv(1)), back);
});

it("expires the holder's other lapsed hold when a reservation comes back", () => {
  const other = reserved(rsv(2), alice, { expiresAt: LAPSES });
  given(created(), reserved(rsv(1), alice), cancelled(rsv(1), 'holder'), other)
    .when(alice, reactivate, LAPSES)
    .then(expired(rsv(2)), reactivated(rsv(1)));
});

it('adds no fact for what is active, also while it waits', () => {
  for (const active of [hold, reserved(rsv(1), alice), queued(rsv(1), alice)]) {
    given(created(), active).when(alice, reactivate).then();
  }
});

it('takes nobody of a party that comes back as arrived', () => {
  const state = given(created(), reserved(rsv(1), alice), checkedIn(rsv(1), 1, 'a'), cancelled(rsv(1), 'organizer'))
    .when(alice, reactivate)
    .then(reactivated(rsv(1)));
  expect(state.reservations.get(rsv(1))).toMatchObject({ checkedInAt: null, checkedInQuantity: 0 });
});
