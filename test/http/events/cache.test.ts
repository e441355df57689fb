import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rebuild } from '../../../src/actor/client.ts';
import { app } from '../../../src/app.ts';
import type { EventId } from '../../../src/domain/model.ts';
import { forgetPublicAnswers } from '../../../src/http/public-cache.ts';
import { type Reply, request, somebody } from '../../support/api.ts';
import { createEvent, eventBody, HOUR_MS, projectEvent } from '../../support/events.ts';
import { act, booked } from '../../support/reservations.ts';
import { createVenue } from '../../support/venues.ts';

type Headers = Record<string, string>;
type Event = Awaited<ReturnType<typeof newcomer>>;

const { token } = await somebody('organizer');
const PUBLIC = 'public, no-cache';
const VARY = 'Authorization, X-D1-Bookmark';

beforeEach(() => {
  // The Worker shares its memory with its tests: what one keeps is not to answer the next.
  forgetPublicAnswers();
  // Answers are as old as a test says, however long it takes.
  vi.setSystemTime(Date.now());
});
afterEach(() => {
  vi.useRealTimers();
});

/** An event with a word in its title that no other has, and where anonymous readers find it. */
async function newcomer(over: Record<string, unknown> = {}) {
  const organizer = await somebody('organizer');
  const word = `w${crypto.randomUUID().replaceAll('-', '')}`;
  const event = await createEvent(organizer.token, { title: word, ...over });
  const pages = {
    detail: `/api/events/${event.id}`,
    list: `/api/events?organizer_id=${organizer.userId}`,
    search: `/api/events?q=${word}`,
  };
  return { id: event.id as string, organizer, pages, paths: Object.values(pages) };
}

const KINDS = ['detail', 'list', 'search'] as const;

const read = (path: string, headers: Headers = {}) => request('GET', path, { headers });

/** Writes into D1 what no request of this isolate has brought, so that an answer shows whether it was made before. */
async function behindItsBack(id: string, description: string): Promise<void> {
  await env.DB.prepare('UPDATE events SET description = ?, seq = seq + 1 WHERE id = ?').bind(description, id).run();
}

/** The same in a way in which the system never changes an event. */
async function withoutTrace(id: string, description: string): Promise<void> {
  await env.DB.prepare('UPDATE events SET description = ? WHERE id = ?').bind(description, id).run();
}

/** The description that an answer shows, of one event or of the first of a list. */
function description({ body }: Reply): unknown {
  return (body.items?.[0] ?? body).description;
}

