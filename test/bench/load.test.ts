import { createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Generator } from '../../bench/load/client.ts';
import { drive, parse } from '../../bench/load/connection.ts';
import type { Job } from '../../bench/load/job.ts';
import { prepare } from '../../bench/load/requests.ts';

const SECRET = 'a secret for tests only, at least 32 bytes';
let server: Server | undefined;

afterEach(() => {
  server?.close();
  server = undefined;
});

/** A server that answers every request with these bytes, in pieces as given. */
async function answering(pieces: readonly string[]): Promise<number> {
  const listening = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      for (const [index, piece] of pieces.entries()) setTimeout(() => socket.write(piece), index * 5);
    });
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return (listening.address() as { port: number }).port;
}

it('waits for the whole of an answer', () => {
  const head = 'HTTP/1.1 201 Created\r\nContent-Length: 5\r\n';
  expect(parse(Buffer.from(head))).toBeNull();
  expect(parse(Buffer.from(`${head}\r\nhell`))).toBeNull();
  expect(parse(Buffer.from(`${head}\r\nhello`))).toEqual({ status: 201, bodyAt: head.length + 2 });
  const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
  expect(parse(Buffer.from(`${chunked}2\r\nhi\r\n`))).toBeNull();
  expect(parse(Buffer.from(`${chunked}2\r\nhi\r\n0\r\n\r\n`))?.status).toBe(200);
  expect(parse(Buffer.from('HTTP/1.1 304 Not Modified\r\n\r\n'))?.status).toBe(304);
});

it('sends the next request when it has the answer to the one before', async () => {
  const port = await answering(['HTTP/1.1 200 OK\r\nCont', 'ent-Length: 2\r\n\r\nh', 'i']);
  const statuses: string[] = [];
  const requests = ['a', 'b', 'c'].map((text) => Buffer.from(text));
  const well = await drive(port, {
    next: () => requests.shift() ?? null,
    answered: (status, body) => statuses.push(`${status} ${body}`),
    readsBodies: true,
  });
  expect(statuses).toEqual(['200 hi', '200 hi', '200 hi']);
  expect(well).toBe(true);
});

it('tells of a request that was never answered', async () => {
  const closing = createServer((socket) => socket.on('data', () => socket.destroy()));
  server = closing;
  await new Promise<void>((resolve) => closing.listen(0, '127.0.0.1', resolve));
  const { port } = closing.address() as { port: number };
  const traffic = { next: () => Buffer.from('a'), answered: () => {}, readsBodies: false };
  expect(await drive(port, traffic)).toBe(false);
});

it('gives every customer one request over the paths in turn, with a token of their own', async () => {
  const requests = await prepare({ kind: 'reserve', paths: ['/a', '/b'], customers: 3 }, SECRET);
  const sent = [0, 1, 2].map(() => requests.next(0)?.toString() ?? '');
  expect(sent.map((text) => text.split(' ')[1])).toEqual(['/a', '/b', '/a']);
  expect(new Set(sent.map((text) => /Bearer (\S+)/.exec(text)?.[1])).size).toBe(3);
  expect(requests.next(0)).toBeNull();
});

it('cancels what a connection has reserved, as the same customer', async () => {
  const requests = await prepare({ kind: 'reserve_and_cancel', path: '/a', customers: 2 }, SECRET);
  const token = (text: string) => /Bearer (\S+)/.exec(text)?.[1];
  const reserve = requests.next(7)?.toString() ?? '';
  requests.answered(7, 201, '{"id":"rsv_1"}');
  const cancel = requests.next(7)?.toString() ?? '';
  expect(cancel).toContain('POST /api/reservations/rsv_1/cancel ');
  expect(token(cancel)).toBe(token(reserve));
  requests.answered(7, 200, '{"id":"rsv_1"}');
  expect(requests.next(7)?.toString()).toContain('POST /a ');
});

it('refuses a job once it was stopped', async () => {
  const generator = new Generator(SECRET);
  const job: Job = { port: 1, connections: 1, seconds: 1, plan: { kind: 'get', paths: ['/'] } };
  expect(await generator.run(job)).toMatchObject({ statuses: {} });
  generator.stop();
  await expect(generator.run(job), 'while it ends').rejects.toThrow('the load generator died');
  await expect(generator.run(job), 'when it has ended').rejects.toThrow('the load generator died');
});
