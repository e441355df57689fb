import { expect, it } from 'vitest';
import type { Action } from '../../src/domain/commands.ts';
import {
  admin,
  alice,
  bob,
  cancelled,
  checkedIn,
  created,
  deleted,
  eventCancelled,
  eventDeleted,
  given,
  HOUR,
  MINUTE,
  offered,
  olga,
  otto,
  queued,
  reserved,
  rsv,
  T0,
  transferred,
  undone,
} from '../support/given.ts';
import { withLimits } from '../support/histories.ts';

const code = `ticket of ${rsv(1)}`;
const scan = (over: { ticketCode?: string | null; quantity?: number; nonce?: string | null } = {}): Action => {
  const { ticketCode = code, quantity = null, nonce = 'a' } = over;
  return { type: 'check_in', reservationId: rsv(1), ticketCode, quantity, nonce };
};
const byHand = scan({ ticketCode: null, nonce: null });
const undo: Action = { type: 'undo_check_in', reservationId: rsv(1) };
const party = [created(), reserved(rsv(1), alice, { quantity: 3 })];

it('lets a whole party in, or as many as have come', () => {
  const state = given(...party)
    .when(olga, scan())
    .then(checkedIn(rsv(1), 3, 'a'));
  expect(state.reservations.get(rsv(1))).toMatchObject({ checkedInAt: T0 + 1, checkedInQuantity: 3 });
  const partly = given(...party)
    .when(admin, scan({ quantity: 2 }))
    .then(checkedIn(rsv(1), 2, 'a'));
  expect(partly.reservations.get(rsv(1))).toMatchObject({ checkedInQuantity: 2 });
  given(...party, checkedIn(rsv(1), 2, 'a'))
    .when(olga, scan({ nonce: 'b' }), T0 + HOUR)
    .then(checkedIn(rsv(1), 1, 'b'));
});

it('lets nobody in twice: a repeated nonce changes nothing, another one is told when they came', () => {
  given(...party, checkedIn(rsv(1), 3, 'a'))
    .when(olga, scan(), T0 + HOUR)
    .then();
  given(...party, checkedIn(rsv(1), 1, 'a'))
    .when(olga, scan({ quantity: 1 }), T0 + HOUR)
    .then();
  given(...party, checkedIn(rsv(1), 3, 'a'))
    .when(olga, scan({ nonce: 'b' }), T0 + HOUR)
    .then({ code: 'already_checked_in', checkedInAt: T0 });
  given(...party, checkedIn(rsv(1), 3, 'a'))
    .when(olga, byHand)
    .then();
});

it('lets nobody in by a repeated nonce who may not enter any more', () => {
  given(...party, checkedIn(rsv(1), 1, 'a'), cancelled(rsv(1), 'holder'))
    .when(olga, scan({ quantity: 1 }))
    .then({ code: 'reservation_cancelled' });
  given(...party, checkedIn(rsv(1), 1, 'a'), eventCancelled)
    .when(olga, scan({ quantity: 1 }))
    .then({ code: 'event_cancelled' });
});

it('lets no more in than have seats', () => {
  const detail = 'Only 1 of this party have not arrived yet.';
  const errors = [{ field: 'quantity', code: 'above_missing', detail }] as const;
  given(...party, checkedIn(rsv(1), 2, 'a'))
    .when(olga, scan({ quantity: 2, nonce: 'b' }))
    .then({ code: 'validation_failed', errors });
});

it('tells only who runs the event anything about a ticket', () => {
  for (const stranger of [null, alice, otto]) {
    given(...party)
      .when(stranger, scan())
      .then({ code: 'not_organizer' });
    given(...party)
      .when(stranger, scan({ ticketCode: 'forged' }))
      .then({ code: 'not_organizer' });
  }
  given(created({}, 'draft')).when(otto, scan()).then({ code: 'event_not_found' });
  given().when(olga, scan()).then({ code: 'event_not_found' });
});

