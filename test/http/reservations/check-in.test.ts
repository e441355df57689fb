import { describe, expect, it } from 'vitest';
import { newEventId, newReservationId } from '../../../src/http/ids.ts';
import { request, somebody } from '../../support/api.ts';
import { createEvent, invalid } from '../../support/events.ts';
import { act, admin, booked, minutesLater, organizer, refusal, reserved } from '../../support/reservations.ts';

const scan = (eventId: string, body: unknown, as: { token: string } = organizer) =>
  request('POST', `/api/events/${eventId}/check-ins`, { token: as.token, body });
const nonce = () => crypto.randomUUID();
const undo = (as: { token: string }, id: string) =>
  request('DELETE', `/api/reservations/${id}/check-in`, { token: as.token });

describe('scanning a ticket', () => {
  it('checks the whole party in; the same scan again changes nothing', async () => {
    const { eventId, body } = await reserved({}, { quantity: 3 });
    const entry = { code: body.ticket_code, nonce: nonce() };
    const before = Date.now();
    const first = await scan(eventId, entry);
    expect(first).toMatchObject({ status: 200, body: { id: body.id, checked_in_quantity: 3, version: 2 } });
    expect(Date.parse(first.body.checked_in_at)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(first.body.checked_in_at)).toBeLessThanOrEqual(Date.now());
    expect(first.headers.get('x-read-model')).toBe('current');
    expect(await scan(eventId, entry)).toMatchObject({ status: 200, body: first.body });
    const again = await scan(eventId, { ...entry, nonce: nonce() });
    expect(again).toMatchObject(refusal(409, 'already_checked_in', { checked_in_at: first.body.checked_in_at }));
  });

  it('lets a party arrive in parts', async () => {
    const { eventId, body } = await reserved({}, { quantity: 3 });
    const some = (quantity?: number) => scan(eventId, { code: body.ticket_code, nonce: nonce(), quantity });
    const first = await some(2);
    expect(first).toMatchObject({ status: 200, body: { checked_in_quantity: 2 } });
    expect(await some(2)).toMatchObject(invalid(['/quantity', 'above_missing']));
    const rest = await some();
    expect(rest).toMatchObject({ status: 200, body: { checked_in_quantity: 3 } });
    expect(rest.body.checked_in_at).toBe(first.body.checked_in_at);
  });

  it('counts twenty simultaneous scans of one nonce once', async () => {
    const { eventId, body } = await reserved({}, { quantity: 3 });
    const entry = { code: body.ticket_code, nonce: nonce(), quantity: 1 };
    const replies = await Promise.all(Array.from({ length: 20 }, () => scan(eventId, entry)));
    for (const reply of replies) expect(reply).toMatchObject({ status: 200, body: { checked_in_quantity: 1 } });
  });

  it('reads a code in whatever case, with space around it', async () => {
    const { eventId, body } = await reserved();
    const code = ` ${body.ticket_code.toUpperCase()}\n`;
    expect(await scan(eventId, { code, nonce: nonce() }, admin)).toMatchObject({ status: 200 });
  });

  it('tells the organizer what is wrong with a ticket', async () => {
    const { eventId, body, id } = await reserved();
    const other = await reserved();
    const entry = (code: string) => scan(eventId, { code, nonce: nonce() });
    const forged = body.ticket_code.slice(0, -1) + (body.ticket_code.endsWith('0') ? '1' : '0');
    const unknown = `tkt_${newReservationId(eventId as never).slice(4)}${body.ticket_code.slice(-32)}`;
    for (const code of [forged, unknown, 'tkt_', 'https://example.org', id, `${body.ticket_code}0`]) {
      expect(await entry(code), code).toMatchObject(refusal(404, 'ticket_unknown'));
    }
    expect(await entry(other.body.ticket_code)).toMatchObject(refusal(409, 'ticket_of_other_event'));

    const cancelled = await booked(eventId);
    await act(cancelled.customer, cancelled.id, 'cancel');
    expect(await entry(cancelled.body.ticket_code)).toMatchObject(refusal(409, 'reservation_cancelled'));
    const deleted = await booked(eventId);
    await request('DELETE', deleted.path, { token: deleted.customer.token });
    expect(await entry(deleted.body.ticket_code)).toMatchObject(refusal(404, 'ticket_unknown'));
    await request('POST', `/api/events/${eventId}/cancel`, { token: organizer.token });
    expect(await entry(body.ticket_code)).toMatchObject(refusal(409, 'event_cancelled'));
  });

  it('opens to no reservation that came back as a hold, nor when that has lapsed', async () => {
    const { eventId, id, customer } = await reserved({ requires_confirmation: true, hold_minutes: 1 });
    const { body } = await act(customer, id, 'confirm');
    await act(customer, id, 'cancel');
    await act(customer, id, 'reactivate');
    const entry = () => scan(eventId, { code: body.ticket_code, nonce: nonce() });
    expect(await entry()).toMatchObject(refusal(409, 'reservation_not_confirmed'));
    expect(await minutesLater(1, entry)).toMatchObject(refusal(409, 'hold_expired'));
  });

  it('tells nobody else anything', async () => {
    const { eventId, body, customer } = await reserved();
    const other = await reserved();
    for (const code of [body.ticket_code, other.body.ticket_code, 'nonsense']) {
      for (const as of [customer, await somebody('organizer')]) {
        expect(await scan(eventId, { code, nonce: nonce() }, as)).toMatchObject(refusal(403, 'not_organizer'));
      }
    }
    expect(await request('POST', `/api/events/${eventId}/check-ins`, { body: {} })).toMatchObject({ status: 401 });
    const draft = await createEvent(organizer.token, { status: 'draft' });
    for (const id of [draft.id, newEventId(), 'evt_1']) {
      const reply = await scan(id, { code: body.ticket_code, nonce: nonce() }, customer);
      expect(reply).toMatchObject(refusal(404, 'event_not_found'));
    }
  });

  it.each([
    [{ nonce: 'a' }, '/code', 'required'],
    [{ code: 'a' }, '/nonce', 'required'],
    [{ code: '', nonce: 'a' }, '/code', 'too_small'],
    [{ code: 'a'.repeat(201), nonce: 'a' }, '/code', 'too_big'],
    [{ code: 'a', nonce: '' }, '/nonce', 'too_small'],
    [{ code: 'a', nonce: 'a'.repeat(65) }, '/nonce', 'too_big'],
    [{ code: 'a', nonce: 'a', quantity: 0 }, '/quantity', 'too_small'],
    [{ code: 'a', nonce: 'a', at: 'now' }, '/at', 'unknown_field'],
  ])('refuses %j', async (body, pointer, code) => {
    const { eventId } = await reserved();
    expect(await scan(eventId, body)).toMatchObject(invalid([pointer, code]));
  });
});

