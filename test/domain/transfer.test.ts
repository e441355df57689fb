import { expect, it } from 'vitest';
import type { Action } from '../../src/domain/commands.ts';
import type { Principal } from '../../src/domain/model.ts';
import {
  alice,
  attendee,
  bob,
  cancelled,
  carol,
  checkedIn,
  created,
  edited,
  eventCancelled,
  expired,
  given,
  HOUR,
  MINUTE,
  offered,
  olga,
  promoted,
  queued,
  reserved,
  rsv,
  T0,
  transferred,
  withdrawn,
} from '../support/given.ts';

const offer = (to: Principal): Action => ({ type: 'offer_transfer', reservationId: rsv(1), to: to.userId });
const withdraw: Action = { type: 'withdraw_transfer', reservationId: rsv(1) };
const accept: Action = { type: 'accept_transfer', reservationId: rsv(1), ticketCode: 'a new ticket' };
const sure = reserved(rsv(1), alice, { quantity: 2 });
const waitingForBob = [created(), sure, offered(rsv(1), bob)];

it('moves a reservation with its seats to whom it was offered, once they accept', () => {
  const state = given(created(), sure)
    .when(alice, offer(bob))
    .then(offered(rsv(1), bob));
  expect(state.reservations.get(rsv(1))).toMatchObject({ userId: alice.userId, transferTo: bob.userId });
  const moved = given(...waitingForBob)
    .when(bob, accept)
    .then(transferred(rsv(1), alice, bob, 'a new ticket'));
  expect(moved.totals.confirmed).toBe(2);
  expect(moved.reservations.get(rsv(1))).toMatchObject({
    userId: bob.userId,
    transferTo: null,
    ticketCode: 'a new ticket',
    version: 3,
  });
  expect([...moved.activeByHolder]).toEqual([[bob.userId, rsv(1)]]);
});

it('offers again to another, and adds no fact for the same', () => {
  given(...waitingForBob)
    .when(alice, offer(carol))
    .then(offered(rsv(1), carol));
  given(...waitingForBob)
    .when(alice, offer(bob))
    .then();
  given(created(), sure).when(alice, offer(alice)).then({ code: 'transfer_to_self' });
});

it('lets who runs the event offer it to others, not take it themselves', () => {
  const admin: Principal = { ...carol, role: 'admin' };
  for (const who of [olga, admin]) {
    given(created(), sure).when(who, offer(who)).then({ code: 'transfer_to_self' });
    given(created(), sure)
      .when(who, offer(bob))
      .then(offered(rsv(1), bob));
  }
});

it('gives it to nobody but whom it was offered to', () => {
  given(...waitingForBob)
    .when(olga, accept)
    .then({ code: 'transfer_not_offered' });
  given(...waitingForBob)
    .when(carol, accept)
    .then({ code: 'reservation_not_found' });
  given(created(), sure).when(bob, accept).then({ code: 'reservation_not_found' });
  given(...waitingForBob)
    .when(bob, offer(carol))
    .then({ code: 'not_holder' });
});

it.each([
  ['not_holder', { type: 'confirm', reservationId: rsv(1), reacquire: false }],
  ['not_holder', { type: 'extend', reservationId: rsv(1) }],
  ['not_holder', { type: 'cancel', reservationId: rsv(1) }],
  ['not_holder', { type: 'reactivate', reservationId: rsv(1) }],
  ['not_holder', { type: 'delete_reservation', reservationId: rsv(1), ifVersion: null }],
  ['not_organizer', { type: 'check_in', reservationId: rsv(1), ticketCode: null, quantity: null, nonce: null }],
  ['not_organizer', { type: 'undo_check_in', reservationId: rsv(1) }],
] as const)('answers %s to whom it is only offered for %o', (code, command) => {
  given(...waitingForBob)
    .when(bob, command)
    .then({ code });
  given(...waitingForBob)
    .when(carol, command)
    .then({ code: 'reservation_not_found' });
});

it('adds no fact when who has it accepts again', () => {
  given(...waitingForBob, transferred(rsv(1), alice, bob, 'a new ticket'))
    .when(bob, { ...accept, ticketCode: 'yet another' })
    .then();
  given(...waitingForBob, transferred(rsv(1), alice, bob, 'a new ticket'))
    .when(alice, accept)
    .then({ code: 'reservation_not_found' });
});

