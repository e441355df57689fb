import { describe, expect, it } from 'vitest';
import { type Call, request, somebody } from '../../support/api.ts';
import { hoursFromNow, invalid } from '../../support/events.ts';
import {
  act,
  admin,
  availability,
  booked,
  minutesLater,
  organizer,
  refusal,
  reserved,
} from '../../support/reservations.ts';

const resize = (as: { token: string }, id: string, quantity: unknown, call: Call = {}) =>
  request('PATCH', `/api/reservations/${id}`, { token: as.token, body: { quantity }, ...call });
const edit = (eventId: string, body: object) =>
  request('PATCH', `/api/events/${eventId}`, { token: organizer.token, body });

describe('changing how many seats', () => {
  it('takes more and gives back some; the same again changes nothing', async () => {
    const { customer, id, eventId } = await reserved({}, { quantity: 2 });
    const more = await resize(customer, id, 5);
    expect(more).toMatchObject({ status: 200, body: { quantity: 5, version: 2 } });
    expect(more.headers.get('etag')).toBe('"2"');
    expect(more.headers.get('x-read-model')).toBe('current');
    expect(await resize(customer, id, 5)).toMatchObject({ status: 200, body: more.body });
    expect(await availability(eventId)).toMatchObject({ reserved_slots: 5 });
    for (const as of [organizer, admin]) expect(await resize(as, id, 1)).toMatchObject({ status: 200 });
    expect(await availability(eventId)).toMatchObject({ reserved_slots: 1 });
  });

  it('takes all that it asks for or nothing', async () => {
    const { customer, id, eventId } = await reserved({ capacity: 4 }, { quantity: 2 });
    expect(await resize(customer, id, 5)).toMatchObject(refusal(409, 'sold_out', { available_slots: 2 }));
    expect(await availability(eventId)).toMatchObject({ reserved_slots: 2 });
  });

  it('gives what it frees to those who wait', async () => {
    const { customer, id, eventId } = await reserved({ capacity: 2 }, { quantity: 2 });
    const waiting = await booked(eventId, { on_full: 'waitlist' });
    await resize(customer, id, 1);
    const promoted = await request('GET', waiting.path, { token: waiting.customer.token });
    expect(promoted.body).toMatchObject({ status: 'confirmed' });
  });

  it('sends who asks for more while waiting to the end of the line', async () => {
    const { eventId } = await reserved({ capacity: 2 }, { quantity: 2 });
    const [first, second] = [
      await booked(eventId, { on_full: 'waitlist' }),
      await booked(eventId, { on_full: 'waitlist' }),
    ];
    expect(await resize(first.customer, first.id, 2)).toMatchObject({ body: { waitlist_position: 2 } });
    const ahead = await request('GET', second.path, { token: second.customer.token });
    expect(ahead.body).toMatchObject({ waitlist_position: 1 });
    expect(await resize(first.customer, first.id, 3)).toMatchObject(refusal(409, 'sold_out', { available_slots: 0 }));
  });

  it('keeps to the rules of reserving when it takes', async () => {
    const { customer, id, eventId } = await reserved();
    await edit(eventId, { max_quantity: 3 });
    expect(await resize(customer, id, 4)).toMatchObject(invalid(['/quantity', 'above_max_quantity']));
    await edit(eventId, { reservations_open_at: hoursFromNow(1) });
    expect(await resize(customer, id, 2)).toMatchObject(refusal(409, 'reservations_not_open'));
    await edit(eventId, { reservations_open_at: null, reservations_close_at: hoursFromNow(-1) });
    expect(await resize(customer, id, 2)).toMatchObject(refusal(409, 'reservations_closed'));
  });

  it('keeps to the rules of cancelling when it gives back', async () => {
    const { customer, id, eventId } = await reserved({}, { quantity: 3 });
    await edit(eventId, { cancel_until: hoursFromNow(-1) });
    expect(await resize(customer, id, 2)).toMatchObject(refusal(409, 'cancellation_closed'));
    await act(organizer, id, 'check-in', { quantity: 2 });
    expect(await resize(organizer, id, 1)).toMatchObject(refusal(409, 'already_checked_in'));
    expect(await resize(organizer, id, 2)).toMatchObject({ status: 200 });
  });

  it('needs an active reservation', async () => {
    const ended = await reserved();
    await act(ended.customer, ended.id, 'cancel');
    expect(await resize(ended.customer, ended.id, 2)).toMatchObject(refusal(409, 'reservation_cancelled'));
    const lapsed = await reserved({ hold_minutes: 1 }, { status: 'pending' });
    const late = await minutesLater(1, () => resize(lapsed.customer, lapsed.id, 2));
    expect(late).toMatchObject(refusal(409, 'hold_expired'));
    const over = await reserved();
    await request('POST', `/api/events/${over.eventId}/cancel`, { token: organizer.token });
    expect(await resize(over.customer, over.id, 2)).toMatchObject(refusal(409, 'event_cancelled'));
  });

  it('is for its user and who runs the event', async () => {
    const { id, path } = await reserved();
    expect(await request('PATCH', path, { body: { quantity: 2 } })).toMatchObject({ status: 401 });
    for (const as of [await somebody(), await somebody('organizer')]) {
      expect(await resize(as, id, 2)).toMatchObject(refusal(404, 'reservation_not_found'));
    }
  });

  it.each([
    [{}, '/quantity', 'required'],
    [{ quantity: 0 }, '/quantity', 'too_small'],
    [{ quantity: 101 }, '/quantity', 'too_big'],
    [{ quantity: '2' }, '/quantity', 'invalid_type'],
    [{ quantity: 2, status: 'confirmed' }, '/status', 'unknown_field'],
  ])('refuses %j', async (body, pointer, code) => {
    const { customer, path } = await reserved();
    expect(await request('PATCH', path, { token: customer.token, body })).toMatchObject(invalid([pointer, code]));
  });
});

describe('If-Match on a reservation', () => {
  const matching = (header: string): Call => ({ headers: { 'if-match': header } });

  it('lets the version through that it names, and no other', async () => {
    const { customer, id } = await reserved();
    const first = await resize(customer, id, 2, matching('"1"'));
    expect(first).toMatchObject({ status: 200, body: { version: 2 } });
    expect(await resize(customer, id, 3, matching('"1"'))).toMatchObject(refusal(412, 'version_mismatch'));
    expect(await resize(customer, id, 3, matching(first.headers.get('etag') ?? ''))).toMatchObject({ status: 200 });
    expect(await resize(customer, id, 4, matching('"1", W/"3"'))).toMatchObject({ status: 200 });
    expect(await resize(customer, id, 5, matching('"1", "3"'))).toMatchObject(refusal(412, 'version_mismatch'));
    expect(await resize(customer, id, 5, matching('*'))).toMatchObject({ status: 200 });
    expect(await resize(customer, id, 6, matching('nonsense'))).toMatchObject(refusal(412, 'version_mismatch'));
  });

  it('tells nobody about versions of what they may not see', async () => {
    const { id } = await reserved();
    const reply = await resize(await somebody(), id, 2, matching('"7", "8"'));
    expect(reply).toMatchObject(refusal(404, 'reservation_not_found'));
  });
});
