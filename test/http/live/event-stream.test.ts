import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { eventStream } from '../../../src/live/event-stream.ts';
import { stopTheClock } from '../../support/actor.ts';
import { HOUR, MINUTE, T0 } from '../../support/given.ts';

beforeEach(stopTheClock);
afterEach(() => {
  vi.useRealTimers();
});

/** A stream that nobody reads yet, and what comes of the hub's end of its socket. */
function unread() {
  const { 0: client, 1: hub } = new WebSocketPair();
  const closed: number[] = [];
  hub.addEventListener('close', ({ code }) => void closed.push(code));
  hub.accept();
  const stream = eventStream(client);
  /** Sends a state, which is there when this resolves. */
  const send = (seq: number) =>
    new Promise<void>((resolve) => {
      client.addEventListener('message', () => resolve(), { once: true });
      hub.send(JSON.stringify({ seq }));
    });
  return { stream, send, closed };
}

it('lets go who leaves a state unread for more than a minute while newer ones come', async () => {
  const { send, closed } = unread();
  await send(1);
  vi.setSystemTime(T0 + MINUTE);
  await send(2);
  vi.setSystemTime(T0 + MINUTE + 1);
  expect(closed).toEqual([]);
  await send(3);
  await vi.waitFor(() => expect(closed).toEqual([1013]), { timeout: 5_000 });
});

it('keeps who reads, however long nothing came', async () => {
  const { stream, send, closed } = unread();
  const reader = stream.getReader();
  const read = async () => new TextDecoder().decode((await reader.read()).value);
  expect(await read()).toBe('retry: 3000\n\n');
  for (const seq of [1, 3, 5]) {
    vi.setSystemTime(T0 + seq * HOUR);
    await send(seq);
    await send(seq + 1);
    expect(await read()).toBe(`id: ${seq + 1}\ndata: {"seq":${seq + 1}}\n\n`);
  }
  expect(closed).toEqual([]);
  await reader.cancel();
});
