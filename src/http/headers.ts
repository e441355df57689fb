import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { EventId } from '../domain/model.ts';
import { authRequired } from './auth.ts';
import { AT_PRIMARY } from './database.ts';
import { forgetPublicAnswers } from './public-cache.ts';
import type { AppEnv } from './router.ts';

const text = (description: string) => ({ description, schema: { type: 'string' as const } });

/** Response header, as the OpenAPI document describes it: of single resources. */
export const ETAG_HEADER = { ETag: text('Version of the answer, for `If-Match` and `If-None-Match`.') };
/** Response header of what creates something. */
export const LOCATION_HEADER = { Location: text('Path of what was created.') };
/** Response header of what reads from D1. */
export const BOOKMARK_HEADER = {
  'X-D1-Bookmark': text('Send it back as `X-D1-Bookmark`, and lists read at least as fresh as this answer.'),
};
/** Response headers of every command on an event or a reservation. */
export const COMMAND_HEADERS = {
  ...BOOKMARK_HEADER,
  'X-Read-Model': {
    description: 'Whether lists show the change already (`current`) or will within moments (`pending`).',
    schema: { type: 'string' as const, enum: ['current', 'pending'] },
  },
};

/** The answer to a client whose `If-None-Match` names what it would get. */
export const NOT_MODIFIED = { description: 'The client has it already.', headers: ETAG_HEADER };

/** The request header of a client that has an answer already: its ETag, of the kind that the example shows. */
export function ifNoneMatch(example = '"1"') {
  const description = 'Answer 304, without a body, if the answer would still have this ETag.';
  return { 'if-none-match': z.string().optional().openapi({ description, example }) };
}

/** The request header of lists that reads a client's own writes. */
export const BOOKMARK_INPUT = z.object({
  'x-d1-bookmark': z.string().optional().openapi({
    description: 'Read at least as fresh as the answer that gave it.',
    example: '00000085-0000024c-00004c6d-8e61117bf38d7adb71b934ebbf891683',
  }),
});

/**
 * Tells how far the read model is with a command's facts about an event. What anonymous readers were shown of it before
 * is told no more, if D1 knows better by now.
 */
export function sendReadModel(
  c: Pick<Context, 'header'>,
  eventId: EventId,
  answer: { readonly readModel: 'current' | 'pending'; readonly bookmark: string | null },
): void {
  if (answer.readModel === 'current') forgetPublicAnswers(eventId);
  c.header('x-read-model', answer.readModel);
  // An actor that woke since its last write to D1 has no bookmark; what reads at the primary is as fresh as any.
  c.header('x-d1-bookmark', answer.bookmark ?? AT_PRIMARY);
}

/** Keeps tokens, personal data (RFC 6749, 5.1) and what is true for a moment only out of every cache. */
export const noStore = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  c.res.headers.set('cache-control', 'no-store');
});

/** For reads of what only some may see: signed-in callers, and nothing kept by a browser that others may use too. */
export const personal: [typeof authRequired, typeof noStore] = [authRequired, noStore];
