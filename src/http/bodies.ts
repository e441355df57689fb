import type { z } from '@hono/zod-openapi';

/** What a route takes: JSON that has to be sent. */
export function requiredBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } } as const;
}

/** What a route takes: JSON that need not be sent. */
export function optionalBody<Schema extends z.ZodType>(schema: Schema) {
  return { ...requiredBody(schema), required: false } as const;
}
