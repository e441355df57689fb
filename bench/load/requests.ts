import { signAccessToken } from '../../src/http/auth.ts';
import { newUserId } from '../../src/http/ids.ts';
import type { Plan } from './job.ts';

/** What a connection sends next. */
export interface Requests {
  /** The next request in full, or null when there is no more. */
  next(connection: number): Buffer | null;
  /** Takes note of an answer to the connection's last request; only where `readsBodies`. */
  answered(connection: number, status: number, body: string): void;
  readonly readsBodies: boolean;
}

const HOST = 'Host: 127.0.0.1\r\n';
const BODY = '{}';
const SIGNED_AT_ONCE = 200;

function get(path: string): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${HOST}Accept: application/json\r\n\r\n`);
}

function post(path: string, token: string, body: string): Buffer {
  const type = body === '' ? '' : 'Content-Type: application/json\r\n';
  const head = `POST ${path} HTTP/1.1\r\n${HOST}Authorization: Bearer ${token}\r\n`;
  return Buffer.from(`${head}${type}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** Access tokens of that many fresh customers: never seen before, so no server can know one from an earlier round. */
async function customers(secret: string, count: number): Promise<string[]> {
  const tokens: string[] = [];
  while (tokens.length < count) {
    const size = Math.min(SIGNED_AT_ONCE, count - tokens.length);
    const some = Array.from({ length: size }, () => signAccessToken(secret, { userId: newUserId(), role: 'customer' }));
    tokens.push(...(await Promise.all(some)));
  }
  return tokens;
}

/** Builds all requests before the clock runs, so that sending one is a write and no more. */
export async function prepare(plan: Plan, secret: string): Promise<Requests> {
  if (plan.kind === 'get') return cycle(plan.paths.map(get));
  const tokens = await customers(secret, plan.customers);
  if (plan.kind === 'reserve_and_cancel') return reserveAndCancel(plan.path, tokens);
  return once(tokens.map((token, index) => post(plan.paths[index % plan.paths.length] as string, token, BODY)));
}

function cycle(requests: readonly Buffer[]): Requests {
  let sent = 0;
  const next = () => requests[sent++ % requests.length] as Buffer;
  return { next, answered: () => {}, readsBodies: false };
}

function once(requests: readonly Buffer[]): Requests {
  let sent = 0;
  return { next: () => requests[sent++] ?? null, answered: () => {}, readsBodies: false };
}

function reserveAndCancel(path: string, tokens: readonly string[]): Requests {
  const cancels = new Map<number, Buffer>();
  const current = new Map<number, string>();
  let sent = 0;
  return {
    next(connection) {
      const cancel = cancels.get(connection);
      if (cancel !== undefined) {
        cancels.delete(connection);
        return cancel;
      }
      const token = tokens[sent++];
      if (token === undefined) return null;
      current.set(connection, token);
      return post(path, token, BODY);
    },
    answered(connection, status, body) {
      const id = status === 201 ? /"id":"([^"]+)"/.exec(body)?.[1] : undefined;
      if (id === undefined) return;
      cancels.set(connection, post(`/api/reservations/${id}/cancel`, current.get(connection) ?? '', ''));
    },
    readsBodies: true,
  };
}