function laterBy(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

describe.each(KINDS)('anonymous readers of the %s', (kind) => {
  it('share an answer, under the same tag, each with an id of its own', async () => {
    const { id, pages } = await newcomer();
    const first = await read(pages[kind]);
    await behindItsBack(id, 'changed');
    const second = await read(pages[kind]);
    expect(second).toMatchObject({ status: 200, body: first.body });
    for (const name of ['etag', 'cache-control', 'vary', 'content-type', 'x-d1-bookmark', 'x-frame-options']) {
      expect(second.headers.get(name), name).toBe(first.headers.get(name));
    }
    expect(second.headers.get('etag')).toMatch(/^"[^"]+"$/);
    expect(second.headers.get('cache-control')).toBe(PUBLIC);
    expect(second.headers.get('vary')).toBe(VARY);
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
  });

  it('are told 304 where they have it, by who kept it and by who makes it anew', async () => {
    const { pages } = await newcomer();
    const tag = (await read(pages[kind])).headers.get('etag') ?? '';
    for (const isKept of [true, false]) {
      if (!isKept) forgetPublicAnswers();
      const same = await read(pages[kind], { 'if-none-match': tag });
      expect(same, `kept: ${isKept}`).toMatchObject({ status: 304, body: '' });
      expect(same.headers.get('etag')).toBe(tag);
      expect(same.headers.get('cache-control')).toBe(PUBLIC);
      expect(same.headers.get('vary')).toBe(VARY);
      expect(same.headers.get('x-request-id')).toEqual(expect.any(String));
      expect(await read(pages[kind], { 'if-none-match': '"another"' })).toMatchObject({ status: 200 });
    }
  });

  it('get another tag with another answer', async () => {
    const { organizer, id, pages } = await newcomer();
    const tag = (await read(pages[kind])).headers.get('etag') ?? '';
    await request('PATCH', `/api/events/${id}`, { token: organizer.token, body: { description: 'edited' } });
    const changed = await read(pages[kind], { 'if-none-match': tag });
    expect(changed.status).toBe(200);
    expect(description(changed)).toBe('edited');
    expect(changed.headers.get('etag')).not.toBe(tag);
  });

  it('are told by HEAD what GET would tell', async () => {
    const { pages } = await newcomer();
    const head = () => request('HEAD', pages[kind]);
    const fresh = await head();
    const got = await read(pages[kind]);
    for (const reply of [fresh, await head()]) {
      expect(reply).toMatchObject({ status: 200, body: '' });
      for (const name of ['etag', 'cache-control', 'vary']) {
        expect(reply.headers.get(name), name).toBe(got.headers.get(name));
      }
    }
    const tag = got.headers.get('etag') ?? '';
    const same = await request('HEAD', pages[kind], { headers: { 'if-none-match': tag } });
    expect(same.status).toBe(304);
  });

  it('are told nothing that is two seconds old', async () => {
    const { id, pages } = await newcomer();
    await read(pages[kind]);
    await behindItsBack(id, 'changed');
    laterBy(1_600);
    expect(description(await read(pages[kind]))).toBe('');
    laterBy(500);
    expect(description(await read(pages[kind]))).toBe('changed');
  });

  it('are told something new from 1.75 seconds on, by one of them who fetches it', async () => {
    const { id, pages } = await newcomer();
    await read(pages[kind]);
    await behindItsBack(id, 'changed');
    laterBy(1_800);
    const { fetching, go } = heldUp(pages[kind]);
    expect(description(await read(pages[kind]))).toBe('');
    go();
    expect((await fetching).status).toBe(200);
    expect(description(await read(pages[kind]))).toBe('changed');
  });

  it.each([
    'anything',
    'the event',
  ])('are told what the last write of %s brought, though they read meanwhile', async (what) => {
    const { id, pages } = await newcomer();
    const { fetching, go } = heldUp(pages[kind]);
    forgetPublicAnswers(what === 'anything' ? null : id);
    go();
    expect((await fetching).status).toBe(200);
    await behindItsBack(id, 'changed');
    expect(description(await read(pages[kind]))).toBe('changed');
  });
});

it('keeps what is read of one event while others are written', async () => {
  const [busy, other] = [await newcomer(), await newcomer()];
  const { fetching, go } = heldUp(other.pages.detail);
  await booked(busy.id);
  go();
  expect((await fetching).status).toBe(200);
  await behindItsBack(other.id, 'changed');
  expect(description(await read(other.pages.detail))).toBe('');
});

/** An anonymous read that has begun, and waits for its look at D1 until it is let go. */
function heldUp(path: string): { fetching: Promise<Response>; go: () => void } {
  const gate = Promise.withResolvers<void>();
  const held = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(from, name) {
        const value = Reflect.get(from, name);
        if (typeof value !== 'function') return value;
        if (name === 'withSession' || name === 'prepare' || name === 'bind') {
          return (...args: unknown[]) => held(value.apply(from, args));
        }
        if (name !== 'all' && name !== 'raw') return value.bind(from);
        return async (...args: unknown[]) => {
          await gate.promise;
          return value.apply(from, args);
        };
      },
    });
  const fetching = Promise.resolve(app.request(`http://localhost${path}`, {}, { ...env, DB: held(env.DB) }));
  return { fetching, go: gate.resolve };
}

