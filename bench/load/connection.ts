import { connect } from 'node:net';

/** What a connection needs of the load that it is part of. */
export interface Traffic {
  /** The next request in full, or null to close. */
  next(): Buffer | null;
  /** @param body empty unless `readsBodies` */
  answered(status: number, body: string): void;
  readonly readsBodies: boolean;
}

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';

/**
 * One keep-alive HTTP/1.1 connection that sends a request when it has the answer to the one before. It understands
 * only what the servers here answer, because a full client costs more than the server that it measures.
 * @returns whether it ended well: with every request answered
 */
export function drive(port: number, traffic: Traffic): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    let unfinished: Buffer | null = null;
    let open = false;
    const send = () => {
      const request = traffic.next();
      open = request !== null;
      if (request === null) socket.end();
      else socket.write(request);
    };
    socket.on('connect', send);
    socket.on('data', (chunk: Buffer) => {
      const bytes: Buffer = unfinished === null ? chunk : Buffer.concat([unfinished, chunk]);
      const answer = parse(bytes);
      unfinished = answer === null ? bytes : null;
      if (answer === null) return;
      traffic.answered(answer.status, traffic.readsBodies ? bytes.toString('latin1', answer.bodyAt) : '');
      send();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(!open));
  });
}

/** Status and start of the body of a whole answer; null while some of it is missing. */
export function parse(bytes: Buffer): { status: number; bodyAt: number } | null {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return null;
  const head = bytes.toString('latin1', 0, headEnd);
  const status = Number(head.slice(9, 12));
  const bodyAt = headEnd + HEAD_END.length;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) return bytes.length >= bodyAt + Number(length) ? { status, bodyAt } : null;
  const isChunked = /\r\ntransfer-encoding: *chunked/i.test(head);
  return !isChunked || bytes.toString('latin1', bytes.length - LAST_CHUNK.length) === LAST_CHUNK
    ? { status, bodyAt }
    : null;
}
