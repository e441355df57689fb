import { describe, expect, it } from 'vitest';
import { newUserId } from '../../../src/http/ids.ts';
import { PASSWORD, signUp } from '../../support/accounts.ts';
import { request, somebody } from '../../support/api.ts';
import { createEvent, hoursFromNow, invalid } from '../../support/events.ts';
import { act, booked, minutesLater, organizer, refusal, reserve, reserved } from '../../support/reservations.ts';

interface Person {
  readonly token: string;
  readonly userId: string;
  readonly username: string;
  readonly email: string;
}

async function signedUp(): Promise<Person> {
  const { access_token: token, user } = (await signUp()).body;
  return { token, userId: user.id, username: user.username, email: user.email };
}

const ada = await signedUp();
const offeredTo = (as: { token: string }) => request('GET', '/api/reservations?offered=true', { token: as.token });
const withdraw = (as: { token: string }, path: string) => request('DELETE', `${path}/transfer`, { token: as.token });
const read = (as: { token: string }, path: string) => request('GET', path, { token: as.token });

/** A reservation of a fresh event, offered to somebody. */
async function offered(to: Person, event: object = {}, body: object = {}) {
  const made = await reserved({ ...event }, { ...body });
  const offer = await act(made.customer, made.id, 'transfer', { username: to.username });
  expect(offer).toMatchObject({ status: 200, body: { transfer_to: to.userId } });
  return { ...made, offer };
}

describe('offering a reservation', () => {
  it('shows it to the other, without its ticket code, and changes nothing else', async () => {
    const ben = await signedUp();
    const { customer, path, body, offer } = await offered(ben);
    expect(offer.body).toEqual({ ...body, transfer_to: ben.userId, version: 2, updated_at: offer.body.updated_at });
    const seen = await read(ben, path);
    expect(seen).toMatchObject({ status: 200, body: { ...offer.body, ticket_code: null } });
    expect(seen.headers.get('etag')).not.toBe(offer.headers.get('etag'));
    expect((await offeredTo(ben)).body).toEqual({ items: [seen.body], next_cursor: null });
    expect((await request('GET', '/api/reservations', { token: ben.token })).body.items).toEqual([]);
    expect((await offeredTo(customer)).body.items).toEqual([]);
    expect((await read(customer, path)).body.ticket_code).toBe(body.ticket_code);
    expect((await read(organizer, path)).body.ticket_code).toBe(body.ticket_code);
    expect(await read(ben, `${path}/ticket.svg`)).toMatchObject(refusal(404, 'ticket_unknown'));
    expect(JSON.stringify(seen.body)).not.toContain('@');
  });

  it('to the event’s organizer leaves them the ticket and the right to offer it to others', async () => {
    const { body: host } = await signUp({ role: 'organizer', organization_name: 'Ada & Co' });
    const as = { token: host.access_token };
    const { customer, id, eventId, path, body } = await booked((await createEvent(as.token)).id);
    const give = (user_id: string) => act(as, id, 'transfer', { user_id });
    for (const giver of [customer, as, as]) {
      const reply = await act(giver, id, 'transfer', { user_id: host.user.id });
      expect(reply).toMatchObject({ status: 200, body: { ticket_code: body.ticket_code, version: 2 } });
    }
    for (const list of [`/api/events/${eventId}/reservations`, '/api/reservations?offered=true']) {
      const { items } = (await request('GET', list, as)).body;
      expect(items).toMatchObject([{ id, transfer_to: host.user.id, ticket_code: body.ticket_code }]);
    }
    expect((await read(as, path)).body.ticket_code).toBe(body.ticket_code);
    expect((await read(as, `${path}/ticket.svg`)).status).toBe(200);
    expect(await give(customer.userId)).toMatchObject({ status: 404, body: { code: 'user_not_found' } });
    expect(await give(ada.userId)).toMatchObject({ status: 200, body: { transfer_to: ada.userId } });
  });

  it('names the other by username, in whatever case, or by id; twice is once', async () => {
    const { customer, id } = await reserved();
    const first = await act(customer, id, 'transfer', { username: ada.username.toUpperCase() });
    expect(first).toMatchObject({ status: 200, body: { transfer_to: ada.userId, version: 2 } });
    expect(await act(customer, id, 'transfer', { user_id: ada.userId })).toMatchObject({ body: first.body });
  });

  it('replaces an earlier offer', async () => {
    const [ben, cleo] = [await signedUp(), await signedUp()];
    const { customer, id, path } = await offered(ben);
    await act(customer, id, 'transfer', { user_id: cleo.userId });
    expect(await read(ben, path)).toMatchObject(refusal(404, 'reservation_not_found'));
    expect(await act(ben, id, 'transfer/accept')).toMatchObject(refusal(404, 'reservation_not_found'));
    expect(await read(cleo, path)).toMatchObject({ status: 200 });
  });

  it('does not reach anybody by e-mail address, nor who has no account', async () => {
    const { customer, id } = await reserved();
    for (const to of [{ username: ada.email }, { username: 'nobody-at-all' }, { user_id: newUserId() }]) {
      expect(await act(customer, id, 'transfer', to)).toMatchObject(refusal(404, 'user_not_found'));
    }
  });

  it('tells nothing about accounts to who may not offer it', async () => {
    const ben = await signedUp();
    const { id } = await offered(ben);
    for (const to of [{ username: ada.username }, { username: 'nobody-at-all' }]) {
      expect(await act(await somebody(), id, 'transfer', to)).toMatchObject(refusal(404, 'reservation_not_found'));
      expect(await act(ben, id, 'transfer', to)).toMatchObject(refusal(403, 'not_holder'));
    }
    expect(await request('POST', `/api/reservations/${id}/transfer`)).toMatchObject({ status: 401 });
  });

  it('is refused to oneself and for what is over', async () => {
    const me = await signedUp();
    const own = await reserve((await reserved()).eventId, me);
    const self = await act(me, own.body.id, 'transfer', { user_id: me.userId });
    expect(self).toMatchObject(refusal(409, 'transfer_to_self'));

    const to = { user_id: ada.userId };
    const cancelled = await reserved();
    await act(cancelled.customer, cancelled.id, 'cancel');
    expect(await act(cancelled.customer, cancelled.id, 'transfer', to)).toMatchObject(
      refusal(409, 'reservation_cancelled'),
    );
    const lapsed = await reserved({ hold_minutes: 1 }, { status: 'pending' });
    const late = await minutesLater(1, () => act(lapsed.customer, lapsed.id, 'transfer', to));
    expect(late).toMatchObject(refusal(409, 'hold_expired'));
    const over = await reserved();
    await request('POST', `/api/events/${over.eventId}/cancel`, { token: organizer.token });
    expect(await act(over.customer, over.id, 'transfer', to)).toMatchObject(refusal(409, 'event_cancelled'));
    const arrived = await reserved();
    await act(organizer, arrived.id, 'check-in');
    expect(await act(arrived.customer, arrived.id, 'transfer', to)).toMatchObject(refusal(409, 'already_checked_in'));
    const past = await reserved({ start_time: hoursFromNow(0.05), end_time: hoursFromNow(0.1) });
    const afterwards = await minutesLater(7, () => act(past.customer, past.id, 'transfer', to));
    expect(afterwards).toMatchObject(refusal(409, 'reservations_closed'));
  });

  it.each([
    [{}, '/username', 'required'],
    [{ username: ' ' }, '/username', 'too_small'],
    [{ username: 'a', user_id: ada.userId }, '/user_id', 'ambiguous'],
    [{ user_id: 'usr_1' }, '/user_id', 'invalid_format'],
    [{ email: 'a@example.com', username: 'a' }, '/email', 'unknown_field'],
  ])('refuses %j', async (body, pointer, code) => {
    const { customer, id } = await reserved();
    expect(await act(customer, id, 'transfer', body)).toMatchObject(invalid([pointer, code]));
  });
});