describe('whoever says more than the address', () => {
  const tellers: readonly (readonly [string, (of: Event, bookmark: string) => Headers])[] = [
    ['a token', ({ organizer }) => ({ authorization: `Bearer ${organizer.token}` })],
    ['a bookmark', (_, bookmark) => ({ 'x-d1-bookmark': bookmark })],
    ['an origin', () => ({ origin: 'https://app.example' })],
  ];
  const cases = tellers.flatMap(([name, headersOf]) => KINDS.map((kind) => [name, kind, headersOf] as const));

  it.each(cases)('with %s gets no kept answer of the %s, and leaves none', async (_, kind, headersOf) => {
    const event = await newcomer();
    const path = event.pages[kind];
    const bookmark = (await read('/api/events')).headers.get('x-d1-bookmark') ?? '';
    const headers = headersOf(event, bookmark);
    const first = await read(path, headers);
    expect(first.status).toBe(200);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    expect(first.headers.get('vary')).toContain(VARY);

    await behindItsBack(event.id, 'changed');
    expect(description(await read(path))).toBe('changed');
    await behindItsBack(event.id, 'changed again');
    expect(description(await read(path, headers))).toBe('changed again');
    expect(description(await read(path))).toBe('changed');
  });

  it.each(KINDS)('is told 304 of the %s too, for nobody else', async (kind) => {
    const { pages, organizer } = await newcomer();
    const headers = { authorization: `Bearer ${organizer.token}` };
    const tag = (await read(pages[kind], headers)).headers.get('etag') ?? '';
    const same = await read(pages[kind], { ...headers, 'if-none-match': tag });
    expect(same).toMatchObject({ status: 304, body: '' });
    expect(same.headers.get('cache-control')).toBe('private, no-cache');
  });

  it('lets no draft out to those who say nothing', async () => {
    const { organizer, pages, paths } = await newcomer({ status: 'draft' });
    const drafts = `${pages.list}&status=draft`;
    const mine = '/api/events?mine=true';
    for (const path of [pages.detail, drafts, mine]) {
      const own = await read(path, { authorization: `Bearer ${organizer.token}` });
      expect(own.status, path).toBe(200);
      expect(JSON.stringify(own.body), path).toContain(organizer.userId);
    }
    expect((await read(mine)).status).toBe(401);
    for (const path of [...paths, drafts]) {
      const reply = await read(path);
      expect(JSON.stringify(reply.body), path).not.toContain(organizer.userId);
    }
  });

  it('with a bad token is refused, whatever is kept', async () => {
    const { paths } = await newcomer();
    for (const path of paths) {
      await read(path);
      expect((await read(path, { authorization: 'Bearer x.y.z' })).status).toBe(401);
    }
  });
});