it('checks nobody in by hand for who may not, and tells strangers of no reservation', () => {
  given(...party)
    .when(alice, byHand)
    .then({ code: 'not_organizer' });
  for (const stranger of [null, bob, otto]) {
    given(...party)
      .when(stranger, byHand)
      .then({ code: 'reservation_not_found' });
  }
  given(...party, deleted(rsv(1)))
    .when(alice, byHand)
    .then({ code: 'reservation_not_found' });
  given().when(olga, byHand).then({ code: 'reservation_not_found' });
});

it('tells unknown, cancelled, lapsed and unconfirmed tickets apart', () => {
  given(...party)
    .when(olga, scan({ ticketCode: 'forged' }))
    .then({ code: 'ticket_unknown' });
  given(created()).when(olga, scan()).then({ code: 'ticket_unknown' });
  given(created()).when(olga, byHand).then({ code: 'reservation_not_found' });
  const gone = [...party, cancelled(rsv(1), 'holder')];
  given(...gone)
    .when(olga, scan())
    .then({ code: 'reservation_cancelled' });
  given(...gone, deleted(rsv(1)))
    .when(olga, scan())
    .then({ code: 'ticket_unknown' });
  given(...party, eventCancelled)
    .when(olga, scan())
    .then({ code: 'event_cancelled' });
  for (const ticketCode of [code, 'forged']) {
    given(...party, eventCancelled, eventDeleted)
      .when(olga, scan({ ticketCode }))
      .then({ code: 'event_not_found' });
  }
  const hold = reserved(rsv(1), alice, { expiresAt: T0 + MINUTE });
  given(created(), hold).when(olga, scan()).then({ code: 'reservation_not_confirmed' });
  given(created(), hold)
    .when(olga, scan(), T0 + MINUTE)
    .then({ code: 'hold_expired' });
  given(created(), queued(rsv(1), alice))
    .when(olga, scan())
    .then({ code: 'reservation_not_confirmed' });
});

it('opens no door for the ticket of who gave the reservation away', () => {
  const moved = [...party, offered(rsv(1), bob), transferred(rsv(1), alice, bob, 'a new ticket')];
  given(...moved)
    .when(olga, scan())
    .then({ code: 'ticket_unknown' });
  given(...moved)
    .when(olga, scan({ ticketCode: 'a new ticket' }))
    .then(checkedIn(rsv(1), 3, 'a'));
});

it('takes arrivals back, though not what was scanned: its repeat lets nobody in', () => {
  const arrived = [...party, checkedIn(rsv(1), 2, 'a')];
  const state = given(...arrived)
    .when(olga, undo)
    .then(undone(rsv(1)));
  expect(state.reservations.get(rsv(1))).toMatchObject({ checkedInAt: null, checkedInQuantity: 0 });
  given(...arrived, undone(rsv(1)))
    .when(olga, scan())
    .then();
  given(...arrived, undone(rsv(1)))
    .when(olga, scan({ nonce: 'b' }))
    .then(checkedIn(rsv(1), 3, 'b'));
  given(...party)
    .when(olga, undo)
    .then();
  given(...arrived)
    .when(alice, undo)
    .then({ code: 'not_organizer' });
  given(...arrived, cancelled(rsv(1), 'organizer'))
    .when(olga, undo)
    .then({ code: 'reservation_cancelled' });
});

it('lets no holder cancel once they have arrived; who runs the event may', () => {
  const arrived = [...party, checkedIn(rsv(1), 1)];
  const cancel: Action = { type: 'cancel', reservationId: rsv(1) };
  given(...arrived)
    .when(alice, cancel)
    .then({ code: 'already_checked_in', checkedInAt: T0 });
  given(...arrived)
    .when(olga, cancel)
    .then(cancelled(rsv(1), 'organizer'));
});

it('remembers the last nonces of a reservation', () => {
  withLimits({ noncesMax: 2 }, () => {
    const { state } = given(...party, checkedIn(rsv(1), 1, 'a'), checkedIn(rsv(1), 1, 'b'), checkedIn(rsv(1), 1, 'c'));
    expect(state.reservations.get(rsv(1))?.checkInNonces).toEqual(['b', 'c']);
  });
});
