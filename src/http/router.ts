import { OpenAPIHono } from '@hono/zod-openapi';
import { DrizzleQueryError } from 'drizzle-orm';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { HTTPException } from 'hono/http-exception';
import type { ZodError } from 'zod';
import type { Principal } from '../domain/model.ts';
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
  };
}

const BODY_BYTES_MAX = 100 * 1024;

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
  return [{ pointer: pointer(issue.path), code: issueCode(issue), detail: issue.message }];
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

/** Passes on the bookmark of the request's D1 session, so that the client's next read is at least as fresh. */
export const bookmark = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  const latest = c.get('session')?.getBookmark();
  if (latest && !c.res.headers.has('x-d1-bookmark')) c.res.headers.set('x-d1-bookmark', latest);
});

/**
 * Refuses bodies that aren't JSON (415) or are over 100 KB (413) before anything parses them. The length is counted
 * while reading, since Content-Length may be absent or wrong. A body of no bytes is none, whatever type it claims.
 */
export const jsonBody = createMiddleware<AppEnv>(async (c, next) => {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return next();
  const { body } = c.req.raw;
  const bytes = body === null ? new Uint8Array() : await readBounded(body);
  const headers = new Headers(c.req.raw.headers);
  if (bytes.byteLength === 0) headers.delete('content-type');
  else if (!/^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/i.test(headers.get('content-type') ?? '')) {
    throw new Problem('unsupported_media_type', 'Send the body as application/json.');
  }
  const sent = bytes.byteLength === 0 ? null : bytes;
  const { cf } = c.req.raw;
  c.req.raw = new Request(c.req.raw.url, { method: c.req.method, headers, body: sent, ...(cf && { cf }) });
  return next();
});

async function readBounded(body: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > BODY_BYTES_MAX) throw new Problem('body_too_large', `A body may have ${BODY_BYTES_MAX} bytes.`);
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
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
  if (known === null) logError(error, c);
  return problemResponse(known ?? new Problem('internal_error'), c.req.path, c.get('requestId'));
}

/** Tells whoever runs this what went wrong, under the request's id. */
export function logError(error: unknown, c: Context<AppEnv>): void {
  console.error(JSON.stringify({ request_id: c.get('requestId'), error: describe(error) }));
}

/** A failed query without its parameters, which may be anybody's personal data. */
function describe(error: unknown): string {
  if (error instanceof DrizzleQueryError) return `${describe(error.cause)}\nin: ${error.query}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** No route of this path and method. */
export function onNotFound(c: Context<AppEnv>): Response {
  return problemResponse(new Problem('route_not_found'), c.req.path, c.get('requestId'));
}
