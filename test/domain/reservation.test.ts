import { expect, it } from 'vitest';
import type { Action } from '../../src/domain/commands.ts';
import {
  admin,
  alice,
  bob,
  cancelled,
  confirmed,
  created,
  deleted,
  eventCancelled,
  eventDeleted,
  expired,
  given,
  HOUR,
  MINUTE,
  olga,
  otto,
  queued,
  reserved,
  rsv,
  T0,
} from '../support/given.ts';

const confirm: Action = { type: 'confirm', reservationId: rsv(1), reacquire: false };
const cancel: Action = { type: 'cancel', reservationId: rsv(1) };
const remove: Action = { type: 'delete_reservation', reservationId: rsv(1), ifVersion: null };
const LAPSES = T0 + 15 * MINUTE;
const hold = reserved(rsv(1), alice, { quantity: 2, expiresAt: LAPSES });
const sure = reserved(rsv(1), alice, { quantity: 2 });
const START = T0 + 2 * HOUR;

it('confirms a hold until it lapses', () => {
  const state = given(created(), hold)
    .when(alice, confirm, LAPSES - 1)
    .then(confirmed(rsv(1)));
  expect(state.totals).toEqual({ held: 0, confirmed: 2, waitlisted: 0 });
  expect(state.reservations.get(rsv(1))).toMatchObject({ status: 'confirmed', confirmedAt: LAPSES - 1, version: 2 });
  given(created(), hold).when(alice, confirm, LAPSES).then({ code: 'hold_expired' });
  given(created(), hold, expired(rsv(1)))
    .when(alice, confirm)
    .then({ code: 'hold_expired' });
});

it('adds no fact when what is confirmed or cancelled is confirmed or cancelled again', () => {
  given(created(), sure).when(alice, confirm).then();
  given(created(), sure, cancelled(rsv(1), 'organizer'))
    .when(alice, cancel, START)
    .then();
});

it('confirms nothing that was cancelled', () => {
  given(created(), sure, cancelled(rsv(1), 'holder'))
    .when(alice, confirm)
    .then({ code: 'reservation_cancelled' });
  given(created(), hold, eventCancelled).when(alice, confirm).then({ code: 'event_cancelled' });
});

it('cancels a hold and a confirmed reservation, and frees their seats', () => {
  for (const reservation of [hold, sure]) {
    const state = given(created(), reservation)
      .when(alice, cancel)
      .then(cancelled(rsv(1), 'holder'));
    expect(state.totals).toEqual({ held: 0, confirmed: 0, waitlisted: 0 });
    expect(state.reservations.get(rsv(1))).toMatchObject({ cancelledAt: T0 + 1, cancelledBy: 'holder' });
  }
});

it('cancels no hold that has lapsed', () => {
  given(created(), hold).when(alice, cancel, LAPSES).then({ code: 'hold_expired' });
  given(created(), hold, expired(rsv(1)))
    .when(alice, cancel)
    .then({ code: 'hold_expired' });
});

it('lets the holder cancel until the start, or as long as the organizer said', () => {
  const closed = { code: 'cancellation_closed' } as const;
  given(created(), sure)
    .when(alice, cancel, START - 1)
    .then(cancelled(rsv(1), 'holder'));
  given(created(), sure).when(alice, cancel, START).then(closed);
  const early = created({ cancelUntil: T0 + HOUR });
  given(early, sure)
    .when(alice, cancel, T0 + HOUR - 1)
    .then(cancelled(rsv(1), 'holder'));
  given(early, sure)
    .when(alice, cancel, T0 + HOUR)
    .then(closed);
  given(early, sure)
    .when(alice, remove, T0 + HOUR)
    .then(closed);
});

it('lets the organizer and an admin cancel at any time, their own reservations too', () => {
  given(created(), sure)
    .when(olga, cancel, START)
    .then(cancelled(rsv(1), 'organizer'));
  given(created(), sure)
    .when(admin, cancel, START)
    .then(cancelled(rsv(1), 'admin'));
  for (const runner of [olga, admin])
    given(created(), reserved(rsv(1), runner))
      .when(runner, cancel, START)
      .then(cancelled(rsv(1), 'holder'));
});

it('knows no reservation of somebody else', () => {
  for (const stranger of [null, bob, otto])
    for (const command of [confirm, cancel, remove])
      given(created(), hold).when(stranger, command).then({ code: 'reservation_not_found' });
  given(created()).when(alice, confirm).then({ code: 'reservation_not_found' });
  given().when(alice, confirm).then({ code: 'reservation_not_found' });
});

it('lets the organizer and an admin confirm for the holder', () => {
  for (const runner of [olga, admin])
    given(created(), hold)
      .when(runner, confirm)
      .then(confirmed(rsv(1)));
});

it('deletes what has ended, and cancels or expires first what has not', () => {
  const ended = [created(), sure, cancelled(rsv(1), 'holder')];
  given(...ended)
    .when(alice, remove)
    .then(deleted(rsv(1)));
  given(created(), sure)
    .when(alice, remove)
    .then(cancelled(rsv(1), 'holder'), deleted(rsv(1)));
  given(created(), sure)
    .when(olga, remove, START)
    .then(cancelled(rsv(1), 'organizer'), deleted(rsv(1)));
  given(created(), hold)
    .when(alice, remove, LAPSES)
    .then(expired(rsv(1)), deleted(rsv(1)));
});

it('knows no reservation that was deleted', () => {
  for (const command of [confirm, cancel, remove])
    given(created(), sure, cancelled(rsv(1), 'holder'), deleted(rsv(1)))
      .when(alice, command)
      .then({ code: 'reservation_not_found' });
});

it('leaves the reservations of a deleted event to their holders', () => {
  const past = [created(), sure, cancelled(rsv(1), 'holder'), eventDeleted];
  given(...past)
    .when(alice, cancel)
    .then();
  given(...past)
    .when(alice, remove)
    .then(deleted(rsv(1)));
});

it('takes a cancel on a cancelled event as what the organizer has done already', () => {
  given(created(), sure, eventCancelled).when(alice, cancel, START).then();
  given(created(), sure, eventCancelled)
    .when(alice, remove, START)
    .then(cancelled(rsv(1), 'organizer'), deleted(rsv(1)));
});

it('takes everything in a closed event as ended, though the facts of that are yet to come', () => {
  const waits = queued(rsv(1), alice);
  const resize: Action = { type: 'change_quantity', reservationId: rsv(1), quantity: 2, ifVersion: 2 };
  const offer: Action = { type: 'offer_transfer', reservationId: rsv(1), to: bob.userId };
  const gone = { code: 'reservation_cancelled' } as const;
  for (const closed of [eventCancelled, eventDeleted]) {
    given(created(), waits, closed).when(alice, cancel).then();
    given(created(), waits, closed)
      .when(alice, remove)
      .then(cancelled(rsv(1), 'organizer'), deleted(rsv(1)));
  }
  for (const command of [resize, offer]) given(created(), waits, eventDeleted).when(alice, command).then(gone);
  const again: Action = { type: 'reactivate', reservationId: rsv(1) };
  given(created(), sure, eventCancelled).when(alice, again).then({ code: 'event_cancelled' });
  given(created(), waits, eventDeleted).when(alice, again).then({ code: 'event_not_found' });
});
