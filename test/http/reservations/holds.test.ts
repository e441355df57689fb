import { describe, expect, it } from 'vitest';
import { request, somebody } from '../../support/api.ts';
import { member } from '../../support/cast.ts';
import { createEvent, hoursFromNow, invalid } from '../../support/events.ts';
import {
  act,
  at,
  availability,
  booked,
  MINUTE_MS,
  minutesLater,
  organizer,
  refusal,
  reserve,
  reserved,
} from '../../support/reservations.ts';

const HOLD = { requires_confirmation: true, hold_minutes: 1 };

describe('a hold', () => {
  it('is over when its time is, in every answer', async () => {
    const { customer, id, path, eventId, body } = await reserved({ ...HOLD, capacity: 1 });
    await minutesLater(1, async () => {
      const gone = await request('GET', path, { token: customer.token });
      expect(gone.body).toMatchObject({ status: 'expired', updated_at: body.expires_at, version: 2 });
      expect(await availability(eventId)).toMatchObject({ reserved_slots: 0 });
      const mine = (query: string) => request('GET', `/api/reservations${query}`, { token: customer.token });
      expect((await mine('')).body.items).toEqual([gone.body]);
      expect((await mine('?status=expired')).body.items).toEqual([gone.body]);
      expect((await mine('?status=pending')).body.items).toEqual([]);
      expect(await act(customer, id, 'confirm')).toMatchObject(refusal(409, 'hold_expired'));
      expect(await act(customer, id, 'extend')).toMatchObject(refusal(409, 'hold_expired'));
      expect(await act(customer, id, 'cancel')).toMatchObject(refusal(409, 'hold_expired'));
    });
  });

  it('is over from the very instant that it names, in lists narrowed to a status too', async () => {
    const { customer, body } = await reserved(HOLD);
    const listed = async (status: string) =>
      (await request('GET', `/api/reservations?status=${status}`, { token: customer.token })).body.items;
    const end = Date.parse(body.expires_at);
    await expect.poll(() => listed('pending'), { timeout: 5_000 }).toHaveLength(1);
    await at(end - 1, async () => {
      expect(await listed('pending')).toMatchObject([{ id: body.id }]);
      expect(await listed('expired')).toEqual([]);
    });
    await at(end, async () => {
      expect(await listed('expired')).toMatchObject([{ id: body.id }]);
      expect(await listed('pending')).toEqual([]);
    });
  });

  it('slides on, but not past three times its length from its start', async () => {
    const { customer, id, body } = await reserved(HOLD);
    const start = Date.parse(body.created_at);
    const minutesIn = <T>(minutes: number, run: () => Promise<T>) => at(start + minutes * MINUTE_MS, run);
    const first = await minutesIn(0.75, () => act(customer, id, 'extend'));
    expect(first).toMatchObject({ status: 200, body: { status: 'pending', version: 2 } });
    expect(Date.parse(first.body.expires_at) - start).toBe(1.75 * MINUTE_MS);
    await minutesIn(1.5, () => act(customer, id, 'extend'));
    const last = await minutesIn(2.25, () => act(customer, id, 'extend'));
    expect(Date.parse(last.body.expires_at) - start).toBe(3 * MINUTE_MS);
    const late = await minutesIn(2.5, () => act(customer, id, 'extend'));
    expect(late).toMatchObject(refusal(409, 'hold_not_extendable'));
    expect(await minutesIn(2.9, () => act(customer, id, 'confirm'))).toMatchObject({ status: 200 });
  });

  it('is not extended where there is none', async () => {
    const confirmed = await reserved();
    const { customer, id } = confirmed;
    expect(await act(customer, id, 'extend')).toMatchObject(refusal(409, 'reservation_not_pending'));
    await act(customer, id, 'cancel');
    expect(await act(customer, id, 'extend')).toMatchObject(refusal(409, 'reservation_cancelled'));
    const other = await reserved(HOLD);
    await request('POST', `/api/events/${other.eventId}/cancel`, { token: organizer.token });
    expect(await act(other.customer, other.id, 'extend')).toMatchObject(refusal(409, 'event_cancelled'));
  });
});

