import { expect, it } from 'vitest';
import type { Action } from '../../src/domain/commands.ts';
import { asOf } from '../../src/domain/seats.ts';
import {
  alice,
  bob,
  cancelled,
  carol,
  created,
  edited,
  eventCancelled,
  eventDeleted,
  expired,
  given,
  MINUTE,
  olga,
  reserved,
  rsv,
  seats,
  T0,
} from '../support/given.ts';
import { withLimits } from '../support/histories.ts';

const settle: Action = { type: 'settle' };
const cancelEvent: Action = { type: 'cancel_event' };
const LAPSES = T0 + MINUTE;
const hold = (n: number, who = alice) => reserved(rsv(n), who, { expiresAt: LAPSES });
const three = [hold(1), hold(2, bob), hold(3, carol)];

it('expires holds once their time is over, and not before', () => {
  const later = reserved(rsv(2), bob, { expiresAt: LAPSES + 1 });
  given(created(), hold(1))
    .when(null, settle, LAPSES - 1)
    .then();
  const state = given(created(), later, hold(1))
    .when(null, settle, LAPSES)
    .then(expired(rsv(1)));
  expect(state.totals.held).toBe(1);
});

it('settles nothing of an event that was never created', () => {
  given().when(null, settle).then();
});

it('expires the holds that lapsed first, in bounded steps', () => {
  const holds = [created(), ...three, reserved(rsv(4), olga, { expiresAt: LAPSES - 1 })];
  withLimits({ settlePerStep: 2 }, () => {
    given(...holds)
      .when(null, settle, LAPSES)
      .then(expired(rsv(4)), expired(rsv(1)));
  });
});

it('cancels an event together with its reservations; a hold that had lapsed expired', () => {
  const past = [created(), reserved(rsv(2), bob), hold(1), reserved(rsv(3), carol, { expiresAt: LAPSES + 1 })];
  const state = given(...past)
    .when(olga, cancelEvent, LAPSES)
    .then(eventCancelled, expired(rsv(1)), cancelled(rsv(2), 'organizer'), cancelled(rsv(3), 'organizer'));
  expect(state.totals).toEqual({ held: 0, confirmed: 0, waitlisted: 0 });
  given(created(), eventCancelled).when(olga, cancelEvent).then();
});

it('cancels the reservations of a large event in bounded steps', () => {
  withLimits({ settlePerStep: 2 }, () => {
    const first = [cancelled(rsv(1), 'organizer'), cancelled(rsv(2), 'organizer')];
    given(created(), ...three)
      .when(olga, cancelEvent)
      .then(eventCancelled, ...first);
    given(created(), ...three, eventCancelled, ...first)
      .when(null, settle)
      .then(cancelled(rsv(3), 'organizer'));
  });
});

it('ends what a later step has left over at the moment the event was cancelled', () => {
  const late = LAPSES + MINUTE;
  const { state } = given(created(), hold(1), eventCancelled);
  const before = state.event && asOf(hold1(state), state.event, T0);
  expect(before).toMatchObject({ status: 'cancelled', cancelledAt: T0, cancelledBy: 'organizer', updatedAt: T0 });
  expect(state.event && asOf(hold1(state), state.event, late)).toEqual(before);
  const after = given(created(), hold(1), eventCancelled)
    .when(null, settle, late)
    .then(cancelled(rsv(1), 'organizer'));
  expect(hold1(after)).toEqual(before);
});

const hold1 = (state: ReturnType<typeof given>['state']) => {
  const reservation = state.reservations.get(rsv(1));
  if (reservation === undefined) throw new Error('the hold is missing');
  return reservation;
};

it('shows a hold as expired from the moment it lapses, with or without the fact', () => {
  const { state } = given(created(), hold(1));
  const seen = state.event && asOf(hold1(state), state.event, LAPSES);
  expect(seen).toMatchObject({ status: 'expired', updatedAt: LAPSES, version: 2 });
  const after = given(created(), hold(1))
    .when(null, settle, LAPSES + MINUTE)
    .then(expired(rsv(1)));
  expect(hold1(after)).toEqual(seen);
});

it('asks for patience while a cancelled event still has reservations to end', () => {
  const remove: Action = { type: 'delete_event', ifVersion: null };
  given(created(), hold(1), eventCancelled).when(olga, remove).then({ code: 'busy' });
  given(created(), eventCancelled).when(olga, remove).then(eventDeleted);
});

it('asks for patience where more holds have lapsed than one step looks at', () => {
  const capacity = (seatsLeft: number): Action => ({
    type: 'edit_event',
    changes: { capacity: seatsLeft },
    ifVersion: null,
  });
  const remove: Action = { type: 'delete_event', ifVersion: null };
  withLimits({ settlePerStep: 2 }, () => {
    given(created(), ...three)
      .when(olga, remove, LAPSES)
      .then({ code: 'busy' });
    given(created(), ...three)
      .when(olga, capacity(0.5), LAPSES)
      .then({ code: 'busy' });
    given(created(), ...three)
      .when(olga, capacity(1), LAPSES)
      .then(expired(rsv(1)), expired(rsv(2)), edited({ capacity: 1 }));
  });
});

it('never needs patience to reserve: a step settles more holds than one reservation has seats', () => {
  const full = created({ capacity: 3 });
  withLimits({ settlePerStep: 3 }, () => {
    given(full, ...three)
      .when(olga, seats(rsv(4), { quantity: 3 }), LAPSES)
      .then(expired(rsv(1)), expired(rsv(2)), expired(rsv(3)), reserved(rsv(4), olga, { quantity: 3 }));
  });
});
