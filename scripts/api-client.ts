import { Agent, type ClientRequest, type IncomingHttpHeaders, request as overHttp } from 'node:http';
import { request as overHttps, Agent as TlsAgent } from 'node:https';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

const ANSWER_TIMEOUT_MS = 30_000;
const RETRY_AFTER_MAX_MS = 70_000;
const BACKOFF_MAX_MS = 5_000;

export type Method = 'GET' | 'POST' | 'PATCH';

/** What the server said. `body` is the parsed JSON, or the text where it isn't JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  /** From sending to the last byte, in milliseconds. */
  readonly tookMs: number;
}

export interface Question {
  /** Access token. */
  readonly token?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** No answer came. Unless `neverSent`, the server may have done what was asked. */
export class Unanswered extends Error {
  readonly neverSent: boolean;

  constructor(reason: string, neverSent: boolean) {
    super(reason);
    this.neverSent = neverSent;
  }
}

/** Speaks to one server over a fixed number of kept-alive connections. */
export interface ApiClient {
  readonly url: string;
  /** @throws Unanswered when the connection fails or nothing comes for 30 s */
  send(method: Method, path: string, question?: Question): Promise<Answer>;
  /** Closes the idle connections. */
  close(): void;
}

/** A client for the server at `url`; requests beyond `connections` at once wait their turn. */
export function apiClient(url: string, connections: number): ApiClient {
  const base = url.replace(/\/+$/, '');
  const secure = base.startsWith('https:');
  const agent = new (secure ? TlsAgent : Agent)({ keepAlive: true, maxSockets: connections });
  const open = secure ? overHttps : overHttp;
  return {
    url: base,
    send(method, path, question = {}) {
      const body = question.body === undefined ? null : JSON.stringify(question.body);
      const headers = {
        ...(question.token !== undefined && { authorization: `Bearer ${question.token}` }),
        ...(body !== null && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      };
      return exchange(open(`${base}${path}`, { method, agent, headers, timeout: ANSWER_TIMEOUT_MS }), body);
    },
    close: () => agent.destroy(),
  };
}

function exchange(request: ClientRequest, body: string | null): Promise<Answer> {
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    let connected = false;
    const fail = (error: Error) => reject(new Unanswered(reasonOf(error), !connected));
    request.on('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => (connected = true));
      else connected = true;
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', fail);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => {
        const { statusCode = 0, headers } = response;
        const text = Buffer.concat(chunks).toString();
        const tookMs = performance.now() - startMs;
        resolve({ status: statusCode, headers, body: parseBody(text, headers['content-type']), tookMs });
      });
    });
    request.end(body);
  });
}

function reasonOf(error: Error & { code?: unknown }): string {
  // A failure on every address of a name has a code only.
  return error.message || String(error.code ?? error.name);
}

function parseBody(text: string, contentType = ''): unknown {
  if (!contentType.includes('json')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A problem's code and its detail, or the status where the answer is no problem: for messages to people. */
export function explain(answer: Answer): string {
  const { code, detail, errors } = problemOf(answer);
  if (code === undefined) return `HTTP ${answer.status}`;
  const fields = (errors ?? []).map((error) => `${error.pointer} ${error.detail}`).join('; ');
  return `${code}: ${fields || detail}`;
}

interface ProblemBody {
  readonly code?: string;
  readonly detail?: string;
  readonly reservation_id?: string;
  readonly available_slots?: number;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** The members of a problem; all absent where the answer is none. */
export function problemOf(answer: Answer): ProblemBody {
  const isProblem = answer.headers['content-type']?.startsWith('application/problem+json') ?? false;
  return isProblem && typeof answer.body === 'object' && answer.body !== null ? answer.body : {};
}

/** How long the server wants to be left alone after a 429 or 503, or a growing pause of our own. */
export function pauseMs(answer: Answer | null, attempt: number): number {
  const asked = Number(answer?.headers['retry-after']);
  if (asked > 0) return Math.min(asked * 1_000, RETRY_AFTER_MAX_MS);
  return Math.min(100 * 2 ** attempt, BACKOFF_MAX_MS) * (0.5 + Math.random() / 2);
}

/**
 * Sends a request that is safe to repeat until an answer other than 429, 5xx or silence comes, or patience ends.
 * @throws Unanswered when the server stays silent
 */
export async function persist(send: () => Promise<Answer>, patienceMs = 60_000): Promise<Answer> {
  const deadlineMs = performance.now() + patienceMs;
  for (let attempt = 0; ; attempt++) {
    let answer: Answer | null = null;
    try {
      answer = await send();
      if (answer.status !== 429 && answer.status < 500) return answer;
    } catch (error) {
      if (!(error instanceof Unanswered) || performance.now() > deadlineMs) throw error;
    }
    if (answer !== null && performance.now() > deadlineMs) return answer;
    await sleep(pauseMs(answer, attempt));
  }
}

/** Whether anything speaks HTTP at the address. */
export async function answers(client: ApiClient): Promise<boolean> {
  try {
    await client.send('GET', '/healthz');
    return true;
  } catch (error) {
    if (error instanceof Unanswered) return false;
    throw error;
  }
}

/** Waits until the server answers again; false if it doesn't in time. */
export async function awaitServer(client: ApiClient, patienceMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + patienceMs;
  while (performance.now() < deadlineMs) {
    if (await answers(client)) return true;
    await sleep(200);
  }
  return false;
}
