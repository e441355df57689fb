import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EventRecord } from '../../../src/domain/model.ts';
import { newUserId } from '../../../src/http/ids.ts';
import { request, somebody } from '../../support/api.ts';
import { allPages, createEvent, HOUR_MS, invalid, projectEvent } from '../../support/events.ts';

const organizer = await somebody('organizer');
const { token } = organizer;
const organizerId = organizer.userId;
const customer = await somebody();
const admin = await somebody('admin');

beforeEach(async () => {
  await env.DB.prepare('DELETE FROM events').run();
});

/** Events that differ in what is given, each titled by its place among them. */
async function projectAll(...all: Partial<EventRecord>[]): Promise<void> {
  for (const [index, over] of all.entries()) await projectEvent({ title: `${index}`, ...over });
}

async function titles(query: string, as?: string): Promise<string[]> {
  const reply = await request('GET', `/api/events${query}`, as === undefined ? {} : { token: as });
  expect(reply.status).toBe(200);
  return reply.body.items.map((item: { title: string }) => item.title);
}

const at = (hours: number) => ({
  startTime: Date.now() + hours * HOUR_MS,
  endTime: Date.now() + (hours + 1) * HOUR_MS,
});
const time = (hours: number) => encodeURIComponent(new Date(Date.now() + hours * HOUR_MS).toISOString());

describe('what a list shows', () => {
  it('an event that was just created, at once', async () => {
    const event = await createEvent(token);
    expect((await request('GET', '/api/events')).body).toEqual({ items: [event], next_cursor: null });
  });

  it('published events only, unless it is asked for more', async () => {
    const publishedAt = Date.now();
    await projectAll(
      { ...at(1), organizerId },
      { ...at(2), organizerId, status: 'draft', publishedAt: null },
      { ...at(3), organizerId, status: 'cancelled', publishedAt },
      { ...at(4), organizerId, status: 'cancelled', publishedAt: null },
      { ...at(5), status: 'draft', publishedAt: null },
      { ...at(6), status: 'cancelled', publishedAt: null },
      { ...at(7), organizerId, deletedAt: Date.now() },
    );
    for (const reader of [undefined, customer.token, token, admin.token]) {
      expect(await titles('', reader)).toEqual(['0']);
      expect(await titles('?status=published', reader)).toEqual(['0']);
      expect(await titles(`?organizer_id=${organizerId}`, reader)).toEqual(['0']);
    }
    for (const reader of [undefined, customer.token]) {
      expect(await titles('?status=draft', reader)).toEqual([]);
      expect(await titles('?status=cancelled', reader)).toEqual(['2']);
    }
    expect(await titles('?status=draft', token)).toEqual(['1']);
    expect(await titles('?status=cancelled', token)).toEqual(['2', '3']);
    expect(await titles('?status=draft', admin.token)).toEqual(['1', '4']);
    expect(await titles('?status=cancelled', admin.token)).toEqual(['2', '3', '5']);
    expect(await titles('?mine=true', token)).toEqual(['0', '1', '2', '3']);
    expect(await titles('?mine=true&status=draft', token)).toEqual(['1']);
    expect(await titles('?mine=true', customer.token)).toEqual([]);
    expect(await titles('?mine=false', token)).toEqual(['0']);
  });

  it('“mine” needs a caller', async () => {
    const reply = await request('GET', '/api/events?mine=true');
    expect(reply).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect(reply.headers.get('www-authenticate')).toBe('Bearer');
  });
});

