import { CLOSE } from './message.ts';

/** A comment this often keeps proxies from closing a quiet connection. */
const KEEP_ALIVE_MS = 15_000;
/** How soon a client that lost its connection is to come back. */
const RETRY_MS = 3_000;
/** A client that leaves a message unread for so long, while newer ones come, is let go. */
const STALLED_MS = 60_000;

/**
 * What the hub sends over its socket, as server-sent events. A client that reads slowly skips states, so that no more
 * than one ever waits for it; the `id` of each is its `seq`.
 */
export function eventStream(socket: WebSocket): ReadableStream<Uint8Array> {
  const inbox = new Inbox(socket);
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`)),
      pull: async (controller) => {
        const message = await inbox.next(KEEP_ALIVE_MS);
        if (message === 'closed') controller.close();
        else controller.enqueue(encoder.encode(message === null ? ': still here\n\n' : toEvent(message)));
      },
      cancel: () => socket.close(CLOSE.normal),
    },
    // Nothing is taken from the inbox before the client wants it.
    { highWaterMark: 0 },
  );
}

function toEvent(message: string): string {
  const { seq } = JSON.parse(message) as { seq: number };
  return `id: ${seq}\ndata: ${message}\n\n`;
}

/** Keeps the newest message until it is asked for. */
class Inbox {
  #newest: string | null = null;
  #since = 0;
  #isClosed = false;
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket) {
    socket.addEventListener('message', ({ data }) => {
      if (this.#newest === null) this.#since = Date.now();
      else if (Date.now() - this.#since > STALLED_MS) socket.close(CLOSE.slow, 'too slow');
      this.#newest = String(data);
      this.#wake();
    });
    for (const type of ['close', 'error'] as const) {
      socket.addEventListener(type, () => {
        this.#isClosed = true;
        this.#wake();
      });
    }
    socket.accept();
  }

  /** The newest message, null if none comes in time, or that none will come any more. */
  async next(patienceMs: number): Promise<string | null | 'closed'> {
    if (this.#newest === null && !this.#isClosed) await this.#news(patienceMs);
    const message = this.#newest;
    this.#newest = null;
    return message ?? (this.#isClosed ? 'closed' : null);
  }

  #news(patienceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
