import { exports } from 'cloudflare:workers';
import { type Schema, Validator } from '@cfworker/json-schema';

/** As much of an OpenAPI document as the checks look into. */
export interface OpenApi {
  readonly openapi: string;
  readonly tags: readonly { readonly name: string; readonly description?: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, Schema>>>>;
}

export interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly object[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: 'path' | 'query' | 'header';
    readonly required?: boolean;
    readonly example?: unknown;
    readonly schema: Schema & { readonly example?: unknown };
  }[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content; readonly headers?: object }>>;
}

type Content = Readonly<Record<string, { readonly schema?: Schema; readonly example?: unknown }>>;

/** Every operation, named by its method and path. */
export function operationsOf(api: OpenApi): [string, Operation][] {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
}

/** An answer as it came, with its body as text. */
export interface RawReply {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
}

let document: Promise<OpenApi> | undefined;

/** The document that the app gives its clients. */
export function openApi(): Promise<OpenApi> {
  document ??= exports.default.fetch('http://localhost/openapi.json').then((response) => response.json<OpenApi>());
  return document;
}

/**
 * Holds an answer against the document: its path, status, content type, body and error code must all be in there.
 * @throws Error that says what the document lacks or the answer has too much
 */
export function assertContract(api: OpenApi, reply: RawReply): void {
  const breach = breachOf(api, reply);
  if (breach === null) return;
  throw new Error(`${reply.method} ${reply.path} answered ${reply.status}, but ${breach}\nIts body: ${reply.text}`);
}

function breachOf(api: OpenApi, reply: RawReply): string | null {
  const operation = findOperation(api, reply.method, new URL(reply.path, 'http://localhost').pathname);
  if (operation === undefined) {
    const isKnownAsAbsent = reply.status === 404 && JSON.parse(reply.text).code === 'route_not_found';
    return isKnownAsAbsent ? null : 'the OpenAPI document has no such path and method.';
  }
  const response = operation.responses[reply.status];
  if (response === undefined) return `the document has only ${Object.keys(operation.responses).join(', ')}.`;
  const types = Object.keys(response.content ?? {});
  if (types.length === 0 || reply.method === 'HEAD')
    return reply.text === '' ? null : 'the document has no body for it.';
  const type = reply.contentType?.split(';')[0]?.trim() ?? '';
  if (!types.includes(type)) return `as "${type}", where the document has ${types.join(', ')}.`;
  const schema = response.content?.[type]?.schema;
  if (!type.endsWith('json') || schema === undefined) return null;
  const errors = schemaErrors(api, schema, JSON.parse(reply.text));
  return errors.length === 0
    ? null
    : `its body is not as documented:\n${errors.map((error) => `  ${error}`).join('\n')}`;
}

/** The operation of a path; one with fixed parts goes before one with parameters, as in the router. */
export function findOperation(api: OpenApi, method: string, path: string): Operation | undefined {
  const parts = path.replace(/(?<=.)\/$/, '').split('/');
  const matches = Object.keys(api.paths).filter((template) => {
    const wanted = template.split('/');
    return wanted.length === parts.length && wanted.every((part, index) => isParameter(part) || part === parts[index]);
  });
  const parameters = (template: string) => template.split('/').filter(isParameter).length;
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
  const best = matches
    .sort((one, other) => parameters(one) - parameters(other))
    .find((template) => api.paths[template]?.[verb]);
  return best === undefined ? undefined : api.paths[best]?.[verb];
}

function isParameter(part: string): boolean {
  return part.startsWith('{');
}

const validators = new WeakMap<Schema, Validator>();

/** What of the value the schema doesn't allow; members that it doesn't name count as errors. */
export function schemaErrors(api: Pick<OpenApi, 'components'>, schema: Schema, value: unknown): string[] {
  let validator = validators.get(schema);
  if (validator === undefined) {
    const components = Object.fromEntries(
      Object.entries(api.components.schemas ?? {}).map(([name, component]) => [name, close(component, true)]),
    );
    validator = new Validator({ ...close(schema), components: { schemas: components } } as Schema, '2020-12', false);
    validators.set(schema, validator);
  }
  const { errors } = validator.validate(value);
  // An outer error only says that there is an inner one, which follows it.
  return errors
    .filter(
      (error) => !['properties', 'items', '$ref', 'anyOf', 'allOf'].includes(error.keyword) || errors.length === 1,
    )
    .map((error) => `${error.instanceLocation}: ${error.error}`);
}

/**
 * The schema with no room for members that it doesn't name. Parts of a composition stay open, since each knows only its
 * own members; the whole is closed round them.
 */
function close(schema: Schema, isPart = false): Schema {
  if (typeof schema !== 'object') return schema;
  const closed: Schema = { ...schema };
  for (const key of ['allOf', 'anyOf', 'oneOf'] as const) {
    if (schema[key]) closed[key] = schema[key].map((part) => close(part, true));
  }
  if (schema.properties) {
    closed.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, member]) => [name, close(member as Schema)]),
    );
  }
  if (schema.items) closed.items = close(schema.items as Schema);
  if (schema.additionalProperties) closed.additionalProperties = close(schema.additionalProperties as Schema);
  const hasMembers = schema.properties ?? schema.$ref ?? schema.allOf ?? schema.anyOf ?? schema.oneOf;
  if (!isPart && hasMembers !== undefined && schema.additionalProperties === undefined) {
    closed.unevaluatedProperties = false;
  }
  return closed;
}
