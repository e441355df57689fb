import { z } from '@hono/zod-openapi';
import type { RejectionCode } from '../domain/outcomes.ts';

interface ProblemKind {
  readonly status: 400 | 401 | 403 | 404 | 409 | 412 | 413 | 415 | 422 | 429 | 500 | 503;
  readonly title: string;
}

/** What the domain refuses, over HTTP. A new rejection code doesn't compile until it stands here. */
const REJECTIONS = {
  event_not_found: { status: 404, title: 'No such event' },
  reservation_not_found: { status: 404, title: 'No such reservation' },
  not_organizer: { status: 403, title: 'Only the organizer of the event may do this' },
  not_holder: { status: 403, title: 'Only who holds the reservation, or runs its event, may do this' },
  organizer_required: { status: 403, title: 'Only organizers may do this' },
  event_not_published: { status: 409, title: 'The event is not published' },
  event_cancelled: { status: 409, title: 'The event is cancelled' },
  event_started: { status: 409, title: 'The event has already started' },
  event_has_reservations: { status: 409, title: 'The event still has reservations' },
  reservations_not_open: { status: 409, title: 'Reservations are not open yet' },
  reservations_closed: { status: 409, title: 'Reservations are closed' },
  hold_expired: { status: 409, title: 'The hold has expired' },
  reservation_cancelled: { status: 409, title: 'The reservation is cancelled' },
  reservation_not_pending: { status: 409, title: 'The reservation is not pending' },
  reservation_not_confirmed: { status: 409, title: 'The reservation is not confirmed' },
  hold_not_extendable: { status: 409, title: 'The hold cannot be extended any further' },
  transfer_not_offered: { status: 403, title: 'The reservation is not offered to you' },
  transfer_to_self: { status: 409, title: 'The reservation is offered to its holder, or to who offers it' },
  ticket_unknown: { status: 404, title: 'No such ticket' },
  already_checked_in: { status: 409, title: 'The party has already arrived' },
  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key was used for another request' },
  cancellation_closed: { status: 409, title: 'It is too late to cancel' },
  version_mismatch: { status: 412, title: 'It was changed meanwhile' },
  busy: { status: 503, title: 'The event is still being settled' },
  sold_out: { status: 409, title: 'Not enough seats are left' },
  already_reserved: { status: 409, title: 'The holder already has a reservation' },
  capacity_below_reserved: { status: 409, title: 'The capacity is below the seats already taken' },
  validation_failed: { status: 422, title: 'The input is not valid' },
} as const satisfies Record<RejectionCode, ProblemKind>;

