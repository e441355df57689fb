import { once } from 'node:events';

/**
 * A crowd that watches events over WebSockets, in a process of its own so that it doesn't take the load generator's
 * time; `live.ts` starts it and tells it when to come and when to leave.
 */

/** What `live.ts` asks. */
export type Ask = { readonly watch: string; readonly count: number } | { readonly leave: true };

/** What the crowd saw when it left. */
export interface Sight {
  readonly watchers: number;
  /** Messages that a watcher got, at least and at most. */
  readonly messages: readonly [number, number];
  /** Most messages that one got in any second. */
  readonly mostInASecond: number;
  /** How many saw `seq` go back or stay. */
  readonly disordered: number;
  /** The `reserved_slots` that each saw last. */
  readonly last: readonly number[];
}

interface Watcher {
  readonly socket: WebSocket;
  readonly at: number[];
  lastSeq: number;
  lastReserved: number;
  disordered: boolean;
}

/** How many connect at a time. */
const AT_ONCE = 50;
let crowd: Watcher[] = [];

async function join(url: string): Promise<void> {
  const socket = new WebSocket(url);
  const watcher: Watcher = { socket, at: [], lastSeq: 0, lastReserved: -1, disordered: false };
  socket.addEventListener('message', ({ data }) => {
    const { seq, reserved_slots: reserved } = JSON.parse(String(data)) as { seq: number; reserved_slots: number };
    watcher.disordered ||= seq <= watcher.lastSeq;
    watcher.lastSeq = seq;
    watcher.lastReserved = reserved;
    watcher.at.push(performance.now());
  });
  await once(socket, 'message');
  crowd.push(watcher);
}

function mostInASecond(at: readonly number[]): number {
  return Math.max(0, ...at.map((start, index) => at.slice(index).filter((other) => other < start + 1_000).length));
}

function leave(): Sight {
  const counts = crowd.map(({ at }) => at.length);
  const sight: Sight = {
    watchers: crowd.length,
    messages: [Math.min(...counts), Math.max(...counts)],
    mostInASecond: Math.max(...crowd.map(({ at }) => mostInASecond(at))),
    disordered: crowd.filter(({ disordered }) => disordered).length,
    last: [...new Set(crowd.map(({ lastReserved }) => lastReserved))],
  };
  for (const { socket } of crowd) socket.close();
  crowd = [];
  return sight;
}

process.on('message', async (ask: Ask) => {
  if ('leave' in ask) return process.send?.(leave());
  for (let left = ask.count; left > 0; left -= AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, left) }, () => join(ask.watch)));
  }
  return process.send?.({ ready: true });
});
process.on('disconnect', () => process.exit(0));
