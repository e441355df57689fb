import type { Schema } from '@cfworker/json-schema';
import { expect, it } from 'vitest';
import { EXAMPLE_IDS } from '../../../src/http/fields.ts';
import { idempotencyKeyOf } from '../../../src/http/idempotency.ts';
import { PROBLEMS } from '../../../src/http/problem.ts';
import { address, newcomer } from '../../support/accounts.ts';
import { request } from '../../support/api.ts';
import { openApi, operationsOf, schemaErrors } from '../../support/contract.ts';
import { callOf } from '../../support/routes.ts';
import { venueBody } from '../../support/venues.ts';

const api = await openApi();
const operations = operationsOf(api);

it('is the contract that was reviewed (if it is meant to change: vitest run --update, and read the difference)', async () => {
  await expect(`${JSON.stringify(api, null, 2)}\n`).toMatchFileSnapshot('openapi.snapshot.json');
});

it('is OpenAPI 3.1', () => {
  expect(api.openapi).toBe('3.1.0');
});

it.each(operations)('%s says what it is', (_, operation) => {
  expect(operation.operationId).toMatch(/^[a-z][A-Za-z0-9]+$/);
  expect(operation.summary).toMatch(/^[A-Z].*[^.]$/);
  expect(operation.description).toMatch(/\.$/);
  expect(operation.tags).toHaveLength(1);
  expect(operation.security, 'say security: [] for a public operation').toBeDefined();
});

it.each(operations)('%s has a valid example of each body that it takes or answers', (_, operation) => {
  for (const { content } of [operation.requestBody ?? {}, ...Object.values(operation.responses)]) {
    for (const [type, { schema, example }] of Object.entries(content ?? {})) {
      if (!type.endsWith('json')) continue;
      expect(example, `no example of ${type}`).toBeDefined();
      expect(schemaErrors(api, schema ?? {}, example)).toEqual([]);
    }
  }
});

it.each(operations)('%s has an example, a default or all values of each parameter', (_, operation) => {
  for (const { name, example, schema } of operation.parameters ?? []) {
    const shown = example ?? schema.example ?? schema.default ?? schema.enum;
    if (schema.type !== 'boolean') expect(shown, `${name} has none`).toBeDefined();
  }
});

it.each(operations)('%s says what each parameter is for', (_, { parameters = [] }) => {
  const unsaid = parameters.filter(({ schema }) => !schema.description);
  // What an id in a path is of, the path says.
  expect(unsaid.filter((parameter) => parameter.in !== 'path').map(({ name }) => name)).toEqual([]);
});

it.each(operations)('%s tells which headers come with a refusal', (_, { responses }) => {
  for (const [status, { headers = {} }] of Object.entries(responses)) {
    const mayRetry = ['429', '503'].includes(status);
    if (Number(status) < 400) continue;
    expect('Retry-After' in headers, status).toBe(mayRetry);
    expect('WWW-Authenticate' in headers, status).toBe(status === '401');
  }
});

it.each([
  ['POST /api/venues', { ...venueBody(), facilities: [''] }],
  ['POST /api/auth/logout', {}],
  ['POST /api/reservations/{id}/transfer', {}],
  ['POST /api/reservations/{id}/transfer', { username: 'charles', user_id: EXAMPLE_IDS.friend }],
  ['POST /api/auth/signup', newcomer({ username: '.ada' })],
  ['POST /api/auth/signup', newcomer({ username: 'ada lovelace' })],
  ['POST /api/auth/signup', newcomer({ username: 'ada!' })],
])('lets nobody believe that %s takes %j', async (route, body) => {
  const { method, path, call } = await callOf(route, 'owner');
  expect(await request(method, path, { ...call, body })).toMatchObject({ status: 422 });
  const schema = Object.fromEntries(operations)[route]?.requestBody?.content['application/json']?.schema;
  expect(schemaErrors(api, schema ?? {}, body)).not.toEqual([]);
});

it.each(['ada', 'Åsa-1', '李.雷', 'क्षि_', '２b'])('lets everybody believe that one may be called %s', async (name) => {
  const body = newcomer({ username: `${name}${crypto.randomUUID().slice(0, 8)}` });
  expect(schemaErrors(api, api.components.schemas?.SignUp ?? {}, body)).toEqual([]);
  expect((await request('POST', '/api/auth/signup', { body, headers: address() })).status).toBe(201);
});