it('adds no fact when who has it accepts again after they have arrived, or the event has ended', () => {
  const theirs = [...waitingForBob, transferred(rsv(1), alice, bob, 'a new ticket')];
  given(...theirs, checkedIn(rsv(1), 2, 'a'))
    .when(bob, accept)
    .then();
  given(...theirs)
    .when(bob, accept, T0 + 1_000 * HOUR)
    .then();
  given(...theirs, cancelled(rsv(1), 'holder'))
    .when(bob, accept)
    .then({ code: 'reservation_cancelled' });
});

it('takes an offer back, for either side', () => {
  for (const who of [alice, bob, olga]) {
    given(...waitingForBob)
      .when(who, withdraw)
      .then(withdrawn(rsv(1)));
  }
  given(created(), sure).when(alice, withdraw).then();
  given(...waitingForBob)
    .when(carol, withdraw)
    .then({ code: 'reservation_not_found' });
});

it('gives nobody a second reservation', () => {
  given(...waitingForBob, reserved(rsv(2), bob))
    .when(bob, accept)
    .then({ code: 'already_reserved', reservationId: rsv(2) });
  given(...waitingForBob, queued(rsv(2), bob))
    .when(bob, accept)
    .then({ code: 'already_reserved', reservationId: rsv(2) });
});

it('expires a lapsed hold of who accepts, and gives its seats to the line', () => {
  const late = T0 + MINUTE;
  const full = [created({ capacity: 3 }), sure, offered(rsv(1), bob)];
  given(...full, reserved(rsv(2), bob, { expiresAt: late }), queued(rsv(3), carol))
    .when(bob, accept, late)
    .then(expired(rsv(2)), transferred(rsv(1), alice, bob, 'a new ticket'), promoted(rsv(3)));
});

it('makes the user the holder of what was for an attendee', () => {
  const guest = reserved(rsv(1), alice, { attendeeId: attendee(1) });
  const { activeByHolder, reservations } = given(created(), guest, offered(rsv(1), bob))
    .when(bob, accept)
    .then(transferred(rsv(1), alice, bob, 'a new ticket'));
  expect([...activeByHolder]).toEqual([[bob.userId, rsv(1)]]);
  expect(reservations.get(rsv(1))?.attendeeId).toBeNull();
});

it('moves a place in line too', () => {
  const state = given(created({ capacity: 1 }), reserved(rsv(9), olga), queued(rsv(1), alice), offered(rsv(1), bob))
    .when(bob, accept)
    .then(transferred(rsv(1), alice, bob, 'a new ticket'));
  expect(state.reservations.get(rsv(1))).toMatchObject({ status: 'waitlisted', queueSeq: 3 });
});

it('moves nothing that has ended or begun', () => {
  given(created(), sure, cancelled(rsv(1), 'holder'))
    .when(alice, offer(bob))
    .then({ code: 'reservation_cancelled' });
  given(created(), reserved(rsv(1), alice, { expiresAt: T0 + MINUTE }))
    .when(alice, offer(bob), T0 + MINUTE)
    .then({ code: 'hold_expired' });
  given(...waitingForBob, checkedIn(rsv(1), 1))
    .when(bob, accept)
    .then({ code: 'already_checked_in', checkedInAt: T0 });
  given(...waitingForBob)
    .when(bob, accept, T0 + 3 * HOUR)
    .then({ code: 'reservations_closed' });
  const closing = edited({ reservationsCloseAt: T0 + MINUTE });
  given(created(), sure, closing)
    .when(alice, offer(bob), T0 + MINUTE)
    .then({ code: 'reservations_closed' });
  given(created(), sure, closing)
    .when(alice, offer(bob), T0 + MINUTE - 1)
    .then(offered(rsv(1), bob));
  given(created(), sure, eventCancelled).when(alice, offer(bob)).then({ code: 'event_cancelled' });
});

it('ends an offer with the reservation', () => {
  const state = given(...waitingForBob)
    .when(alice, { type: 'cancel', reservationId: rsv(1) })
    .then(cancelled(rsv(1), 'holder'));
  expect(state.reservations.get(rsv(1))?.transferTo).toBeNull();
  given(...waitingForBob, cancelled(rsv(1), 'holder'))
    .when(bob, accept)
    .then({ code: 'reservation_not_found' });
});
