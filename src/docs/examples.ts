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

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly schema: Schema }[];
}

/** The part of an OpenAPI document in which bodies are described. */
interface Described {
  readonly paths?: object;
  readonly components?: { readonly schemas?: unknown };
}

/**
 * Gives every JSON body of the document an example, put together from those of its fields: readers and tools then show
 * the same everywhere. What the body has of an example already goes before that. A body with a field that says nothing
 * of itself has only the latter. Problems are told of the path that was asked.
 */
export function addExamples(document: Described): void {
  const schemas = (document.components?.schemas ?? {}) as Readonly<Record<string, Schema>>;
  for (const media of bodiesOf(document.paths, 'application/json')) {
    const example = replaced(media.schema && sampleOf(media.schema, schemas), media.example);
    if (example !== undefined) media.example = example;
  }
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const operation of Object.values<Operation>(item)) {
      const instance = path.replaceAll(/\{(\w+)\}/g, (_, name) => exampleOf(operation, name));
      for (const media of bodiesOf(operation, 'application/problem+json')) {
        media.example = replaced(media.example, { instance });
      }
    }
  }
}

/** Every body of this type below this part of the document. */
function* bodiesOf(part: unknown, type: string): Generator<Media> {
  if (!isObject(part)) return;
  for (const [name, member] of Object.entries(part)) {
    if (name === type) yield member as Media;
    else yield* bodiesOf(member, type);
  }
}

/** The example of a parameter in the path of an operation. */
function exampleOf({ parameters = [] }: Operation, name: string): string {
  return String(parameters.find((parameter) => parameter.name === name)?.schema.example);
}

/** A sample with some of its members replaced; a list is replaced by others of its first item, likewise. */
function replaced(sample: unknown, members: unknown): unknown {
  if (members === undefined) return sample;
  if (Array.isArray(sample) && Array.isArray(members)) return members.map((member) => replaced(sample[0], member));
  if (!isObject(sample) || !isObject(members)) return members;
  const changes = Object.entries(members).map(([name, member]) => [name, replaced(sample[name], member)]);
  return { ...sample, ...Object.fromEntries(changes) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
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