it.each([
  ['', false],
  [' ', false],
  ['"', false],
  ['""', false],
  ['a"', true],
  ['x'.repeat(255), true],
  ['x'.repeat(256), false],
  [`"${'\\"'.repeat(255)}"`, true],
  [`"${'x'.repeat(256)}"`, false],
  ['é', false],
])('takes for an Idempotency-Key what the document says, and nothing else: case %#', (key, isKey) => {
  const parameters = api.paths['/api/events']?.post?.parameters;
  const { schema } = parameters?.find(({ name }) => name === 'idempotency-key') ?? expect.fail('no such header');
  expect(schemaErrors(api, schema, key).length === 0).toBe(isKey);
  const ask = () => idempotencyKeyOf({ req: { header: () => key } }, 'createEvent', 'anonymous', {});
  if (isKey) expect(ask()).toMatchObject({ key: expect.any(String) });
  else expect(ask).toThrow('Not valid: /Idempotency-Key.');
});

/** The codes that a schema of problems allows. */
function codesOf(schema: Schema | undefined): readonly string[] {
  const code = schema?.properties?.code as Schema | undefined;
  return code?.enum ?? [];
}

/** They ask an event's actor, have the whole of D1's rows written, or answer what never changes. */
const WITHOUT_D1 = [
  ...['getAvailability', 'getReservation', 'getTicket', 'getWaitlist', 'getChanges', 'rebuildEvent'],
  ...['watchEvent', 'getEventStats', 'listCountries', 'getCountry'],
];
/** They read the primary, than which nothing is fresher. */
const FROM_PRIMARY = ['getMe', 'listUsers'];
const throughD1 = operations.filter(
  ([name, { operationId }]) => name.includes(' /api/') && !WITHOUT_D1.includes(operationId ?? ''),
);

it.each(throughD1)('%s passes on how fresh D1 is to be', (_, operation) => {
  for (const [status, { headers }] of Object.entries(operation.responses)) {
    if (status.startsWith('2')) expect(headers).toHaveProperty('X-D1-Bookmark');
  }
});

it.each(throughD1.filter(([name]) => name.startsWith('GET')))('%s takes a bookmark', (_, operation) => {
  if (FROM_PRIMARY.includes(operation.operationId ?? '')) return;
  expect(operation.parameters?.map(({ name }) => name)).toContain('x-d1-bookmark');
});

it.each(operations)('%s declares the id that every answer carries', (_, { responses }) => {
  for (const { headers } of Object.values(responses)) expect(headers).toHaveProperty('X-Request-Id');
});

it('names each operation once', () => {
  const ids = operations.map(([, operation]) => operation.operationId);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
});

it('describes every tag that it uses', () => {
  const used = new Set(operations.flatMap(([, operation]) => operation.tags ?? []));
  expect(api.tags.map((tag) => tag.name).sort()).toEqual([...used].sort());
  expect(api.tags.filter((tag) => !tag.description)).toEqual([]);
});

it('has one list of all error codes', () => {
  expect(codesOf(api.components.schemas?.Problem)).toEqual(Object.keys(PROBLEMS));
});

it('has every error code, under its own status, and no other', () => {
  // The only code of no operation: it says that there is none.
  const seen = new Set(['route_not_found']);
  for (const [name, operation] of operations) {
    for (const [status, response] of Object.entries(operation.responses)) {
      const schema = response.content?.['application/problem+json']?.schema;
      if (schema !== undefined) expect(schema.allOf?.[0]).toEqual({ $ref: '#/components/schemas/Problem' });
      for (const one of codesOf(schema?.allOf?.[1])) {
        seen.add(one);
        expect(`${name} ${status} ${one}`).toBe(`${name} ${PROBLEMS[one as keyof typeof PROBLEMS]?.status} ${one}`);
      }
    }
  }
  expect(Object.keys(PROBLEMS).filter((code) => !seen.has(code))).toEqual([]);
});

it('declares the header that names the file of a download', () => {
  const { responses } = api.paths['/api/events/{id}/reservations.csv']?.get ?? expect.fail('no such operation');
  expect(responses[200]?.headers).toHaveProperty('Content-Disposition');
});

it.each([
  '/api/events',
  '/api/events/{id}',
])('names the headers that say how long an answer of GET %s counts', (path) => {
  const operation = api.paths[path]?.get;
  for (const status of [200, 304]) {
    const headers = Object.keys(operation?.responses[status]?.headers ?? {});
    expect(headers, `${status}`).toEqual(expect.arrayContaining(['ETag', 'Cache-Control', 'Vary']));
  }
});
