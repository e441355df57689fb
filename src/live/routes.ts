import { readAvailability } from '../actor/client.ts';
import { Problem } from '../http/problem.ts';
import { rejectionProblem } from '../http/rejection.ts';
import { createRouter } from '../http/router.ts';
import * as contract from './contract.ts';
import { eventStream } from './event-stream.ts';
import type { Watcher } from './message.ts';

const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies that collect an answer before they pass it on would never pass this one on.
  'x-accel-buffering': 'no',
};
const RETRY_AFTER = { 'retry-after': '2' };

/** The slice of live availability. */
export const live = createRouter().openapi(contract.watchEvent, async (c) => {
  const { id: eventId } = c.req.valid('param');
  // Who asks for the head never reads a stream, so none may be opened: it would never be closed either.
  if (c.req.raw.method === 'HEAD') {
    const read = await readAvailability(c.env, eventId, c.get('principal'));
    if (!read.ok) throw rejectionProblem(read.rejection);
    return new Response(null, { headers: STREAM_HEADERS });
  }
  const { upgrade, 'last-event-id': lastEventId = '' } = c.req.valid('header');
  const afterSeq = /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : null;
  const socket = await watching(c.env, { eventId, principal: c.get('principal'), afterSeq });
  if (upgrade?.toLowerCase() === 'websocket') return new Response(null, { status: 101, webSocket: socket });
  return new Response(eventStream(socket), { headers: STREAM_HEADERS });
});

/**
 * A socket on which the event's hub tells what the watcher is to see. Server-sent events come from such a socket, too:
 * so the hub has one kind of watcher and can sleep beside all of them.
 * @throws Problem `event_not_found`, `overloaded`
 */
async function watching(env: Env, watcher: Watcher): Promise<WebSocket> {
  const hub = env.LIVE_HUB.get(env.LIVE_HUB.idFromName(watcher.eventId));
  const headers = { upgrade: 'websocket', 'x-watcher': JSON.stringify(watcher) };
  const answer = await hub.fetch('http://hub/', { headers }).catch((error: unknown) => {
    const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean };
    throw retryable || overloaded ? new Problem('overloaded', undefined, {}, RETRY_AFTER) : error;
  });
  if (answer.webSocket) return answer.webSocket;
  const { code } = await answer.json<{ code: 'event_not_found' | 'overloaded' }>();
  throw new Problem(code, undefined, {}, code === 'overloaded' ? RETRY_AFTER : {});
}