describe('accepting', () => {
  it('makes it the other’s, with a new ticket; twice is once', async () => {
    const ben = await signedUp();
    const { customer, id, eventId, path, body } = await offered(ben, {}, { quantity: 2 });
    const mine = await act(ben, id, 'transfer/accept');
    expect(mine).toMatchObject({ status: 200, body: { user_id: ben.userId, transfer_to: null, quantity: 2 } });
    expect(mine.body.ticket_code).toMatch(/^tkt_/);
    expect(mine.body.ticket_code).not.toBe(body.ticket_code);
    expect(await act(ben, id, 'transfer/accept')).toMatchObject({ status: 200, body: mine.body });
    expect((await request('GET', '/api/reservations', { token: ben.token })).body.items).toEqual([mine.body]);
    expect((await offeredTo(ben)).body.items).toEqual([]);
    expect(await read(customer, path)).toMatchObject(refusal(404, 'reservation_not_found'));
    const former = { code: body.ticket_code, nonce: 'a' };
    const scan = await request('POST', `/api/events/${eventId}/check-ins`, { token: organizer.token, body: former });
    expect(scan).toMatchObject(refusal(404, 'ticket_unknown'));
  });

  it('is for whom it is offered to only', async () => {
    const { customer, id } = await offered(await signedUp());
    for (const as of [customer, organizer]) {
      expect(await act(as, id, 'transfer/accept')).toMatchObject(refusal(403, 'transfer_not_offered'));
    }
    expect(await act(await somebody(), id, 'transfer/accept')).toMatchObject(refusal(404, 'reservation_not_found'));
    expect(await request('POST', `/api/reservations/${id}/transfer/accept`)).toMatchObject({ status: 401 });
  });

  it('leaves everybody with one active reservation', async () => {
    const ben = await signedUp();
    const { id, eventId } = await offered(ben);
    const own = await reserve(eventId, ben);
    expect(await act(ben, id, 'transfer/accept')).toMatchObject(
      refusal(409, 'already_reserved', { reservation_id: own.body.id }),
    );
    await act(ben, own.body.id, 'cancel');
    expect(await act(ben, id, 'transfer/accept')).toMatchObject({ status: 200 });
  });

  it('comes too late for what is over', async () => {
    const lapsed = await offered(ada, { hold_minutes: 1 }, { status: 'pending' });
    const late = await minutesLater(1, () => act(ada, lapsed.id, 'transfer/accept'));
    expect(late).toMatchObject(refusal(404, 'reservation_not_found'));
    const arrived = await offered(ada);
    await act(organizer, arrived.id, 'check-in');
    expect(await act(ada, arrived.id, 'transfer/accept')).toMatchObject(refusal(409, 'already_checked_in'));
    const past = await offered(ada, { start_time: hoursFromNow(0.05), end_time: hoursFromNow(0.1) });
    const afterwards = await minutesLater(7, () => act(ada, past.id, 'transfer/accept'));
    expect(afterwards).toMatchObject(refusal(409, 'reservations_closed'));
    const cancelled = await offered(ada);
    await act(cancelled.customer, cancelled.id, 'cancel');
    expect(await act(ada, cancelled.id, 'transfer/accept')).toMatchObject(refusal(404, 'reservation_not_found'));
    const over = await offered(ada);
    await request('POST', `/api/events/${over.eventId}/cancel`, { token: organizer.token });
    expect(await act(ada, over.id, 'transfer/accept')).toMatchObject(refusal(404, 'reservation_not_found'));
  });

  it('is judged like a new reservation', async () => {
    const few = await offered(ada, {}, { quantity: 3 });
    await request('PATCH', `/api/events/${few.eventId}`, { token: organizer.token, body: { max_quantity: 2 } });
    expect(await act(ada, few.id, 'transfer/accept')).toMatchObject(refusal(422, 'validation_failed'));
    const closing = await offered(ada, { reservations_close_at: hoursFromNow(0.05) });
    const closed = await minutesLater(4, () => act(ada, closing.id, 'transfer/accept'));
    expect(closed).toMatchObject(refusal(409, 'reservations_closed'));
    expect((await request('GET', closing.path, { token: closing.customer.token })).body.transfer_to).toBe(ada.userId);
  });

  it('is refused to an account that was deleted, whose token is still out', async () => {
    const gone = await signedUp();
    const { path, id, customer } = await offered(gone);
    const body = { password: PASSWORD };
    expect(await request('DELETE', '/api/me', { token: gone.token, body })).toMatchObject({ status: 204 });
    expect(await act(gone, id, 'transfer/accept')).toMatchObject(refusal(401, 'unauthorized'));
    expect((await read(customer, path)).body).toMatchObject({ user_id: customer.userId });
  });

  it('again tells who did so what has become of it since', async () => {
    const again = (id: string) => act(ada, id, 'transfer/accept');
    const lapsed = await offered(ada, { hold_minutes: 1 }, { status: 'pending' });
    await again(lapsed.id);
    expect(await minutesLater(1, () => again(lapsed.id))).toMatchObject(refusal(409, 'hold_expired'));
    const cancelled = await offered(ada);
    await again(cancelled.id);
    await act(ada, cancelled.id, 'cancel');
    expect(await again(cancelled.id)).toMatchObject(refusal(409, 'reservation_cancelled'));
    const over = await offered(ada);
    await again(over.id);
    await request('POST', `/api/events/${over.eventId}/cancel`, { token: organizer.token });
    expect(await again(over.id)).toMatchObject(refusal(409, 'event_cancelled'));
  });
});

describe('taking an offer back', () => {
  it('is for its user and the other, who then sees it no more; twice is once', async () => {
    const ben = await signedUp();
    const first = await offered(ben);
    for (let times = 0; times < 2; times += 1) {
      const gone = await withdraw(first.customer, first.path);
      expect(gone).toMatchObject({ status: 204, body: '' });
      expect(gone.headers.get('x-read-model')).toBe('current');
    }
    expect((await read(first.customer, first.path)).body).toMatchObject({ transfer_to: null, version: 3 });
    expect((await offeredTo(ben)).body.items).toEqual([]);
    const second = await offered(ben);
    expect(await withdraw(ben, second.path)).toMatchObject({ status: 204, body: '' });
    expect(await read(ben, second.path)).toMatchObject(refusal(404, 'reservation_not_found'));
    expect(await act(ben, second.id, 'transfer/accept')).toMatchObject(refusal(404, 'reservation_not_found'));
  });

  it('is for nobody else', async () => {
    const { path } = await offered(ada);
    expect(await withdraw(await somebody(), path)).toMatchObject(refusal(404, 'reservation_not_found'));
    expect(await request('DELETE', `${path}/transfer`)).toMatchObject({ status: 401 });
  });
});
