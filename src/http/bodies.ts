import { z } from '@hono/zod-openapi';

/** What a route takes: JSON that has to be sent. */
export function requiredBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } } as const;
}

/** What a route takes: JSON that need not be sent. */
export function optionalBody<Schema extends z.ZodType>(schema: Schema) {
  return { ...requiredBody(schema), required: false } as const;
}

/** What a command takes that has nothing to say: no body or an empty object, so that nobody believes to be heard. */
export const noBody = optionalBody(z.strictObject({}).openapi({ example: {} }));
