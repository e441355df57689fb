import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { rowOf } from '../../../src/db/json-rows.ts';
import { project } from '../../../src/db/projection.ts';
import { RESERVATION_COLUMNS } from '../../../src/db/reservation-columns.ts';
import type { EventId, UserId } from '../../../src/domain/model.ts';
import { newEventId, newReservationId } from '../../../src/http/ids.ts';
import { csvLine } from '../../../src/reports/csv.ts';
import { HEADER_LINE } from '../../../src/reports/export.ts';
import { newcomer, signUp } from '../../support/accounts.ts';
import { request, somebody } from '../../support/api.ts';
import { register } from '../../support/attendees.ts';
import { member } from '../../support/cast.ts';
import { createEvent, invalid } from '../../support/events.ts';
import { at, MINUTE_MS } from '../../support/reservations.ts';

const organizer = await somebody('organizer');
const { token } = organizer;
const pathOf = (id: string) => `/api/events/${id}/reservations.csv`;

/** The cells of a CSV text, read as RFC 4180 says. */
function parse(text: string): string[][] {
  const cells = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  const lines: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(cells)) {
    lines.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === '\r\n') lines.push([]);
  }
  expect(lines.pop()).toEqual([]);
  return lines;
}

it.each([
  ['plain', 'plain'],
  ['', ''],
  [null, ''],
  [-5, '-5'],
  ['a "b", c', '"a ""b"", c"'],
  ['two\r\nlines', '"two\r\nlines"'],
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['\r=1', '"\'\r=1"'],
  ['=HYPERLINK("http://x.example","y")', '"\'=HYPERLINK(""http://x.example"",""y"")"'],
  ['x;=1+1;y', '"x;\'=1+1;y"'],
  [';+1; @a', '";\'+1;\' @a"'],
  ['a;b', '"a;b"'],
  ['＝1+1', "'＝1+1"],
  ['＋1', "'＋1"],
  ['－1', "'－1"],
  ['＠a', "'＠a"],
  [' =1', "' =1"],
  ['\u200b\ufeff=1', "'\u200b\ufeff=1"],
  ['\u00ad\u3164\ufe0f-1', "'\u00ad\u3164\ufe0f-1"],
  ['x;\u2060＝1', '"x;\'\u2060＝1"'],
  ['a=b + c-d@e', 'a=b + c-d@e'],
  ['Žofie 🎫', 'Žofie 🎫'],
])('writes %j as %s', (value, cell) => {
  expect(csvLine([value, 1])).toBe(`${cell},1\r\n`);
});

