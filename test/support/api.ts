import { env, exports } from 'cloudflare:workers';
import type { Principal, Role } from '../../src/domain/model.ts';
import { signAccessToken } from '../../src/http/auth.ts';
import { newUserId } from '../../src/http/ids.ts';
import { assertContract, findOperation, openApi } from './contract.ts';

export interface Call {
  readonly token?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string;
  /** Sent as they are, without any Content-Type. */
  readonly bytes?: ArrayBuffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

/** One request through the whole Worker, as a client would send it; its answer must be as the OpenAPI document says. */
export async function request(method: string, path: string, call: Call = {}): Promise<Reply> {
  const headers = new Headers(call.headers);
  const body = call.bytes ?? call.raw ?? (call.body === undefined ? null : JSON.stringify(call.body));
  if (typeof body === 'string' && !headers.has('content-type')) headers.set('content-type', 'application/json');
  if (call.token !== undefined) headers.set('authorization', `Bearer ${call.token}`);
  const response = await exports.default.fetch(`http://localhost${path}`, { method, headers, body });
  const text = await response.text();
  const contentType = response.headers.get('content-type');
  assertContract(await openApi(), { method, path, status: response.status, contentType, text });
  await assertBookmark(method, path, response, text);
  const isJson = text !== '' && (contentType?.includes('json') ?? false);
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** What says that it answers a bookmark does so; but an answer of nothing may have needed nothing of D1. */
async function assertBookmark(
  method: string,
  path: string,
  { status, headers }: Response,
  text: string,
): Promise<void> {
  if (status === 204 || text.startsWith('{"items":[]')) return;
  const { pathname } = new URL(path, 'http://localhost');
  const documented = findOperation(await openApi(), method, pathname)?.responses[status]?.headers ?? {};
  if (!('X-D1-Bookmark' in documented)) return;
  if (!headers.has('x-d1-bookmark')) throw new Error(`${method} ${path} answered no X-D1-Bookmark.`);
}

/** Somebody with a valid access token; no account stands behind it, which only `/me` and log-in would notice. */
export async function somebody(role: Role = 'customer'): Promise<Principal & { token: string }> {
  const principal: Principal = { userId: newUserId(), role };
  return { ...principal, token: await signAccessToken(env.JWT_SECRET, principal) };
}
