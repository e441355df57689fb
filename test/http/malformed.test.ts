import { describe, expect, it } from 'vitest';
import { request } from '../support/api.ts';
import { invalid } from '../support/events.ts';
import { refusal } from '../support/reservations.ts';
import { callOf, operations } from '../support/routes.ts';

/** What makes no sense, sent to each route by whoever may use it; the matrix has what makes sense, from everybody. */

const routes = [...operations];
const withBody = routes.filter(([, { requestBody }]) => requestBody !== undefined).map(([route]) => route);
const withQuery = routes
  .filter(([, { parameters = [] }]) => parameters.some((parameter) => parameter.in === 'query'))
  .map(([route]) => route);
const withId = routes.map(([route]) => route).filter((route) => route.includes('{id}'));

describe('a body', () => {
  it.concurrent.each(withBody)('that is no JSON is refused by %s', async (route) => {
    const { method, path, call } = await callOf(route, 'owner');
    const { body: _, ...rest } = call;
    expect(await request(method, path, { ...rest, raw: '{"half":' })).toMatchObject(refusal(400, 'malformed_request'));
  });

  it.concurrent.each(withBody)('that does not say to be JSON is refused by %s', async (route) => {
    const { method, path, call } = await callOf(route, 'owner');
    const { body, headers, ...rest } = call;
    const plain = { ...rest, raw: JSON.stringify(body ?? {}), headers: { ...headers, 'content-type': 'text/plain' } };
    expect(await request(method, path, plain)).toMatchObject(refusal(415, 'unsupported_media_type'));
  });

  it.concurrent.each(withBody)('that is over 100 KB is refused by %s', async (route) => {
    const { method, path, call } = await callOf(route, 'owner');
    const body = { ...(call.body as object), more: 'x'.repeat(101 * 1024) };
    expect(await request(method, path, { ...call, body })).toMatchObject(refusal(413, 'body_too_large'));
  });

  it.concurrent.each(withBody)('with a field too many is refused by name by %s', async (route) => {
    const { method, path, call } = await callOf(route, 'owner');
    const body = { ...(call.body as object), no_such_field: 1 };
    expect(await request(method, path, { ...call, body })).toMatchObject(invalid(['/no_such_field', 'unknown_field']));
  });
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