describe('the file', () => {
  it('has a line for each reservation, with its user’s name, as the organizer may download it', async () => {
    const event = await createEvent(token);
    const name = newcomer();
    const session = (await signUp(name)).body;
    const made = await request('POST', `/api/events/${event.id}/reservations`, {
      token: session.access_token,
      body: { quantity: 2 },
    });
    const reply = await request('GET', pathOf(event.id), { token });
    expect(reply.status).toBe(200);
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="${event.id}-reservations.csv"`,
      'x-d1-bookmark': expect.any(String),
    });
    const narrowed = await request('GET', `${pathOf(event.id)}?status=pending`, { token });
    expect(narrowed).toMatchObject(invalid(['/status', 'unknown_field']));
    const [header, line, ...more] = parse(reply.body);
    expect(`${header?.join(',')}\r\n`).toBe(HEADER_LINE);
    expect(more).toEqual([]);
    const { id, user_id, created_at, confirmed_at } = made.body;
    const times = ['', created_at, confirmed_at, '', '', ''];
    expect(line).toEqual([id, 'confirmed', '2', user_id, name.username, '', '', '', '0', ...times]);
  });

  it('names the attendees whom reservations are for, until they are removed', async () => {
    const event = await createEvent(token);
    const user = await somebody();
    const attendee = await register({ first_name: 'Ωμέγα', last_name: '=1+1' }, user.token);
    const body = { attendee_id: attendee.id };
    await request('POST', `/api/events/${event.id}/reservations`, { token: user.token, body });
    const namesIn = async () => parse((await request('GET', pathOf(event.id), { token })).body)[1]?.slice(5, 8);
    expect(await namesIn()).toEqual([attendee.id, 'Ωμέγα', "'=1+1"]);
    await env.DB.prepare('DELETE FROM attendees WHERE id = ?').bind(attendee.id).run();
    expect(await namesIn()).toEqual([attendee.id, '', '']);
  });

  it('has those that were cancelled, and none that was removed', async () => {
    const event = await createEvent(token);
    const [cancelled, removed] = [await somebody(), await somebody()];
    const [kept, gone] = await Promise.all(
      [cancelled, removed].map((by) => request('POST', `/api/events/${event.id}/reservations`, { token: by.token })),
    );
    await request('POST', `/api/reservations/${kept?.body.id}/cancel`, { token: cancelled.token });
    await request('DELETE', `/api/reservations/${gone?.body.id}`, { token: removed.token });
    const [, ...lines] = parse((await request('GET', pathOf(event.id), { token })).body);
    expect(lines.map(([id, status]) => [id, status])).toEqual([[kept?.body.id, 'cancelled']]);
  });

  it('is complete and in order with 5,000 reservations, whatever their users are called', async () => {
    const event = await createEvent(token, { capacity: 10_000 });
    const hostile = ['=cmd|"/c calc"!A1', '+1', '-1+1', '@x', '\tx', 'a,b\r\n"c"', 'Ωμέγα'];
    const rows = await fill(event.id, 5_000, hostile);
    const [, ...lines] = parse((await request('GET', pathOf(event.id), { token })).body);
    expect(lines.map(([id]) => id)).toEqual(rows.map(({ id }) => id));
    for (const [index, line] of lines.entries()) {
      const name = hostile[index % hostile.length] ?? '';
      expect(line[4]).toBe(/^[=+\-@\t]/.test(name) ? `'${name}` : name);
    }
  });

  it('is a header only for an event without reservations', async () => {
    const event = await createEvent(token);
    expect((await request('GET', pathOf(event.id), { token })).body).toBe(HEADER_LINE);
  });

  it('has what is dated a little ahead, by a clock that is, and nothing that is made later', async () => {
    const event = await createEvent(token);
    const now = Date.now();
    const dates = [now, now + 5_000, now + MINUTE_MS];
    const rows = await fill(event.id, dates.length, ['ada'], (index) => dates[index] ?? 0);
    const reply = await at(now, () => request('GET', pathOf(event.id), { token }));
    const [, ...lines] = parse(reply.body);
    expect(lines.map(([id]) => id)).toEqual(rows.slice(0, 2).map(({ id }) => id));
  });

  it('is for its organizer and admins only', async () => {
    const event = await createEvent(token);
    const read = (id: string, as?: { token: string }) =>
      request('GET', pathOf(id), as === undefined ? {} : { token: as.token });
    expect(await read(event.id, await member('admin'))).toMatchObject({ status: 200 });
    const disabled = await member('admin', Date.now());
    expect(await read(event.id, disabled)).toMatchObject({ status: 403, body: { code: 'not_organizer' } });
    expect(await read(event.id)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    const other = await somebody('organizer');
    expect(await read(event.id, other)).toMatchObject({ status: 403, body: { code: 'not_organizer' } });
    const draft = await createEvent(token, { status: 'draft' });
    expect(await read(draft.id, other)).toMatchObject({ status: 404, body: { code: 'event_not_found' } });
    expect(await read(newEventId(), organizer)).toMatchObject({ status: 404 });
  });
});

/** Puts reservations straight into the read model, many in the same millisecond, in the order of the file. */
async function fill(
  eventId: EventId,
  count: number,
  usernames: readonly string[],
  madeAt = (index: number) => Math.floor(index / 700),
) {
  const users = usernames.map((username, index) => [`usr_of_${eventId}_${index}` as UserId, username] as const);
  for (const [id, username] of users) {
    const insert = `INSERT INTO users (id, username, username_key, email, email_key, password_hash, role, created_at, updated_at)
      VALUES (?1, ?2, ?1, ?1, ?1, '', 'customer', 0, 0)`;
    await env.DB.prepare(insert).bind(id, username).run();
  }
  const ids = Array.from({ length: count }, () => newReservationId(eventId)).sort();
  const rows = ids.map((id, index) => ({
    id,
    seq: 2,
    eventId,
    userId: users[index % users.length]?.[0] as UserId,
    attendeeId: null,
    quantity: 1,
    status: 'confirmed' as const,
    expiresAt: null,
    confirmedAt: 1,
    cancelledAt: null,
    cancelledBy: null,
    queueSeq: null,
    passes: 0,
    extendableUntil: null,
    checkedInAt: null,
    checkedInQuantity: 0,
    checkInNonces: [],
    transferTo: null,
    ticketCode: 'x',
    deletedAt: null,
    createdAt: madeAt(index),
    updatedAt: 1,
    version: 1,
  }));
  const view = await env.EVENT_ACTOR.get(env.EVENT_ACTOR.idFromName(eventId)).readEvent({
    userId: organizer.userId,
    role: 'organizer',
  });
  if (!view.ok) throw new Error('no event');
  for (let from = 0; from < count; from += 1_000) {
    const reservations = rows.slice(from, from + 1_000).map(rowOf(RESERVATION_COLUMNS));
    await project(env.DB.withSession('first-primary'), [
      { view: view.value as never, isEdited: true, reservations, facts: [], transfers: [] },
    ]);
  }
  return rows;
}