/** Every error code that the API answers, with its status and title: the closed list of the OpenAPI document. */
export const PROBLEMS = {
  ...REJECTIONS,
  malformed_request: { status: 400, title: 'The request cannot be parsed' },
  unauthorized: { status: 401, title: 'A valid access token is required' },
  invalid_credentials: { status: 401, title: 'The credentials are not valid' },
  invalid_refresh_token: { status: 401, title: 'The refresh token is not valid' },
  wrong_password: { status: 403, title: 'The current password is not right' },
  admin_required: { status: 403, title: 'Only admins may do this' },
  route_not_found: { status: 404, title: 'No such path or method' },
  user_not_found: { status: 404, title: 'No such user' },
  ticket_of_other_event: { status: 409, title: 'The ticket is for another event' },
  username_taken: { status: 409, title: 'The username is taken' },
  account_has_events: { status: 409, title: 'The account still has upcoming events' },
  email_taken: { status: 409, title: 'The e-mail address is taken' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON' },
  rate_limited: { status: 429, title: 'Too many requests' },
  account_disabled: { status: 403, title: 'The account is disabled' },
  not_venue_owner: { status: 403, title: 'Only the owner of the venue may do this' },
  not_registrant: { status: 403, title: 'Only who registered the attendee may do this' },
  country_not_found: { status: 404, title: 'No such country' },
  venue_not_found: { status: 404, title: 'No such venue' },
  attendee_not_found: { status: 404, title: 'No such attendee' },
  last_admin: { status: 409, title: 'It is the last admin' },
  venue_has_events: { status: 409, title: 'The venue still has upcoming events' },
  capacity_below_events: { status: 409, title: 'The capacity is below that of an upcoming event' },
  attendee_has_reservations: { status: 409, title: 'The attendee still has reservations' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  overloaded: { status: 503, title: 'Too busy right now' },
  database_unavailable: { status: 503, title: 'The database does not answer' },
} as const satisfies Record<string, ProblemKind>;

/** Fields that a problem tells what is wrong with. */
const ERRORS_MAX = 100;
const NAMED_MAX = 10;

export type ProblemCode = keyof typeof PROBLEMS;

/** One field that is wrong. `pointer` is an RFC 6901 JSON pointer into the body, or `/name` for a parameter. */
export interface ProblemError {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

/** Members that a problem carries beyond those of RFC 9457, per code. */
export interface ProblemExtras {
  readonly errors?: readonly ProblemError[];
  readonly reservation_id?: string;
  readonly available_slots?: number;
  readonly minimum?: number;
  readonly checked_in_at?: string;
}

/** A refusal on its way to the client; thrown by routes and middleware, rendered by the app's error handler. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly extras: ProblemExtras;
  /** Response headers, such as Retry-After. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail?: string, extras: ProblemExtras = {}, headers: Record<string, string> = {}) {
    // An answer, not a fault: nobody reads its stack, and to walk it is what a refusal would cost most.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(detail ?? `${PROBLEMS[code].title}.`);
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.extras = extras;
    this.headers = headers;
  }
}

/** A 422 that names the fields: a hundred at most, ten in its detail. A body has room for thousands that are unknown. */
export function validationProblem(errors: readonly ProblemError[]): Problem {
  const named = [...new Set(errors.map(({ pointer }) => pointer || 'the body'))];
  const more = named.length > NAMED_MAX ? ` and ${named.length - NAMED_MAX} more` : '';
  const detail = `Not valid: ${named.slice(0, NAMED_MAX).join(', ')}${more}.`;
  return new Problem('validation_failed', detail, { errors: errors.slice(0, ERRORS_MAX) });
}

/**
 * Renders a problem as RFC 9457 `application/problem+json`.
 * @param instance path of the request that failed
 */
export function problemResponse(problem: Problem, instance: string, requestId: string): Response {
  const { status } = PROBLEMS[problem.code];
  const body = problemBody(problem, instance, requestId);
  const headers = { ...problem.headers, 'content-type': 'application/problem+json', 'cache-control': 'no-store' };
  return new Response(JSON.stringify(body), { status, headers });
}

function problemBody(problem: Problem, instance: string, requestId: string) {
  const { status, title } = PROBLEMS[problem.code];
  return {
    type: `urn:seatkeeper:problem:${problem.code}`,
    title,
    status,
    detail: problem.message,
    instance,
    code: problem.code,
    request_id: requestId,
    ...problem.extras,
  };
}

/** Examples of what says more than its title; any other says that. */
const EXAMPLES: Partial<Record<ProblemCode, Problem>> = {
  validation_failed: validationProblem([
    { pointer: '/colour', code: 'unknown_field', detail: 'There is no such field.' },
  ]),
  capacity_below_events: new Problem('capacity_below_events', 'An upcoming event needs 120.', { minimum: 120 }),
};

/** An example of a problem; the document adds the path of each operation. */
function problemExample(code: ProblemCode) {
  return problemBody(EXAMPLES[code] ?? new Problem(code), '', '0f6ad7c4-6a3c-4a52-9d5c-3a0d6a1c7f1e');
}

const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/** Any error. What an operation answers differs from it in nothing but its codes. */
const anyProblem = z
  .object({
    type: z.string().openapi({ description: 'A URN that names the kind of problem.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().openapi({ description: 'Path of the request.' }),
    code: z.enum(CODES),
    request_id: z.string().openapi({ description: 'The `X-Request-Id` of the answer.' }),
    errors: z
      .array(z.object({ pointer: z.string(), code: z.string(), detail: z.string() }))
      .max(ERRORS_MAX)
      .optional()
      .openapi({ description: 'With validation_failed: what is wrong, by field or parameter; the first hundred.' }),
    reservation_id: z.string().optional().openapi({ description: 'With already_reserved: the existing reservation.' }),
    available_slots: z
      .int()
      .optional()
      .openapi({ description: 'With sold_out: the seats that could be had; not those kept for who waits.' }),
    checked_in_at: z.iso.datetime().optional().openapi({ description: 'With already_checked_in: since when.' }),
    minimum: z.int().optional().openapi({ description: 'With capacity_below_…: the least capacity possible.' }),
  })
  .openapi('Problem');

/** Codes that any route with a JSON body may answer. */
export const BODY_PROBLEMS = [
  'malformed_request',
  'body_too_large',
  'unsupported_media_type',
  'validation_failed',
] as const;

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds after which to try again.', schema: { type: 'integer' } },
};
const WWW_AUTHENTICATE = { 'WWW-Authenticate': { description: '`Bearer` (RFC 6750).', schema: { type: 'string' } } };

/** Response headers that always come with a code. */
const HEADERS_OF: Partial<Record<ProblemCode, object>> = {
  unauthorized: WWW_AUTHENTICATE,
  invalid_credentials: WWW_AUTHENTICATE,
  invalid_refresh_token: WWW_AUTHENTICATE,
  rate_limited: RETRY_AFTER,
  busy: RETRY_AFTER,
  overloaded: RETRY_AFTER,
  database_unavailable: RETRY_AFTER,
};

function headersOf(codes: readonly ProblemCode[]): { readonly headers?: object } {
  const all = codes.flatMap((code) => HEADERS_OF[code] ?? []);
  return all.length === 0 ? {} : { headers: Object.assign({}, ...all) };
}

/**
 * The OpenAPI responses for these codes, grouped by status; `internal_error` is added to all.
 * Typed as empty, because handlers throw problems and never return them.
 */
// biome-ignore lint/complexity/noBannedTypes: the empty type is the point, see above
export function problems(...codes: readonly ProblemCode[]): {} {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of [...new Set<ProblemCode>([...codes, 'internal_error'])]) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\``).join(', '),
        ...headersOf(codes),
        content: {
          'application/problem+json': {
            schema: anyProblem.extend({ code: z.enum(codes) }),
            example: problemExample(codes[0] as ProblemCode),
          },
        },
      },
    ]),
  );
}
