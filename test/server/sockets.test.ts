import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, problemOf } from '../../scripts/api-client.ts';
import { listRows } from '../../scripts/witnesses.ts';
import { type FreshServer, freshServer } from '../support/child-server.ts';
import { crowdOf, openEvent, stranger } from '../support/crowd.ts';

const CONNECTIONS = 64;
/** Far below the two seconds after which one stops relying on another's call … */
const PROMPTLY_MS = 1_500;
/** … but where the machine itself is slow, a few times as long as it takes when nobody hangs up. */
const TIMES_LONGER = 5;

let server: FreshServer;
let client: ApiClient;
beforeAll(async () => {
  server = await freshServer(CONNECTIONS);
  ({ client } = server);
});
afterAll(() => server.end());

async function openSocket(): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  // Whoever is refused while still sending may find the connection reset.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** The head of a request, and what of its body is sent with it. */
function post(path: string, token: string, headers: readonly string[], body: string): string {
  const lines = [`POST ${path} HTTP/1.1`, 'Host: localhost', `Authorization: Bearer ${token}`, ...headers, '', body];
  return lines.join('\r\n');
}

/** The status of the first answer on the socket, whether or not all was sent. */
async function statusOn(socket: Socket): Promise<number> {
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return Number(chunk.toString().split(' ')[1]);
}

async function exchange(request: string): Promise<number> {
  const socket = await openSocket();
  socket.write(request);
  return statusOn(socket);
}

/** How long a crowd waits for its seats of which nobody hangs up. */
async function longestWait(): Promise<number> {
  const { eventId } = await openEvent(client, CONNECTIONS);
  const path = `/api/events/${eventId}/reservations`;
  const crowd = await crowdOf(CONNECTIONS);
  const answers = await Promise.all(crowd.map(({ token }) => client.send('POST', path, { token, body: {} })));
  return Math.max(...answers.map(({ tookMs }) => tookMs));
}

describe('clients that hang up', () => {
  it.each([1, 2, 3, 4, 5])('leave nobody waiting who shares a call with them, and oversell nothing (%i)', async () => {
    const usualMs = await longestWait();
    const { eventId, organizerToken } = await openEvent(client, CONNECTIONS);
    const path = `/api/events/${eventId}/reservations`;
    const crowd = await crowdOf(CONNECTIONS);
    const gone = crowd.filter((_, index) => index % 3 === 0);
    const sockets = new Map<string, Socket>();
    for (const { userId } of gone) sockets.set(userId, await openSocket());
    const reserve = ({ token }: { readonly token: string }) => client.send('POST', path, { token, body: {} });
    const answers = await Promise.all(
      crowd.flatMap((customer) => {
        const socket = sockets.get(customer.userId);
        if (socket === undefined) return reserve(customer);
        const headers = ['Content-Type: application/json', 'Content-Length: 2'];
        // The server notices a reset at once, and a mere end only when it writes; some are gone before it has read.
        const reset = () => socket.resetAndDestroy();
        socket.write(post(path, customer.token, headers, '{}'), () => setTimeout(reset, Math.random() * 5));
        return [];
      }),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    const promptlyMs = Math.max(PROMPTLY_MS, TIMES_LONGER * usualMs);
    expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBeLessThan(promptlyMs);

    const repeats = await Promise.all(gone.map(reserve));
    const look = () => listRows(client, eventId, organizerToken);
    await expect.poll(look, { timeout: 60_000 }).toHaveLength(CONNECTIONS);
    const rows = await look();
    for (const [index, repeat] of repeats.entries()) {
      const { code, reservation_id: known } = problemOf(repeat);
      const isMade = repeat.status === 201;
      expect(isMade ? undefined : code).toBe(isMade ? undefined : 'already_reserved');
      const id = isMade ? (repeat.body as { id: string }).id : known;
      const theirs = rows.filter((row) => row.user_id === gone[index]?.userId);
      expect(theirs).toMatchObject([{ id, quantity: 1, status: 'confirmed' }]);
    }
    const { body } = await client.send('GET', `/api/events/${eventId}/availability`);
    expect(body).toMatchObject({ reserved_slots: CONNECTIONS, available_slots: 0 });
    const { token } = await stranger();
    expect(problemOf(await reserve({ token }))).toMatchObject({ code: 'sold_out', available_slots: 0 });
  });
});

describe('bodies', () => {
  const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
  const JSON_TYPE = 'Content-Type: application/json';

  it('that say they are over 100 KB are refused before any of it was sent', async () => {
    const { token } = await stranger();
    expect(await exchange(post('/api/events', token, [JSON_TYPE, 'Content-Length: 102401'], ''))).toBe(413);
  });

  it('that come in chunks are refused from 100 KB on, without waiting for their end', async () => {
    const { token } = await stranger();
    const body = chunk('x'.repeat(1024)).repeat(101);
    expect(await exchange(post('/api/events', token, [JSON_TYPE, 'Transfer-Encoding: chunked'], body))).toBe(413);
  });

  it('that come in chunks are taken', async () => {
    const { eventId } = await openEvent(client, 1);
    const { token } = await stranger();
    const body = `${chunk('{"quan')}${chunk('tity":1}')}${chunk('')}`;
    const path = `/api/events/${eventId}/reservations`;
    expect(await exchange(post(path, token, [JSON_TYPE, 'Transfer-Encoding: chunked'], body))).toBe(201);
  });

  it('of no bytes are none, whatever type they claim', async () => {
    const { eventId } = await openEvent(client, 2);
    const path = `/api/events/${eventId}/reservations`;
    for (const type of ['application/json', 'text/plain']) {
      const { token } = await stranger();
      expect(await exchange(post(path, token, [`Content-Type: ${type}`, 'Content-Length: 0'], ''))).toBe(201);
    }
  });

  it('that are no JSON are refused, and nothing is written to the console about them', async () => {
    const { token } = await stranger();
    const before = server.child.said.join('');
    for (const type of ['application/octet-stream', 'image/png', 'multipart/form-data; boundary=x']) {
      const typed = `Content-Type: ${type}`;
      expect(await exchange(post('/api/events', token, [typed, 'Content-Length: 5'], 'bytes'))).toBe(415);
      const chunked = `${chunk('bytes')}${chunk('')}`;
      expect(await exchange(post('/api/events', token, [typed, 'Transfer-Encoding: chunked'], chunked))).toBe(415);
    }
    expect(server.child.said.join('')).toBe(before);
  });
});
