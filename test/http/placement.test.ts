import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { execute } from '../../src/actor/client.ts';
import { app } from '../../src/app.ts';
import { newEventId } from '../../src/http/ids.ts';
import { locationHint, type Origin } from '../../src/http/placement.ts';
import { somebody } from '../support/api.ts';
import { eventBody } from '../support/events.ts';
import { details, olga } from '../support/given.ts';

describe('the region of an event’s actor', () => {
  it.each([
    ['DE', 'weur'],
    ['PL', 'eeur'],
    ['AE', 'me'],
    ['ZA', 'afr'],
    ['BR', 'sam'],
    ['JP', 'apac'],
    ['NZ', 'oc'],
    ['US', 'enam'],
    ['MX', 'wnam'],
  ] as const)('of an event in %s is %s, wherever its organizer is', (country, hint) => {
    expect(locationHint(country, {})).toBe(hint);
    expect(locationHint(country, { country: 'AU', continent: 'OC' })).toBe(hint);
  });

  it.each<[Origin, DurableObjectLocationHint | undefined]>([
    [{ country: 'FR', continent: 'EU' }, 'weur'],
    [{ country: 'XX', continent: 'SA' }, 'sam'],
    [{ country: 'T1' }, undefined],
    [{ continent: 'AN' }, undefined],
    [{}, undefined],
    [{ country: 'US', continent: 'NA', longitude: '-122.4' }, 'wnam'],
    [{ country: 'CA', continent: 'NA', longitude: '-73.6' }, 'enam'],
    [{ country: 'US', continent: 'NA' }, 'enam'],
  ])('of an event without a country is that of its organizer: %j', (origin, hint) => {
    expect(locationHint(null, origin)).toBe(hint);
  });

  it('in a wide country is the side on which its organizer is, if they are in it', () => {
    expect(locationHint('US', { country: 'US', longitude: '-118.2' })).toBe('wnam');
    expect(locationHint('US', { country: 'MX', longitude: '-118.2' })).toBe('enam');
  });

  it('is left to the platform for Antarctica', () => {
    expect(locationHint('AQ', { country: 'NZ', continent: 'OC' })).toBeUndefined();
  });
});

/** An environment that notes the hints with which actors are asked for. */
function watched() {
  const hints: unknown[] = [];
  const namespace = env.EVENT_ACTOR;
  const get: typeof namespace.get = (id, options) => {
    hints.push(options?.locationHint);
    return namespace.get(id, options);
  };
  const EVENT_ACTOR = { idFromName: (name: string) => namespace.idFromName(name), get };
  return { hints, env: { ...env, EVENT_ACTOR } as unknown as Env };
}

it('is hinted at by the call that creates the event, and by no other', async () => {
  const { hints, env: noting } = watched();
  const id = newEventId();
  const create = { type: 'create_event', details: details(), status: 'draft' } as const;
  await execute(noting, id, olga, create, { near: 'apac' });
  await execute(noting, id, olga, { type: 'cancel_event' });
  expect(hints).toEqual(['apac', undefined]);
});

it('follows the request over HTTP', async () => {
  const { hints, env: noting } = watched();
  const { token } = await somebody('organizer');
  const request = new Request('http://localhost/api/events', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(eventBody()),
    cf: { country: 'BR', continent: 'SA' } as RequestInitCfProperties,
  });
  expect((await app.fetch(request, noting)).status).toBe(201);
  expect(hints).toEqual(['sam']);
});