describe('checking in by the reservation', () => {
  it('is for who runs the event; twice is once', async () => {
    const { id, customer } = await reserved({}, { quantity: 2 });
    const first = await act(organizer, id, 'check-in');
    expect(first).toMatchObject({ status: 200, body: { checked_in_quantity: 2 } });
    const again = { status: 200, body: { ...first.body, ticket_code: null } };
    expect(await act(admin, id, 'check-in')).toMatchObject(again);
    expect(await act(customer, id, 'check-in')).toMatchObject(refusal(403, 'not_organizer'));
    for (const stranger of [await somebody(), await somebody('organizer')]) {
      expect(await act(stranger, id, 'check-in')).toMatchObject(refusal(404, 'reservation_not_found'));
    }
    expect(await request('POST', `/api/reservations/${id}/check-in`)).toMatchObject({ status: 401 });
  });

  it('takes the code of its ticket, and no other', async () => {
    const { id, eventId, body, customer } = await reserved({}, { quantity: 3 });
    const others = [(await reserved()).body, (await booked(eventId)).body];
    const entry = { code: body.ticket_code, quantity: 1, nonce: nonce() };
    for (const stranger of [await somebody(), await somebody('organizer')]) {
      expect(await act(stranger, id, 'check-in', entry)).toMatchObject(refusal(404, 'reservation_not_found'));
    }
    const wrong = { ...entry, code: others[0].ticket_code };
    for (const told of [entry, wrong, { ...entry, code: 'abc' }]) {
      expect(await act(customer, id, 'check-in', told)).toMatchObject(refusal(403, 'not_organizer'));
    }
    expect(await act(organizer, id, 'check-in', wrong)).toMatchObject(refusal(409, 'ticket_of_other_event'));
    for (const code of [others[1].ticket_code, `${body.ticket_code}x`, 'abc']) {
      expect(await act(organizer, id, 'check-in', { code })).toMatchObject(refusal(404, 'ticket_unknown'));
    }
    const first = await act(organizer, id, 'check-in', entry);
    expect(first).toMatchObject({ status: 200, body: { checked_in_quantity: 1 } });
    expect(await act(organizer, id, 'check-in', entry)).toMatchObject({ status: 200, body: first.body });
    const rest = await act(organizer, id, 'check-in', { code: body.ticket_code });
    expect(rest).toMatchObject({ status: 200, body: { checked_in_quantity: 3 } });
    const late = await act(organizer, id, 'check-in', { code: body.ticket_code });
    expect(late).toMatchObject(refusal(409, 'already_checked_in'));
  });

  it('takes a part of the party, and a nonce', async () => {
    const { id } = await reserved({}, { quantity: 2 });
    const body = { quantity: 1, nonce: nonce() };
    const first = await act(organizer, id, 'check-in', body);
    expect(first).toMatchObject({ status: 200, body: { checked_in_quantity: 1 } });
    expect(await act(organizer, id, 'check-in', body)).toMatchObject({ status: 200, body: first.body });
    const more = await act(organizer, id, 'check-in', { quantity: 2 });
    expect(more).toMatchObject(invalid(['/quantity', 'above_missing']));
    await act(organizer, id, 'check-in');
    const late = await act(organizer, id, 'check-in', { nonce: nonce() });
    expect(late).toMatchObject(refusal(409, 'already_checked_in'));
  });

  it('needs a confirmed reservation', async () => {
    const hold = await reserved({ hold_minutes: 1 }, { status: 'pending' });
    expect(await act(organizer, hold.id, 'check-in')).toMatchObject(refusal(409, 'reservation_not_confirmed'));
    const late = await minutesLater(1, () => act(organizer, hold.id, 'check-in'));
    expect(late).toMatchObject(refusal(409, 'hold_expired'));
    const cancelled = await reserved();
    await act(cancelled.customer, cancelled.id, 'cancel');
    expect(await act(organizer, cancelled.id, 'check-in')).toMatchObject(refusal(409, 'reservation_cancelled'));
    const over = await reserved();
    await request('POST', `/api/events/${over.eventId}/cancel`, { token: organizer.token });
    expect(await act(organizer, over.id, 'check-in')).toMatchObject(refusal(409, 'event_cancelled'));
    const unknown = newReservationId(over.eventId as never);
    expect(await act(organizer, unknown, 'check-in')).toMatchObject(refusal(404, 'reservation_not_found'));
    const ofNoEvent = newReservationId(newEventId());
    expect(await act(organizer, ofNoEvent, 'check-in')).toMatchObject(refusal(404, 'reservation_not_found'));
  });
});

