import { env, exports } from 'cloudflare:workers';
import { vi } from 'vitest';
import type { EventId } from '../../src/domain/model.ts';

/** A message as a watcher gets it, and when, epoch ms. */
// biome-ignore lint/suspicious/noExplicitAny: as `Reply`
export type Seen = any & { readonly seq: number; readonly at: number };

/** One who watches an event. */
export interface Watching {
  readonly seen: Seen[];
  /** What came of the server-sent events that is no message. */
  readonly comments: string[];
  /** How it was ended by the other side; null: not yet. */
  readonly ended: () => number | null;
  readonly leave: () => void;
}

interface Options {
  readonly token?: string;
  readonly lastEventId?: string;
}

/** Asks to watch, and answers whatever comes. */
export function ask(eventId: string, headers: Record<string, string> = {}, token?: string): Promise<Response> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return exports.default.fetch(`http://localhost/api/events/${eventId}/live`, {
    headers: { ...headers, ...authorization },
  });
}

/** Watches over a WebSocket. */
export async function watchBySocket(eventId: string, { token, lastEventId }: Options = {}): Promise<Watching> {
  const after: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const { webSocket } = await ask(eventId, { upgrade: 'websocket', ...after }, token);
  if (webSocket === null) throw new Error('the socket was refused');
  const seen: Seen[] = [];
  let code: number | null = null;
  webSocket.addEventListener('message', ({ data }) => {
    seen.push({ ...JSON.parse(String(data)), at: Date.now() });
  });
  webSocket.addEventListener('close', (event) => {
    code = event.code;
  });
  webSocket.accept();
  return { seen, comments: [], ended: () => code, leave: () => webSocket.close(1000) };
}

/** Watches by server-sent events. */
export async function watchByEvents(eventId: string, { token, lastEventId }: Options = {}): Promise<Watching> {
  const after: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const { body, status } = await ask(eventId, after, token);
  if (body === null || status !== 200) throw new Error(`the stream was refused: ${status}`);
  const seen: Seen[] = [];
  const comments: string[] = [];
  let code: number | null = null;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const read = async () => {
    for (let text = ''; ; ) {
      const { value, done } = await reader.read();
      if (done) break;
      const parts = (text + value).split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const found = /^id: (\d+)\ndata: (.*)$/.exec(part);
        if (found === null) comments.push(part);
        else seen.push({ ...JSON.parse(found[2] ?? ''), id: found[1], at: Date.now() });
      }
    }
    code = 1000;
  };
  void read().catch(() => {
    code = 1006;
  });
  return { seen, comments, ended: () => code, leave: () => void reader.cancel().catch(() => undefined) };
}

/** Waits until the watcher has seen a state like this. */
export async function sees(watching: Watching, state: Record<string, unknown>): Promise<void> {
  await vi.waitFor(
    () => {
      const last = watching.seen.at(-1) ?? {};
      for (const [name, value] of Object.entries(state)) {
        if (last[name] !== value) throw new Error(`saw ${JSON.stringify(watching.seen.slice(-3))}`);
      }
    },
    { timeout: 30_000, interval: 20 },
  );
}

/** The stub of an event's live hub. */
export function hubOf(eventId: string): DurableObjectStub<undefined> {
  return env.LIVE_HUB.get(env.LIVE_HUB.idFromName(eventId as EventId)) as unknown as DurableObjectStub<undefined>;
}