describe('filters', () => {
  it('by the clock', async () => {
    await projectAll(at(-5), { ...at(-3), endTime: Date.now() + HOUR_MS }, at(2), at(5));
    expect(await titles('?when=past')).toEqual(['0']);
    expect(await titles('?when=ongoing')).toEqual(['1']);
    expect(await titles('?when=upcoming')).toEqual(['2', '3']);
  });

  it('by the clock, however long they last', async () => {
    const days = [0.5, 1, 3, 7, 20, 31, 300, 3_000];
    const lasting = (length: number, past: number) => {
      const startTime = Date.now() - past * 24 * HOUR_MS;
      return { startTime, endTime: startTime + length * 24 * HOUR_MS };
    };
    await projectAll(...days.map((length) => lasting(length, length * 0.99)));
    await projectAll(...days.map((length) => lasting(length, length * 1.01)));
    await projectAll(...days.map((length) => lasting(length, -1)));
    expect((await titles('?when=ongoing')).sort()).toEqual(days.map((_, index) => `${index}`));
    expect((await allPages('/api/events?when=ongoing&sort=created_at', 3)).length).toBe(days.length);
  });

  it('by the time of the start, whatever the offset and though a + came unencoded', async () => {
    await projectAll(at(1), at(3), at(5));
    expect(await titles(`?starts_after=${time(2)}`)).toEqual(['1', '2']);
    expect(await titles(`?starts_before=${time(4)}`)).toEqual(['0', '1']);
    expect(await titles(`?starts_after=${time(2)}&starts_before=${time(4)}`)).toEqual(['1']);
    const inBerlin = new Date(Date.now() + 4 * HOUR_MS).toISOString().replace('Z', '+02:00');
    expect(await titles(`?starts_after=${inBerlin}`)).toEqual(['1', '2']);
    expect(await titles(`?starts_after=${time(2).toLowerCase()}`)).toEqual(['1', '2']);
  });

  it('by seats left', async () => {
    await projectEvent({ title: 'full', capacity: 3 }, { held: 1, confirmed: 2, waitlisted: 0 });
    await projectEvent({ title: 'one left', capacity: 3 }, { held: 1, confirmed: 1, waitlisted: 0 });
    const now = Date.now();
    const later = { startTime: now + HOUR_MS, endTime: now + 2 * HOUR_MS };
    await projectEvent({ ...later, title: 'closed', reservationsCloseAt: now - 1 });
    await projectEvent({ startTime: now - HOUR_MS, endTime: now + HOUR_MS, title: 'begun' });
    await projectEvent({ ...later, title: 'not yet open', reservationsOpenAt: now + 1_000 });
    await projectEvent({ ...later, title: 'cancelled', status: 'cancelled' });
    expect((await titles('?available=true')).sort()).toEqual(['not yet open', 'one left']);
    expect(await titles('?available=true&status=cancelled')).toEqual([]);
    expect(await titles('?available=false')).toHaveLength(5);
  });

  it('by organizer and by tag, the tag in any case', async () => {
    const other = newUserId();
    await projectAll(
      { ...at(1), organizerId, tags: ['jazz', 'open air'] },
      { ...at(2), organizerId: other, tags: ['jazz'] },
      { ...at(3), tags: [] },
    );
    expect(await titles(`?organizer_id=${organizerId}`)).toEqual(['0']);
    expect(await titles('?tag=JAZZ')).toEqual(['0', '1']);
    expect(await titles('?tag=%20open%20air%20')).toEqual(['0']);
    expect(await titles(`?tag=jazz&organizer_id=${other}`)).toEqual(['1']);
    expect(await titles('?tag=ja')).toEqual([]);
  });

  it('follow an edit', async () => {
    const event = await createEvent(token, { tags: ['old'] });
    await request('PATCH', `/api/events/${event.id}`, { token, body: { tags: ['new'], title: 'Renamed' } });
    expect(await titles('?tag=old')).toEqual([]);
    expect(await titles('?tag=new')).toEqual(['Renamed']);
  });
});

describe('order and pages', () => {
  it('sorts by start or creation, either way', async () => {
    await projectAll({ ...at(3), createdAt: 1000 }, { ...at(1), createdAt: 3000 }, { ...at(2), createdAt: 2000 });
    expect(await titles('')).toEqual(['1', '2', '0']);
    expect(await titles('?sort=start_time')).toEqual(['1', '2', '0']);
    expect(await titles('?sort=-start_time')).toEqual(['0', '2', '1']);
    expect(await titles('?sort=created_at')).toEqual(['0', '2', '1']);
    expect(await titles('?sort=-created_at')).toEqual(['1', '2', '0']);
  });

  it.each([
    'start_time',
    '-start_time',
    'created_at',
    '-created_at',
  ])('pages by %s yield each event exactly once, though many are equal in it', async (sort) => {
    const start = at(1);
    await projectAll(...Array.from({ length: 23 }, (_, index) => ({ ...start, createdAt: 1000 + (index % 2) })));
    const items = await allPages(`/api/events?sort=${sort}`, 5);
    expect(items).toHaveLength(23);
    expect(new Set(items.map(({ id }) => id)).size).toBe(23);
  });

  it('pages stay exact while events come in before and after the place reached', async () => {
    await projectAll(...[2, 4, 6, 8].map((hours) => at(hours)));
    const first = await request('GET', '/api/events?limit=2');
    await projectEvent({ ...at(1), title: 'before' });
    await projectEvent({ ...at(7), title: 'after' });
    expect(await titles(`?limit=10&cursor=${first.body.next_cursor}`)).toEqual(['2', 'after', '3']);
  });

  it('the last page says so, even when it is full', async () => {
    await projectAll(at(1), at(2));
    expect((await request('GET', '/api/events?limit=2')).body.next_cursor).toBeNull();
    expect((await request('GET', '/api/events?limit=1')).body.next_cursor).toEqual(expect.any(String));
  });

  it('has 25 events unless told', async () => {
    await projectAll(...Array.from({ length: 26 }, () => ({})));
    expect(await titles('')).toHaveLength(25);
    expect(await titles('?limit=100')).toHaveLength(26);
  });

  it('a cursor is good for its own list only', async () => {
    await projectAll({ organizerId, tags: ['a'] }, { organizerId, tags: ['a'] });
    const { body } = await request('GET', '/api/events?limit=1');
    expect(await request('GET', `/api/events?cursor=${body.next_cursor}&limit=7`)).toMatchObject({ status: 200 });
    const filters = ['sort=-start_time', 'tag=a', 'when=upcoming', 'q=1', `organizer_id=${organizerId}`];
    for (const filter of [...filters, 'status=published']) {
      const reply = await request('GET', `/api/events?${filter}&cursor=${body.next_cursor}`);
      expect(reply, filter).toMatchObject(invalid(['/cursor', 'invalid_cursor']));
    }
    const mine = await request('GET', `/api/reservations?cursor=${body.next_cursor}`, { token });
    expect(mine).toMatchObject(invalid(['/cursor', 'invalid_cursor']));
  });
});

