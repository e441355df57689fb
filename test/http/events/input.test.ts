import { expect, it } from 'vitest';
import { request, somebody } from '../../support/api.ts';
import { createEvent, eventBody, hoursFromNow, invalid } from '../../support/events.ts';

const organizer = await somebody('organizer');
const { token } = organizer;

const unknownCurrency = invalid(['/price/currency', 'unknown_currency']);

async function stored(): Promise<number> {
  const reply = await request('GET', '/api/events?mine=true', { token });
  return reply.body.items.length;
}

/** Field, its value, and the code that it must be refused with. */
const WRONG_VALUES: [string, unknown, string][] = [
  ['title', '', 'too_small'],
  ['title', ' \t ', 'too_small'],
  ['title', '\u200b', 'blank'],
  ['title', 'x'.repeat(10_000), 'too_big'],
  ['title', 'x'.repeat(201), 'too_big'],
  ['title', 'a\u0000b', 'invalid_text'],
  ['title', 'a\nb', 'invalid_text'],
  ['title', '\ud800', 'invalid_text'],
  ['title', 7, 'invalid_type'],
  ['title', null, 'invalid_type'],
  ['title', ['x'], 'invalid_type'],
  ['description', 'x'.repeat(10_001), 'too_big'],
  ['description', 'a\u0007', 'invalid_text'],
  ['description', 'a\udc00b', 'invalid_text'],
  ['description', null, 'invalid_type'],
  ['capacity', 0, 'too_small'],
  ['capacity', -1, 'too_small'],
  ['capacity', 1.5, 'invalid_type'],
  ['capacity', 1e9, 'too_big'],
  ['capacity', 2 ** 52, 'too_big'],
  ['capacity', '10', 'invalid_type'],
  ['capacity', true, 'invalid_type'],
  ['capacity', null, 'invalid_type'],
  ['start_time', '2099-01-01T10:00:00', 'invalid_format'],
  ['start_time', '2099-01-01', 'invalid_format'],
  ['start_time', '2099-02-30T10:00:00Z', 'invalid_format'],
  ['start_time', '2099-01-01T25:00:00Z', 'invalid_format'],
  ['start_time', 'tomorrow', 'invalid_format'],
  ['start_time', '', 'invalid_format'],
  ['start_time', 4070908800000, 'invalid_type'],
  ['start_time', '2020-01-01T10:00:00Z', 'start_in_past'],
  ['end_time', '2099-01-01T10:00:00', 'invalid_format'],
  ['end_time', '9999-12-31T23:59:59-12:00', 'out_of_range'],
  ['time_zone', 'Mars/Olympus', 'unknown_time_zone'],
  ['time_zone', '+02:00', 'unknown_time_zone'],
  ['time_zone', '', 'unknown_time_zone'],
  ['time_zone', 'UTC\u0000', 'unknown_time_zone'],
  ['time_zone', 'x'.repeat(1000), 'too_big'],
  ['price', 5, 'invalid_type'],
  ['tags', 'jazz', 'invalid_type'],
  ['tags', Array.from({ length: 11 }, (_, index) => `t${index}`), 'too_big'],
  ['max_quantity', 0, 'too_small'],
  ['max_quantity', 101, 'too_big'],
  ['requires_confirmation', 'true', 'invalid_type'],
  ['hold_minutes', 0, 'too_small'],
  ['hold_minutes', 1441, 'too_big'],
  ['reservations_open_at', 'soon', 'invalid_format'],
  ['reservations_close_at', 'late', 'invalid_format'],
  ['cancel_until', 'never', 'invalid_format'],
];

/** Bodies that are wrong within or across fields, and every complaint about them. */
const WRONG_BODIES: [Record<string, unknown>, [string, string][]][] = [
  [{ price: { amount: -1, currency: 'EUR' } }, [['/price/amount', 'too_small']]],
  [{ price: { amount: 1.5, currency: 'EUR' } }, [['/price/amount', 'invalid_type']]],
  [{ price: { amount: 1, currency: 'ZZZ' } }, [['/price/currency', 'unknown_currency']]],
  [{ price: { amount: 1 } }, [['/price/currency', 'required']]],
  [{ price: { amount: 1, currency: 'EUR', tax: 1 } }, [['/price/tax', 'unknown_field']]],
  [{ tags: ['ok', ''] }, [['/tags/1', 'too_small']]],
  [{ tags: ['x'.repeat(41)] }, [['/tags/0', 'too_big']]],
  [{ tags: [1] }, [['/tags/0', 'invalid_type']]],
  [{ tags: Array(11).fill(1) }, [['/tags', 'too_big']]],
  [{ tags: [`a${'\u0301'.repeat(1000)}`] }, [['/tags/0', 'too_big']]],
  [{ surprise: 1 }, [['/surprise', 'unknown_field']]],
  [{ venue: null, id: 'evt_1', 'a/b~c': 1 }, ['venue', 'id', 'a~1b~0c'].map((name) => [`/${name}`, 'unknown_field'])],
  [{ end_time: hoursFromNow(23) }, [['/end_time', 'end_before_start']]],
  [{ reservations_open_at: hoursFromNow(25) }, [['/reservations_open_at', 'open_after_close']]],
  [{ reservations_close_at: hoursFromNow(27) }, [['/reservations_close_at', 'close_after_end']]],
  [{ cancel_until: hoursFromNow(27) }, [['/cancel_until', 'cancel_after_end']]],
  [
    { title: '', capacity: 0 },
    [
      ['/title', 'too_small'],
      ['/capacity', 'too_small'],
    ],
  ],
];
const wrong = [
  ...WRONG_VALUES.map(([field, value, code]) => [{ [field]: value }, [[`/${field}`, code]]] as const),
  ...WRONG_BODIES,
].map(([fields, errors]) => [JSON.stringify(fields).slice(0, 60), fields, errors] as const);