describe('taking a check-in back', () => {
  it('is for who runs the event; twice is once, and the party may come again', async () => {
    const { id, eventId, customer, body } = await reserved();
    const entry = { code: body.ticket_code, nonce: nonce() };
    await scan(eventId, entry);
    expect(await undo(customer, id)).toMatchObject(refusal(403, 'not_organizer'));
    const first = await undo(organizer, id);
    expect(first).toMatchObject({ status: 200, body: { checked_in_at: null, checked_in_quantity: 0, version: 3 } });
    expect(await undo(organizer, id)).toMatchObject({ status: 200, body: first.body });
    // The nonce had its effect once; who comes back is scanned anew.
    expect(await scan(eventId, entry)).toMatchObject({ status: 200, body: { checked_in_quantity: 0 } });
    const again = { ...entry, nonce: nonce() };
    expect(await scan(eventId, again)).toMatchObject({ status: 200, body: { checked_in_quantity: 1 } });
  });

  it('comes too late for what is over', async () => {
    const cancelled = await reserved();
    await act(organizer, cancelled.id, 'check-in');
    await act(organizer, cancelled.id, 'cancel');
    expect(await undo(organizer, cancelled.id)).toMatchObject(refusal(409, 'reservation_cancelled'));
    const over = await reserved();
    await act(organizer, over.id, 'check-in');
    await request('POST', `/api/events/${over.eventId}/cancel`, { token: organizer.token });
    expect(await undo(organizer, over.id)).toMatchObject(refusal(409, 'event_cancelled'));
  });

  it('does not tell others that the reservation exists', async () => {
    const { id } = await reserved();
    expect(await undo(await somebody('organizer'), id)).toMatchObject(refusal(404, 'reservation_not_found'));
    expect(await request('DELETE', `/api/reservations/${id}/check-in`)).toMatchObject({ status: 401 });
  });
});

it('who has arrived cancels no more, but the organizer may', async () => {
  const { id, customer, path } = await reserved();
  await act(organizer, id, 'check-in');
  expect(await act(customer, id, 'cancel')).toMatchObject(refusal(409, 'already_checked_in'));
  expect(await request('DELETE', path, { token: customer.token })).toMatchObject(refusal(409, 'already_checked_in'));
  expect(await act(organizer, id, 'cancel')).toMatchObject({ status: 200 });
});

describe('GET /api/reservations/{id}/ticket.svg', () => {
  it('shows the ticket as a QR code that nobody keeps', async () => {
    const { path, customer, body } = await reserved();
    const images = [];
    for (const as of [customer, organizer]) {
      const reply = await request('GET', `${path}/ticket.svg`, { token: as.token });
      expect(reply.status).toBe(200);
      expect(reply.headers.get('content-type')).toBe('image/svg+xml');
      expect(reply.headers.get('cache-control')).toBe('private, no-store');
      images.push(reply.body);
    }
    expect(new Set(images).size).toBe(1);
    expect(images[0]).toMatch(/^<svg [^>]+>.*<\/svg>$/s);
    expect(images[0]).not.toContain(body.ticket_code);
    expect(await request('GET', `${path}/ticket.svg`, { token: admin.token })).toMatchObject(
      refusal(404, 'ticket_unknown'),
    );
    const other = await reserved();
    const another = await request('GET', `${other.path}/ticket.svg`, { token: organizer.token });
    expect(another.body).not.toBe(images[0]);
  });

  it('exists once the reservation is confirmed, and for nobody else', async () => {
    const { path, customer } = await reserved({}, { status: 'pending' });
    const get = (as: { token: string }) => request('GET', `${path}/ticket.svg`, { token: as.token });
    expect(await get(customer)).toMatchObject(refusal(409, 'reservation_not_confirmed'));
    expect(await get(await somebody())).toMatchObject(refusal(404, 'reservation_not_found'));
    expect(await request('GET', `${path}/ticket.svg`)).toMatchObject({ status: 401 });
  });
});