it.each(['abc', '0x10', ''])('says that %j is no number in decimal digits', async (limit) => {
  const { body } = await request('GET', `/api/events?limit=${limit}`);
  expect(body.errors).toEqual([
    { pointer: '/limit', code: 'invalid_type', detail: 'Expected a number in decimal digits.' },
  ]);
});

describe('a query that makes no sense is refused by name', () => {
  const cursor = (value: unknown) => btoa(JSON.stringify(value)).replaceAll('=', '');

  it.each([
    ['limit=0', '/limit', 'too_small'],
    ['limit=-1', '/limit', 'too_small'],
    ['limit=101', '/limit', 'too_big'],
    ['limit=1.5', '/limit', 'invalid_type'],
    ['limit=abc', '/limit', 'invalid_type'],
    ['limit=0x10', '/limit', 'invalid_type'],
    ['limit=%205', '/limit', 'invalid_type'],
    ['limit=', '/limit', 'invalid_type'],
    ['limit=1e999', '/limit', 'invalid_type'],
    ['limit=5&limit=5', '/limit', 'invalid_type'],
    ['q=a&q=b', '/q', 'invalid_type'],
    ['q=', '/q', 'too_small'],
    ['q=a%00b', '/q', 'invalid_text'],
    [`q=${'x'.repeat(201)}`, '/q', 'too_big'],
    ['when=now', '/when', 'invalid_value'],
    ['available=yes', '/available', 'invalid_value'],
    ['status=deleted', '/status', 'invalid_value'],
    ['mine=1', '/mine', 'invalid_value'],
    ['organizer_id=me', '/organizer_id', 'invalid_format'],
    ['tag=', '/tag', 'too_small'],
    ['starts_after=2099-01-01', '/starts_after', 'invalid_format'],
    ['starts_before=now', '/starts_before', 'invalid_format'],
    ['sort=bm25', '/sort', 'invalid_value'],
    ['sort=title', '/sort', 'invalid_value'],
    ['venue_id=ven_1', '/venue_id', 'invalid_format'],
    ['country=ZZ', '/country', 'unknown_country'],
    ['country=Germany', '/country', 'unknown_country'],
    ['limits=5', '/limits', 'unknown_field'],
    ['constructor=x', '/constructor', 'unknown_field'],
    ['cursor=', '/cursor', 'invalid_cursor'],
    ['cursor=!!!', '/cursor', 'invalid_cursor'],
    ['cursor=a&cursor=b', '/cursor', 'invalid_type'],
    [`cursor=${'A'.repeat(10_001)}`, '/cursor', 'too_big'],
    ['cursor=AAAA', '/cursor', 'invalid_cursor'],
    ['cursor=_____w', '/cursor', 'invalid_cursor'],
    [`cursor=${cursor(null)}`, '/cursor', 'invalid_cursor'],
    [`cursor=${cursor({ 0: 'events' })}`, '/cursor', 'invalid_cursor'],
    [`cursor=${cursor(['events', 1, 'evt_1'])}`, '/cursor', 'invalid_cursor'],
    [`cursor=${cursor([['events'], 1, 'x'])}`, '/cursor', 'invalid_cursor'],
  ])('?%s', async (query, pointer, code) => {
    expect(await request('GET', `/api/events?${query}`)).toMatchObject(invalid([pointer, code]));
  });

  it('a forged cursor of the right list leads nowhere and breaks nothing', async () => {
    await projectAll({}, {});
    const { body } = await request('GET', '/api/events?limit=1');
    const [list] = JSON.parse(atob(body.next_cursor.replaceAll('-', '+').replaceAll('_', '/')));
    const forged = [
      `["${list}",1e999,"x"]`,
      `["${list}",-1e308,""]`,
      `["${list}",0.5,"\\ud800"]`,
      `["${list}",0,"\\u0000' or 1=1"]`,
      `["${list}","0","x"]`,
      `["${list}",0,{}]`,
      `["${list}",null,"x"]`,
      `["${list}",0,"x",1]`,
      `["${list}"]`,
    ];
    for (const text of forged) {
      const reply = await request('GET', `/api/events?cursor=${btoa(text).replaceAll('=', '')}`);
      expect([200, 422], text).toContain(reply.status);
    }
  });
});
