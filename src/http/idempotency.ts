import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Command } from '../domain/commands.ts';
import type { UserId } from '../domain/model.ts';
import { Problem, type ProblemCode, validationProblem } from './problem.ts';

/** A string of RFC 9651 (3.3.3), as the draft has it; clients that leave the quotes out are understood too. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"$/;
const BARE = /^[\x21\x23-\x7e][\x20-\x7e]{0,254}$/;

/** The client's own name for a request, within its scope, and what it was used for. */
export type IdempotencyKey = NonNullable<Command['idempotency']>;

/** Request header of what creates something. It is read by `idempotencyKeyOf`, whose complaints name it as it is. */
export const IDEMPOTENCY_INPUT = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .openapi({
      description:
        'A name for this request, unique among yours, 1 to 255 printable ASCII characters, such as a UUID. For 24 hours ' +
        'a repeat with the same body has no further effect and gets the first answer again; a refusal is not kept.',
      pattern: `${QUOTED.source}|${BARE.source}`,
      example: '8e03978e-40d5-43dd-bc93-6894a57f9324',
    }),
});

/** Response header of the same. */
export const REPLAYED_HEADER = {
  'Idempotency-Replayed': {
    description: '`true` if this is the answer to an earlier request with the same Idempotency-Key.',
    schema: { type: 'string' as const, enum: ['true'] },
  },
};

/**
 * The answer of `once` (src/db/idempotency.ts), and the header that goes with it.
 * @throws Problem for a refusal
 */
export function answerOnce<T>(
  c: Pick<Context, 'header'>,
  made: ProblemCode | { readonly answer: T; readonly replayed: boolean },
): T {
  if (typeof made === 'string') throw new Problem(made);
  if (made.replayed) sendReplayed(c);
  return made.answer;
}

/** Tells the client that it got an earlier answer again. */
export function sendReplayed(c: Pick<Context, 'header'>): void {
  c.header('idempotency-replayed', 'true');
}

/**
 * The request's Idempotency-Key (draft-ietf-httpapi-idempotency-key-header), which counts for one caller and one
 * operation, with the fingerprint of what is asked; undefined if the client sent none.
 * @param caller who may get the answer again; of the anonymous, those of one network where nothing else tells them apart
 * @param body as it was validated, so that two ways of writing the same are the same
 * @throws Problem `validation_failed` naming `/Idempotency-Key`
 */
export function idempotencyKeyOf(
  c: { readonly req: { header(name: string): string | undefined } },
  operation: string,
  caller: UserId | 'anonymous' | `anonymous ${string}`,
  body: unknown,
): IdempotencyKey | undefined {
  const sent = c.req.header('idempotency-key');
  if (sent === undefined) return undefined;
  const name = QUOTED.exec(sent)?.[1]?.replace(/\\(["\\])/g, '$1') ?? BARE.exec(sent)?.[0];
  if (name === undefined) {
    const detail = 'Send 1 to 255 printable ASCII characters.';
    throw validationProblem([{ pointer: '/Idempotency-Key', code: 'invalid_format', detail }]);
  }
  const fingerprint = createHash('sha256').update(canonicalJson(body)).digest('base64url');
  return { key: `${operation} ${caller} ${name}`, fingerprint };
}

/** JSON with the members of every object in one order. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
