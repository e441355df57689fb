import { describe, expect, it, vi } from 'vitest';
import { request } from '../support/api.ts';
import { invalid } from '../support/events.ts';
import { refusal } from '../support/reservations.ts';
import { callOf, operations } from '../support/routes.ts';

/** What makes no sense, sent to each route by whoever may use it; the matrix has what makes sense, from everybody. */

const routes = [...operations];
const withBody = routes.filter(([, { requestBody }]) => requestBody !== undefined).map(([route]) => route);
const changing = routes.map(([route]) => route).filter((route) => !route.startsWith('GET '));
const withQuery = routes
  .filter(([, { parameters = [] }]) => parameters.some((parameter) => parameter.in === 'query'))
  .map(([route]) => route);
const withId = routes.map(([route]) => route).filter((route) => route.includes('{id}'));

describe('a body', () => {
  it.concurrent.each(changing)('that is no JSON is refused by %s', async (route) => {
    const { method, path, call } = await callOf(route, 'owner');
    const { body: _, ...rest } = call;
    expect(await request(method, path, { ...rest, raw: '{"half":' })).toMatchObject(refusal(400, 'malformed_request'));
  });

  it.concurrent.each(changing)('that does not say to be JSON is refused by %s', async (route) => {
    const { method, path, call } = await callOf(route, 'owner');
    const { body, headers, ...rest } = call;
    const plain = { ...rest, raw: JSON.stringify(body ?? {}), headers: { ...headers, 'content-type': 'text/plain' } };
    expect(await request(method, path, plain)).toMatchObject(refusal(415, 'unsupported_media_type'));
  });

  it.concurrent.each(changing)('that is over 100 KB is refused by %s', async (route) => {
    const { method, path, call } = await callOf(route, 'owner');
    const body = { ...(call.body as object), more: 'x'.repeat(101 * 1024) };
    expect(await request(method, path, { ...call, body })).toMatchObject(refusal(413, 'body_too_large'));
  });

  it.concurrent.each(changing)('with a field too many is refused by name by %s', async (route) => {
    const { method, path, call } = await callOf(route, 'owner');
    const body = { ...(call.body as object), no_such_field: 1 };
    expect(await request(method, path, { ...call, body })).toMatchObject(invalid(['/no_such_field', 'unknown_field']));
  });
});

it.concurrent.each(withBody)('a body is missed by %s if the document says that it has to be sent', async (route) => {
  const { method, path, call } = await callOf(route, 'owner');
  const { body: _, ...rest } = call;
  const { status } = await request(method, path, rest);
  expect(status === 422).toBe(operations.get(route)?.requestBody?.required ?? false);
});

/** What takes time by the square of its length to normalise. */
const MARKED = `a${'\u0301'.repeat(1000)}${'\u0316'.repeat(1000)}`;

/** The value with each of its texts replaced. */
function marked(value: unknown): unknown {
  if (typeof value === 'string') return MARKED;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(marked);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, marked(part)]));
}

/** The length of the longest text that was normalised meanwhile. */
async function longestNormalized(run: () => Promise<unknown>): Promise<number> {
  const normalize = vi.spyOn(String.prototype, 'normalize');
  await run();
  const lengths = normalize.mock.contexts.map((text) => String(text).length);
  normalize.mockRestore();
  return Math.max(0, ...lengths);
}

it.each(withBody)('no long text is normalised by %s', async (route) => {
  const { method, path, call } = await callOf(route, 'owner');
  const example = operations.get(route)?.requestBody?.content['application/json']?.example;
  const body = marked({ ...(example as object), ...(call.body as object) });
  expect(await longestNormalized(() => request(method, path, { ...call, body }))).toBeLessThan(1000);
});

it.each(withQuery)('no long parameter is normalised by %s', async (route) => {
  const { method, path, call } = await callOf(route, 'owner');
  const names = operations.get(route)?.parameters?.filter((parameter) => parameter.in === 'query') ?? [];
  const query = new URLSearchParams(names.map(({ name }) => [name, MARKED]));
  expect(await longestNormalized(() => request(method, `${path}?${query}`, call))).toBeLessThan(1000);
});

it.concurrent.each(withQuery)('a parameter that does not exist is refused by name by %s', async (route) => {
  const { method, path, call } = await callOf(route, 'owner');
  const reply = await request(method, `${path}?no_such_parameter=1`, call);
  expect(reply).toMatchObject(invalid(['/no_such_parameter', 'unknown_field']));
});

it.concurrent.each(withId)('what is no id is not found by %s', async (route) => {
  const { method, path, call } = await callOf(route, 'admin');
  for (const id of ['nonsense', '%00', '1']) {
    const there = path.replace(/(\/api\/[a-z]+\/)[^/]+/, `$1${id}`);
    expect((await request(method, there, call)).status, there).toBe(404);
  }
});
