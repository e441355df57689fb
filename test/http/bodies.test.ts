import { exports } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { createRouter, jsonBody, onError } from '../../src/http/router.ts';
import { request, somebody } from '../support/api.ts';
import { createEvent, eventBody } from '../support/events.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const { token } = await somebody('organizer');
const authorization = `Bearer ${token}`;

/** A route that answers what it was sent, behind nothing but the check of bodies. */
const echo = createRouter();
echo.use(jsonBody);
echo.post('/', async (c) => c.json({ got: await c.req.text(), type: c.req.header('content-type') ?? null }));
echo.onError(onError);

/** A body without end that counts how much of it was asked for. */
function endless() {
  const seen = { kilobytes: 0, isCancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        seen.kilobytes += 1;
        controller.enqueue(new TextEncoder().encode(' '.repeat(1024)));
      },
      cancel() {
        seen.isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, seen };
}

/** The text in pieces, so that nobody knows its length before the end. */
function inPieces(text: string, size: number): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

function send(body: BodyInit | null, headers: Record<string, string>): Promise<Response> {
  return Promise.resolve(echo.request(new Request('http://localhost/', { method: 'POST', body, headers })));
}

describe('a body that says how long it is', () => {
  it('is refused unread above 100 KB', async () => {
    const { body, seen } = endless();
    const reply = await send(body, { ...JSON_TYPE, 'content-length': `${100 * 1024 + 1}` });
    expect(reply.status).toBe(413);
    expect(await reply.json()).toMatchObject({ code: 'body_too_large' });
    expect(seen.kilobytes).toBe(0);
  });

  it('is taken up to 100 KB', async () => {
    const text = JSON.stringify('x'.repeat(100 * 1024 - 2));
    const reply = await send(text, { ...JSON_TYPE, 'content-length': `${text.length}` });
    expect(reply.status).toBe(200);
    expect(await reply.json()).toMatchObject({ got: text });
  });

  it('is not decompressed', async () => {
    expect((await send('{}', { ...JSON_TYPE, 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await send('{}', { ...JSON_TYPE, 'content-encoding': 'identity' })).status).toBe(200);
  });

  it('is judged by its type unread', async () => {
    const { body, seen } = endless();
    const reply = await send(body, { 'content-type': 'text/csv', 'content-length': '5000' });
    expect(reply.status).toBe(415);
    expect(seen.kilobytes).toBe(0);
  });
});

describe('a body that comes in chunks', () => {
  it('is refused as soon as it has more than 100 KB, and read no further', async () => {
    const { body, seen } = endless();
    const reply = await send(body, JSON_TYPE);
    expect(reply.status).toBe(413);
    expect(seen).toEqual({ kilobytes: 101, isCancelled: true });
  });

  it('is not believed to be as long as it says', async () => {
    const { body, seen } = endless();
    const reply = await send(body, { ...JSON_TYPE, 'content-length': '10', 'transfer-encoding': 'chunked' });
    expect(reply.status).toBe(413);
    expect(seen.kilobytes).toBe(101);
  });

  it('arrives whole, characters that were cut apart too', async () => {
    const text = JSON.stringify({ title: 'Füße 💥 €'.repeat(50) });
    const reply = await send(inPieces(text, 7), JSON_TYPE);
    expect(await reply.json()).toEqual({ got: text, type: 'application/json' });
  });

  it('makes an event like any other', async () => {
    const text = JSON.stringify(eventBody({ title: 'In pieces' }));
    const headers = { ...JSON_TYPE, authorization };
    const init = { method: 'POST', headers, body: inPieces(text, 10) };
    const reply = await exports.default.fetch('http://localhost/api/events', init);
    expect(reply.status).toBe(201);
    expect(await reply.json()).toMatchObject({ title: 'In pieces' });
  });

  it('is unparsable if it breaks off', async () => {
    const broken = new ReadableStream({
      pull: (controller) => controller.error(new Error('Network connection lost.')),
    });
    const reply = await send(broken, JSON_TYPE);
    expect(await reply.json()).toMatchObject({ status: 400, code: 'malformed_request' });
  });

  it('is no JSON if it does not say so', async () => {
    expect((await send(inPieces('{}', 1), { 'content-type': 'multipart/form-data' })).status).toBe(415);
  });

  it('of no bytes is none', async () => {
    const reply = await send(inPieces('', 1), { 'content-type': 'text/plain' });
    expect(await reply.json()).toEqual({ got: '', type: null });
  });
});

describe('bytes that are no UTF-8', () => {
  it.each([
    ['a stray one', [0xff]],
    ['an overlong form', [0xc0, 0xaf]],
    ['half a surrogate pair', [0xed, 0xa0, 0x80]],
  ])('are refused, in one piece and in several: %s', async (_, strange) => {
    const [head, tail] = ['{"title":"', '"}'].map((text) => new TextEncoder().encode(text)) as [Uint8Array, Uint8Array];
    const bytes = new Uint8Array([...head, ...strange, ...tail]);
    const chunks = new ReadableStream({
      start(controller) {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
        controller.close();
      },
    });
    const whole = { ...JSON_TYPE, 'content-length': String(bytes.length) };
    for (const reply of [await send(bytes, whole), await send(chunks, JSON_TYPE)]) {
      expect(await reply.json()).toMatchObject({ status: 400, code: 'malformed_request' });
    }
  });
});

describe('no body', () => {
  it.each([
    'application/json',
    'text/plain',
    'application/x-www-form-urlencoded',
  ])('may claim to be of type %s', async (type) => {
    const { id } = await createEvent(token);
    const headers = { 'content-type': type, 'content-length': '0' };
    const reserved = await request('POST', `/api/events/${id}/reservations`, { token, raw: '', headers });
    expect(reserved).toMatchObject({ status: 201, body: { quantity: 1 } });
    const published = await request('POST', `/api/events/${id}/publish`, { token, raw: '', headers });
    expect(published.status).toBe(200);
  });
});

describe('the body of a command that has nothing to say', () => {
  const json = { 'content-type': 'application/json' };
  it.each([
    ['{not json', 400, 'malformed_request'],
    ['{"reason":"rain"}', 422, 'validation_failed'],
    ['null', 422, 'validation_failed'],
    ['{}', 200, undefined],
  ])('%s is answered %i', async (raw, status, code) => {
    const { id } = await createEvent(token, { status: 'draft' });
    const publish = await request('POST', `/api/events/${id}/publish`, { token, raw, headers: json });
    expect(publish).toMatchObject({ status, ...(code && { body: { code } }) });
    const { body } = await request('GET', `/api/events/${id}`, { token });
    expect(body.status).toBe(status === 200 ? 'published' : 'draft');
    const event = await createEvent(token);
    const made = await request('POST', `/api/events/${event.id}/reservations`, { token, raw: '{}', headers: json });
    for (const command of ['cancel', 'reactivate']) {
      const reply = await request('POST', `/api/reservations/${made.body.id}/${command}`, {
        token,
        raw,
        headers: json,
      });
      expect(reply.status, command).toBe(status);
    }
  });
});

describe('the body of a deletion', () => {
  it.each([
    ['not json', 400],
    ['[]', 422],
    ['{"a":1}', 422],
    ['{}', 204],
    ['', 204],
  ])('%s is answered %i', async (raw, status) => {
    const { id } = await createEvent(token);
    const made = await request('POST', `/api/events/${id}/reservations`, { token, body: {} });
    for (const path of [`/api/reservations/${made.body.id}`, `/api/events/${id}`]) {
      expect((await request('DELETE', path, { token, raw, headers: JSON_TYPE })).status, path).toBe(status);
      expect((await request('GET', path, { token })).status, path).toBe(status === 204 ? 404 : 200);
    }
  });
});
