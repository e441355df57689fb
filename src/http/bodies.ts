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

/** Some members of an example; what they leave out is as in the rest of it. */
export type PartOf<Example> = Example extends readonly (infer Item)[]
  ? readonly PartOf<Item>[]
  : Example extends object
    ? { readonly [Name in keyof Example]?: PartOf<Example[Name]> }
    : Example;

/**
 * What a route answers: JSON.
 * @param example what of the schema's example is otherwise once the route did what the example of its request asks for
 */
export function json<Schema extends z.ZodType>(schema: Schema, example?: PartOf<z.output<Schema>>) {
  return { 'application/json': { schema, example } } as const;
}