describe('a write', () => {
  it.each([
    ['reserve', async ({ id }: Event) => (await booked(id)).body, { reserved_slots: 1 }],
    [
      'an edit',
      ({ id, organizer }: Event) =>
        request('PATCH', `/api/events/${id}`, { token: organizer.token, body: { capacity: 7 } }),
      { capacity: 7 },
    ],
  ])('such as %s is seen at once by anonymous readers', async (_, write, shown) => {
    const event = await newcomer();
    for (const path of event.paths) await read(path);
    await write(event);
    for (const path of event.paths) {
      const { body } = await read(path);
      expect(body.items?.[0] ?? body, path).toMatchObject(shown);
    }
  });

  it('such as cancelling a reservation is seen at once by anonymous readers', async () => {
    const { id, paths } = await newcomer();
    const { customer, id: reservationId } = await booked(id);
    for (const path of paths) await read(path);
    await act(customer, reservationId, 'cancel');
    for (const path of paths) {
      const { body } = await read(path);
      expect(body.items?.[0] ?? body, path).toMatchObject({ reserved_slots: 0 });
    }
  });

  it('such as publishing, cancelling and deleting is seen at once by anonymous readers', async () => {
    const { id, organizer, pages } = await newcomer({ status: 'draft' });
    const found = async () => {
      const replies = await Promise.all([pages.list, pages.search].map((path) => read(path)));
      return [(await read(pages.detail)).status, ...replies.map(({ body }) => body.items.length)];
    };
    expect(await found()).toEqual([404, 0, 0]);
    await request('POST', `/api/events/${id}/publish`, { token: organizer.token });
    expect(await found()).toEqual([200, 1, 1]);
    await request('POST', `/api/events/${id}/cancel`, { token: organizer.token });
    expect(await found()).toEqual([200, 0, 0]);
    await request('DELETE', `/api/events/${id}`, { token: organizer.token });
    expect(await found()).toEqual([404, 0, 0]);
  });

  it('leaves what is kept of other events, but for pages that may show its own', async () => {
    const [written, other] = [await newcomer(), await newcomer()];
    for (const path of other.paths) await read(path);
    await behindItsBack(other.id, 'changed');
    await booked(written.id);
    expect(description(await read(other.pages.detail))).toBe('');
    expect(description(await read(other.pages.list))).toBe('changed');
    expect(description(await read(other.pages.search))).toBe('changed');
  });

  it('such as creating is seen at once, and is itself answered as ever', async () => {
    const organizer = await somebody('organizer');
    const list = `/api/events?organizer_id=${organizer.userId}`;
    expect((await read(list)).body.items).toEqual([]);
    const body = eventBody({ status: 'published' });
    const made = await request('POST', '/api/events', { token: organizer.token, body });
    expect(made.status).toBe(201);
    expect(made.headers.get('cache-control')).toBeNull();
    expect((await read(list)).body.items).toEqual([made.body]);
  });

  it('such as correcting a venue is seen at once by anonymous readers', async () => {
    const venue = await createVenue(token);
    const { paths } = await newcomer({ venue_id: venue.id });
    const corrections = [
      { method: 'PATCH', body: { name: 'Tempodrom II' } },
      { method: 'PUT', body: { name: 'Tempodrom III', location: 'Berlin', capacity: 100, country_code: 'DE' } },
    ];
    for (const { method, body } of corrections) {
      for (const path of paths) await read(path);
      expect((await request(method, `/api/venues/${venue.id}`, { token, body })).status).toBe(200);
      for (const path of paths) {
        const reply = await read(path);
        expect(reply.body.items?.[0] ?? reply.body, path).toMatchObject({ venue: { name: body.name } });
      }
    }
  });

  it('such as deleting a venue or a rebuild lets go of what was kept', async () => {
    const admin = await somebody('admin');
    const venue = await createVenue(token);
    const { id, paths } = await newcomer();
    const writes = [
      ['DELETE', `/api/venues/${venue.id}`],
      ['POST', `/api/events/${id}/rebuild`],
    ] as const;
    for (const [method, write] of writes) {
      for (const path of paths) await read(path);
      await behindItsBack(id, method);
      expect((await request(method, write, { token: admin.token })).status).toBeLessThan(300);
      // A rebuild writes what the event itself says.
      const shown = method === 'POST' ? '' : method;
      for (const path of paths) expect(description(await read(path)), path).toBe(shown);
    }
  });
});

