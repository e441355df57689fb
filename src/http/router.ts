import { OpenAPIHono } from '@hono/zod-openapi';
import { DrizzleQueryError } from 'drizzle-orm';
import type { Context, HonoRequest } from 'hono';
import { createMiddleware } from 'hono/factory';
import { HTTPException } from 'hono/http-exception';
import type { ZodError } from 'zod';
import type { Principal } from '../domain/model.ts';
import type { Shareable } from './kept-answers.ts';
import { Problem, type ProblemError, problemResponse, validationProblem } from './problem.ts';

/** What every handler finds in its context. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    /** Set by `authRequired` and `authOptional`; null: anonymous. */
    principal: Principal | null;
    /** The D1 session of this request, once `database` opened it. */
    session?: D1DatabaseSession;
    /** The answer, where others may get it too. */
    shareable?: Shareable;
  };
}

const BODY_BYTES_MAX = 100 * 1024;
/** What a decoder makes of bytes that are no UTF-8: different texts would become the same. */
const UNDECODABLE = '\ufffd';
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/i;

type Issue = ZodError['issues'][number];

function issueCode(issue: Issue): string {
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return 'required';
  if (issue.code === 'custom') return typeof issue.params?.code === 'string' ? issue.params.code : 'invalid';
  return issue.code;
}

function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function toErrors(issue: Issue): ProblemError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointer([...issue.path, key]),
      code: 'unknown_field',
      detail: 'There is no such field.',
    }));
  }
  const code = issueCode(issue);
  const detail = code === 'required' ? 'This field is required.' : issue.message;
  return [{ pointer: pointer(issue.path), code, detail }];
}

/** A schema's complaints as one 422 that names each field. */
function zodProblem(error: ZodError): Problem {
  return validationProblem(error.issues.flatMap(toErrors));
}

/** A router whose failed validations become problems; every slice makes its own. */
export function createRouter(): OpenAPIHono<AppEnv> {
  return new OpenAPIHono<AppEnv>({
    strict: false,
    defaultHook: (result) => {
      if (!result.success) throw zodProblem(result.error as unknown as ZodError);
    },
  });
}

/** Gives every request an id, which every response and every log line about it carries. */
export const requestId = createMiddleware<AppEnv>(async (c, next) => {
  c.set('requestId', crypto.randomUUID());
  await next();
  c.res.headers.set('x-request-id', c.get('requestId'));
});

/**
 * Passes on the bookmark of the request's D1 session, so that the client's next read is at least as fresh. Only with
 * what was read or written, where the document declares it.
 */
export const bookmark = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  const latest = c.res.ok ? c.get('session')?.getBookmark() : null;
  if (latest && !c.res.headers.has('x-d1-bookmark')) c.res.headers.set('x-d1-bookmark', latest);
});

/**
 * Refuses bodies that aren't JSON or are compressed (415), are over 100 KB (413) or no UTF-8 (400) before anything parses
 * them. A body of no bytes is none, whatever type it claims.
 */
export const jsonBody = createMiddleware<AppEnv>(async (c, next) => {
  const { raw } = c.req;
  if (raw.method === 'GET' || raw.method === 'HEAD') return next();
  const length = raw.body === null ? 0 : (statedLength(raw.headers) ?? (await measuredLength(c.req)));
  if (length > BODY_BYTES_MAX) throw tooLarge();
  if (length === 0) c.req.raw = withBody(raw, null);
  else if ((raw.headers.get('content-encoding') ?? 'identity') !== 'identity') {
    throw new Problem('unsupported_media_type', 'Send the body as it is, without a Content-Encoding.');
  } else if (!JSON_TYPE.test(raw.headers.get('content-type') ?? '')) {
    throw new Problem('unsupported_media_type', 'Send the body as application/json.');
  } else if ((await c.req.text().catch(asBrokenOff)).includes(UNDECODABLE)) {
    throw new Problem('malformed_request', 'The body is not valid UTF-8, or has its replacement character, U+FFFD.');
  }
  return next();
});

/** Passes problems on; anything else says that the body ended before it was whole, or came in chunks that are none. */
function asBrokenOff(error: unknown): never {
  throw error instanceof Problem ? error : new Problem('malformed_request', 'The body could not be read to its end.');
}

/** How long a body says that it is; null for one that comes in chunks and may be longer than it says. */
function statedLength(headers: Headers): number | null {
  const length = headers.has('transfer-encoding') ? null : headers.get('content-length');
  return length === null ? null : Number(length);
}

/** Reads a body of unknown length, counting, and leaves it to be read again. */
async function measuredLength(req: HonoRequest): Promise<number> {
  const text = await readBounded(req.raw.body as ReadableStream<Uint8Array>).catch(asBrokenOff);
  req.raw = withBody(req.raw, text);
  return text.length;
}

/** @param body null: none, and so none of any type */
function withBody({ url, method, headers: sent, cf }: Request, body: string | null): Request {
  const headers = new Headers(sent);
  if (body === null) headers.delete('content-type');
  return new Request(url, { method, headers, body, ...(cf && { cf }) });
}

async function readBounded(body: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > BODY_BYTES_MAX) throw tooLarge();
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function tooLarge(): Problem {
  return new Problem('body_too_large', `A body may have ${BODY_BYTES_MAX} bytes.`);
}

function asProblem(error: unknown): Problem | null {
  if (error instanceof Problem) return error;
  if (error instanceof HTTPException && error.status === 400) {
    return new Problem('malformed_request', 'The body is not valid JSON.');
  }
  // zod-openapi's own check of the media type, which is stricter than ours.
  if (error instanceof HTTPException && error.status === 415) {
    return new Problem('unsupported_media_type', 'Send the body as application/json.');
  }
  return null;
}

/** Renders what a handler threw. What isn't a problem is logged and answered as a 500 that reveals nothing. */
export function onError(error: unknown, c: Context<AppEnv>): Response {
  const known = asProblem(error);
  if (known === null) logError(error, c.get('requestId'));
  return problemResponse(known ?? new Problem('internal_error'), sentPath(c.req), c.get('requestId'));
}

/** Tells whoever runs this what went wrong, under the request's id. */
export function logError(error: unknown, requestId: string): void {
  console.error(JSON.stringify({ request_id: requestId, error: describeError(error) }));
}

/** What to log of an error: of a failed query not its parameters, which may be anybody's personal data. */
export function describeError(error: unknown): string {
  if (error instanceof DrizzleQueryError) return `${describeError(error.cause)}\nin: ${error.query}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** No route of this path and method. */
export function onNotFound(c: Context<AppEnv>): Response {
  return problemResponse(new Problem('route_not_found'), sentPath(c.req), c.get('requestId'));
}

/** The path as it was sent: a reference is percent-encoded (RFC 9457, 3.1.5), the router's is not. */
function sentPath({ url }: HonoRequest): string {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  const end = url.indexOf('?', start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}
