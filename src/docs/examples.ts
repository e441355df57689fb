/** As much of a JSON Schema (draft 2020-12, as OpenAPI 3.1 has it) as samples are made of. */
interface Schema {
  readonly $ref?: string;
  readonly example?: unknown;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

interface Media {
  readonly schema?: Schema;
  example?: unknown;
}

/** The part of an OpenAPI document in which bodies are described. */
interface Described {
  readonly paths?: object;
  readonly components?: { readonly schemas?: unknown };
}

/**
 * Gives every JSON body of the document an example, put together from those of its fields, unless it has one: readers
 * and tools then show the same everywhere. A body with a field that says nothing of itself gets none.
 */
export function addExamples(document: Described): void {
  const schemas = (document.components?.schemas ?? {}) as Readonly<Record<string, Schema>>;
  for (const media of bodiesOf(document.paths)) {
    const sample = media.example === undefined && media.schema ? sampleOf(media.schema, schemas) : undefined;
    if (sample !== undefined) media.example = sample;
  }
}

/** Every `application/json` below this part of the document. */
function* bodiesOf(part: unknown): Generator<Media> {
  if (typeof part !== 'object' || part === null) return;
  for (const [name, member] of Object.entries(part)) {
    if (name === 'application/json') yield member;
    else yield* bodiesOf(member);
  }
}

/** A value that the schema describes, or undefined. */
function sampleOf(schema: Schema, schemas: Readonly<Record<string, Schema>>): unknown {
  if ('example' in schema) return schema.example;
  const said = schema.const ?? schema.default ?? schema.enum?.[0];
  if (said !== undefined) return said;
  const referred = schemas[schema.$ref?.split('/').at(-1) ?? ''];
  if (referred !== undefined) return sampleOf(referred, schemas);
  if (schema.allOf !== undefined) return allTogether(schema, schemas);
  const [first] = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  if (first !== undefined) return sampleOf(first, schemas);
  if (schema.properties !== undefined) return membersOf(schema, schemas);
  if (schema.items !== undefined) {
    const item = sampleOf(schema.items, schemas);
    return item === undefined ? [] : [item];
  }
  return withoutExample([schema.type].flat());
}

/** Text needs an example to say anything; a field that may be null, and a flag, don't. */
function withoutExample(types: readonly (string | undefined)[]): null | false | undefined {
  if (types.includes('null')) return null;
  return types.includes('boolean') ? false : undefined;
}

function membersOf(schema: Schema, schemas: Readonly<Record<string, Schema>>): unknown {
  const samples = Object.entries(schema.properties ?? {}).map(([name, member]) => [name, sampleOf(member, schemas)]);
  const isWhole = samples.every(([name, sample]) => sample !== undefined || !schema.required?.includes(String(name)));
  return isWhole ? Object.fromEntries(samples.filter(([, sample]) => sample !== undefined)) : undefined;
}

function allTogether({ allOf = [], ...rest }: Schema, schemas: Readonly<Record<string, Schema>>): unknown {
  const samples = [...allOf, rest].map((part) => sampleOf(part, schemas)).filter((sample) => sample !== undefined);
  return samples.every((sample) => typeof sample === 'object') ? Object.assign({}, ...samples) : samples[0];
}