describe('what is kept', () => {
  it('stops being told when its event begins or ends', async () => {
    const now = Date.now();
    const { id } = await projectEvent({ startTime: now + 1_000, endTime: now + HOUR_MS });
    expect((await read(`/api/events/${id}`)).body).toMatchObject({ is_ongoing: false });
    laterBy(1_000);
    expect((await read(`/api/events/${id}`)).body).toMatchObject({ is_ongoing: true });
  });

  it('is no 404, for the event may come the next moment', async () => {
    const { id } = await projectEvent({ deletedAt: Date.now() });
    const missing = await read(`/api/events/${id}`);
    expect(missing.status).toBe(404);
    expect(missing.headers.get('cache-control')).toBe('no-store');
    await env.DB.prepare('UPDATE events SET deleted_at = NULL WHERE id = ?').bind(id).run();
    expect((await read(`/api/events/${id}`)).status).toBe(200);
  });

  it('is no 422', async () => {
    const [one, other] = [await read('/api/events?limit=0'), await read('/api/events?limit=0')];
    for (const { status, headers } of [one, other]) {
      expect(status).toBe(422);
      expect(headers.get('etag')).toBeNull();
      expect(headers.get('cache-control')).toBe('no-store');
    }
    expect(one.body.request_id).not.toBe(other.body.request_id);
  });

  it.each(KINDS)('is no 503 of the %s while D1 is out of reach', async (kind) => {
    const { pages } = await newcomer();
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const broken = {
      withSession: () => {
        throw new Error('D1_ERROR: D1 DB is overloaded. Requests queued for too long.');
      },
    };
    const refused = await app.request(pages[kind], {}, { ...env, DB: broken as unknown as D1Database });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('cache-control')).toBe('no-store');
    expect(logged).toHaveBeenCalledOnce();
    logged.mockRestore();
    expect((await read(pages[kind])).status).toBe(200);
  });

  it('is told while D1 is out of reach, as long as it is young enough', async () => {
    const { pages } = await newcomer();
    await read(pages.list);
    const reply = await app.request(`http://localhost${pages.list}`, {}, { ...env, DB: null as unknown as D1Database });
    expect(reply.status).toBe(200);
    expect(await reply.json()).toMatchObject({ items: [{ organizer_id: expect.any(String) }] });
  });

  it('of one event goes on being told while that does not change, but for ten minutes at most', async () => {
    const { id, pages } = await newcomer();
    await read(pages.detail);
    await withoutTrace(id, 'changed');
    for (const ms of [1_900, 3_000, 60_000, 530_000]) {
      laterBy(ms);
      expect(description(await read(pages.detail))).toBe('');
    }
    laterBy(10_000);
    expect(description(await read(pages.detail))).toBe('changed');
  });

  it('of one event ends with a rebuild, whichever isolate was asked for it', async () => {
    const { id, pages } = await newcomer();
    await withoutTrace(id, 'wrong');
    expect(description(await read(pages.detail))).toBe('wrong');
    await rebuild(env, id as EventId);
    laterBy(2_100);
    expect(description(await read(pages.detail))).toBe('');
  });

  it('of one event is looked after once a second while others are asked for', async () => {
    const [busy, other] = [await newcomer(), await newcomer()];
    await read(busy.pages.detail);
    await read(other.pages.detail);
    laterBy(1_200);
    await read(other.pages.detail);
    await scheduler.wait(100);
    await behindItsBack(busy.id, 'changed');
    laterBy(1_600);
    expect(description(await read(busy.pages.detail))).toBe('');
    laterBy(400);
    expect(description(await read(busy.pages.detail))).toBe('changed');
  });

  it('of one event ends with a change of its venue', async () => {
    const venue = await createVenue(token);
    const { pages } = await newcomer({ venue_id: venue.id });
    const before = await read(pages.detail);
    await env.DB.prepare("UPDATE venues SET name = 'Elsewhere', version = version + 1 WHERE id = ?")
      .bind(venue.id)
      .run();
    laterBy(2_100);
    const after = await read(pages.detail);
    expect(after.status).toBe(200);
    expect(after.headers.get('etag')).not.toBe(before.headers.get('etag'));
    expect(after.body.venue.name).toBe('Elsewhere');
  });

  it('differs by every part of the query', async () => {
    const { pages, id } = await newcomer();
    expect((await read(pages.list)).body.items).toHaveLength(1);
    expect((await read(`${pages.list}&available=true&when=past`)).body.items).toEqual([]);
    expect((await read(`/api/events/${id}`)).body.id).toBe(id);
  });
});

describe('where pages of other sites may read', () => {
  const origin = 'https://app.example';
  const from = (path: string, headers: Headers = {}) =>
    app.request(`http://localhost${path}`, { headers }, { ...env, CORS_ORIGINS: origin });

  it.each(KINDS)('their browsers are told of the %s by whom it may be read, and keep it apart', async (kind) => {
    const { pages } = await newcomer();
    for (const reply of [await from(pages[kind]), await from(pages[kind])]) {
      expect(reply.headers.get('vary')?.split(', ')).toEqual(
        expect.arrayContaining(['Origin', 'Authorization', 'X-D1-Bookmark']),
      );
      expect(reply.headers.get('access-control-allow-origin')).toBeNull();
      await reply.body?.cancel();
    }
    const tag = (await from(pages[kind])).headers.get('etag') ?? '';
    for (const headers of [{ origin }, { origin, 'if-none-match': tag }]) {
      const reply = await from(pages[kind], headers);
      expect(reply.status).toBe('if-none-match' in headers ? 304 : 200);
      expect(reply.headers.get('access-control-allow-origin')).toBe(origin);
      expect(reply.headers.get('access-control-expose-headers')).toContain('ETag');
      await reply.body?.cancel();
    }
  });
});