it.each(wrong)('creating with %s is refused by name and stores nothing', async (_, fields, errors) => {
  const reply = await request('POST', '/api/events', { token, body: eventBody(fields) });
  expect(reply).toMatchObject(invalid(...errors));
  expect(await stored()).toBe(0);
});

it('editing with any of these is refused alike, by PATCH and PUT, and changes nothing', async () => {
  const other = await somebody('organizer');
  const event = await createEvent(other.token);
  const path = `/api/events/${event.id}`;
  const times = { start_time: event.start_time, end_time: event.end_time };
  for (const [, fields, errors] of wrong) {
    const patch = await request('PATCH', path, { token: other.token, body: { ...times, ...fields } });
    expect(patch).toMatchObject(invalid(...errors));
    const put = await request('PUT', path, { token: other.token, body: eventBody({ ...times, ...fields }) });
    expect(put).toMatchObject(invalid(...errors));
  }
  expect((await request('GET', path)).body).toEqual(event);
});

it.each(['title', 'start_time', 'end_time', 'capacity'])('a new or replaced event needs its %s', async (name) => {
  const { [name]: _, ...body } = eventBody();
  expect(await request('POST', '/api/events', { token, body })).toMatchObject(invalid([`/${name}`, 'required']));
  const other = await somebody('organizer');
  const event = await createEvent(other.token);
  const put = await request('PUT', `/api/events/${event.id}`, { token: other.token, body });
  expect(put).toMatchObject(invalid([`/${name}`, 'required']));
  expect(await stored()).toBe(0);
});

it.each([
  ['malformed JSON', '{"title":', 'application/json', 400, 'malformed_request'],
  ['text that is no JSON', 'title=x', 'application/json', 400, 'malformed_request'],
  ['a form', 'title=x', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
  ['plain text', JSON.stringify(eventBody()), 'text/plain', 415, 'unsupported_media_type'],
  ['an unfinished media type', JSON.stringify(eventBody()), 'application/json;', 415, 'unsupported_media_type'],
  ['a media type like JSON', JSON.stringify(eventBody()), 'application/jsonp', 415, 'unsupported_media_type'],
  ['101 KB', JSON.stringify(eventBody({ title: 'x'.repeat(101 * 1024) })), 'application/json', 413, 'body_too_large'],
  ['an array', '[]', 'application/json', 422, 'validation_failed'],
  ['null', 'null', 'application/json', 422, 'validation_failed'],
  ['a text', '"x"', 'application/json', 422, 'validation_failed'],
  ['nothing', '', 'application/json', 422, 'validation_failed'],
  ['nothing, typed as text', '', 'text/plain', 422, 'validation_failed'],
])('a body of %s is refused and stores nothing', async (_, raw, type, status, code) => {
  const reply = await request('POST', '/api/events', { token, raw, headers: { 'content-type': type } });
  expect(reply).toMatchObject({ status, body: { code } });
  expect(await stored()).toBe(0);
});

it.each([
  ['in force', ['EUR', 'sle', 'VED', 'VES', 'XCG', 'ZWG', 'XAF', 'CUP'], { status: 201 }],
  ['withdrawn', ['ANG', 'BGN', 'CUC', 'HRK', 'SLL', 'ZWL', 'DEM'], unknownCurrency],
  ['no money', ['X'.repeat(3), 'XTS', 'XAU', 'XDR', 'CHE', 'USN'], unknownCurrency],
])('judges codes of ISO 4217 that are %s', async (_, codes, expected) => {
  const as = await somebody('organizer');
  for (const code of codes) {
    const body = eventBody({ price: { amount: 1, currency: code } });
    expect(await request('POST', '/api/events', { token: as.token, body }), code).toMatchObject(expected);
  }
});

it('a key named __proto__ is an unknown field and reaches no prototype', async () => {
  const raw = JSON.stringify(eventBody()).replace('{', '{"__proto__":{"status":"published"},');
  expect(await request('POST', '/api/events', { token, raw })).toMatchObject(invalid(['/__proto__', 'unknown_field']));
  expect(await stored()).toBe(0);
});

it('text is stored as it means, not as it was typed', async () => {
  const event = await createEvent((await somebody('organizer')).token, {
    title: '  Jazz 🎷 im Café  ',
    description: 'one\r\ntwo\tthree\n',
    time_zone: 'europe/berlin',
    start_time: '2099-06-01t18:00:00+02:00',
    end_time: '2099-06-01t19:00:00.5z',
    cancel_until: '2099-06-01T12:00:00z',
    price: { amount: 0, currency: 'eur' },
    tags: [' Jazz ', 'JAZZ', 'Open Air', 'cafe\u0301', 'café'],
  });
  expect(event).toMatchObject({
    title: 'Jazz 🎷 im Café',
    description: 'one\ntwo\tthree\n',
    time_zone: 'Europe/Berlin',
    start_time: '2099-06-01T16:00:00.000Z',
    end_time: '2099-06-01T19:00:00.500Z',
    cancel_until: '2099-06-01T12:00:00.000Z',
    price: { amount: 0, currency: 'EUR' },
    tags: ['jazz', 'open air', 'café'],
  });
});