describe('confirming after the hold', () => {
  it('retakes the seats if that is wanted and they are free', async () => {
    const { customer, id } = await reserved({ ...HOLD, capacity: 1 });
    await minutesLater(2, async () => {
      const confirmed = await act(customer, id, 'confirm', { reacquire: true });
      expect(confirmed).toMatchObject({ status: 200, body: { status: 'confirmed', quantity: 1 } });
      expect(await act(customer, id, 'confirm', { reacquire: true })).toMatchObject({ body: confirmed.body });
    });
  });

  it('does not take seats that others have by now', async () => {
    const { customer, id, eventId } = await reserved({ ...HOLD, capacity: 1 });
    await minutesLater(2, async () => {
      await booked(eventId);
      expect(await act(customer, id, 'confirm', { reacquire: true })).toMatchObject(refusal(409, 'hold_expired'));
    });
  });

  it.each([
    [{ reacquire: 'yes' }, '/reacquire', 'invalid_type'],
    [{ retake: true }, '/retake', 'unknown_field'],
  ])('refuses %j', async (body, pointer, code) => {
    const { customer, id } = await reserved(HOLD);
    expect(await act(customer, id, 'confirm', body)).toMatchObject(invalid([pointer, code]));
  });
});

describe('reactivating', () => {
  it('brings a cancelled reservation back, with its quantity; twice is once', async () => {
    const { customer, id, eventId, body } = await reserved({}, { quantity: 3 });
    await act(customer, id, 'cancel');
    const back = await act(customer, id, 'reactivate');
    expect(back).toMatchObject({ status: 200, body: { status: 'confirmed', quantity: 3, cancelled_at: null } });
    expect(back.body).toMatchObject({ cancelled_by: null, version: 3, ticket_code: body.ticket_code });
    expect(await act(customer, id, 'reactivate')).toMatchObject({ status: 200, body: back.body });
    expect(await availability(eventId)).toMatchObject({ reserved_slots: 3 });
  });

  it('gives an expired one a fresh hold', async () => {
    const { customer, id } = await reserved(HOLD);
    await minutesLater(2, async () => {
      const back = await act(customer, id, 'reactivate');
      expect(back).toMatchObject({ status: 200, body: { status: 'pending' } });
      expect(Date.parse(back.body.expires_at) - Date.now()).toBeGreaterThan(MINUTE_MS / 2);
    });
  });

  it('has the checks of a new reservation', async () => {
    const full = await reserved({ capacity: 1 });
    await act(full.customer, full.id, 'cancel');
    await booked(full.eventId);
    expect(await act(full.customer, full.id, 'reactivate')).toMatchObject(
      refusal(409, 'sold_out', { available_slots: 0 }),
    );

    const twice = await reserved();
    await act(twice.customer, twice.id, 'cancel');
    const next = await reserve(twice.eventId, twice.customer);
    expect(await act(twice.customer, twice.id, 'reactivate')).toMatchObject(
      refusal(409, 'already_reserved', { reservation_id: next.body.id }),
    );

    const cancelled = await reserved();
    await request('POST', `/api/events/${cancelled.eventId}/cancel`, { token: organizer.token });
    expect(await act(cancelled.customer, cancelled.id, 'reactivate')).toMatchObject(refusal(409, 'event_cancelled'));

    const gone = await reserved();
    await act(gone.customer, gone.id, 'cancel');
    await request('DELETE', `/api/events/${gone.eventId}`, { token: organizer.token });
    expect(await act(gone.customer, gone.id, 'reactivate')).toMatchObject(refusal(404, 'event_not_found'));
  });

  it.each([
    [{ reservations_close_at: hoursFromNow(-1) }, refusal(409, 'reservations_closed')],
    [{ reservations_open_at: hoursFromNow(1) }, refusal(409, 'reservations_not_open')],
    [{ max_quantity: 2 }, invalid(['/quantity', 'above_max_quantity'])],
  ])('is refused once the event says %j', async (change, refused) => {
    const { customer, id, eventId } = await reserved({}, { quantity: 3 });
    await act(customer, id, 'cancel');
    await request('PATCH', `/api/events/${eventId}`, { token: organizer.token, body: change });
    expect(await act(customer, id, 'reactivate')).toMatchObject(refused);
  });
});

describe.each(['extend', 'reactivate'])('POST /api/reservations/{id}/%s', (command) => {
  it('is for its user and who runs the event', async () => {
    const event = await createEvent(organizer.token, HOLD);
    const { id } = (await reserve(event.id, await member('customer'))).body;
    expect(await request('POST', `/api/reservations/${id}/${command}`)).toMatchObject({ status: 401 });
    expect(await act(await somebody(), id, command)).toMatchObject(refusal(404, 'reservation_not_found'));
    expect(await act(organizer, id, command)).toMatchObject({ status: 200 });
    const { id: eventId } = await createEvent(organizer.token);
    expect(await act(organizer, eventId, command)).toMatchObject(refusal(404, 'reservation_not_found'));
  });
});
