import { exports } from 'cloudflare:workers';
import createClient from 'openapi-fetch';
import { expect, it } from 'vitest';
import { newcomer } from '../support/accounts.ts';
import { hoursFromNow } from '../support/events.ts';
import type { components, paths } from '../types/api.generated.d.ts';

/** What a developer gets who generates a client from /openapi.json: it compiles, or the types are wrong. */
function clientOf(token?: string) {
  return createClient<paths>({
    baseUrl: 'http://localhost',
    fetch: (request) => exports.default.fetch(request),
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  });
}

async function signedUp(more: Partial<components['schemas']['SignUp']> = {}) {
  const { data, error } = await clientOf().POST('/api/auth/signup', {
    body: { ...newcomer(), role: 'customer', ...more },
  });
  if (data === undefined) throw new Error(error.code);
  return clientOf(data.access_token);
}

it('walks from sign-up to a cancelled reservation with a typed client', async () => {
  const organizer = await signedUp({ role: 'organizer', organization_name: 'Ada & Co' });
  const { data: event } = await organizer.POST('/api/events', {
    body: { title: 'Recital', start_time: hoursFromNow(24), end_time: hoursFromNow(26), capacity: 2 },
  });
  if (event === undefined) throw new Error('no event');
  expect(event.available_slots).toBe(2);
  const path = { id: event.id };
  await organizer.POST('/api/events/{id}/publish', { params: { path } });

  const customer = await signedUp();
  const reserved = await customer.POST('/api/events/{id}/reservations', { params: { path }, body: { quantity: 2 } });
  const reservation = reserved.data;
  expect(reservation).toMatchObject({ status: 'confirmed', quantity: 2 });
  const refused = await organizer.POST('/api/events/{id}/reservations', { params: { path } });
  // The codes of a refusal are a closed list, of this operation and status.
  if (refused.error?.status === 409 && refused.error.code === 'sold_out') {
    expect(refused.error.available_slots).toBe(0);
  }
  expect(refused.response.status).toBe(409);

  const mine = await customer.GET('/api/reservations', { params: { query: { status: 'confirmed', limit: 10 } } });
  expect(mine.data?.items.map(({ id }) => id)).toEqual([reservation?.id]);
  const ids = { path: { id: reservation?.id ?? '' } };
  const cancelled = await customer.POST('/api/reservations/{id}/cancel', { params: ids });
  expect(cancelled.data).toMatchObject({ status: 'cancelled', cancelled_by: 'holder' });
  const { data: availability } = await customer.GET('/api/events/{id}/availability', { params: { path } });
  expect(availability?.available_slots).toBe(2);
});

it('refuses, before anything is sent, what the API would refuse', () => {
  const client = clientOf();
  const mistakes = [
    // @ts-expect-error an event has a capacity
    () => client.POST('/api/events', { body: { title: 'x', start_time: '', end_time: '' } }),
    // @ts-expect-error there is no such status
    () => client.GET('/api/reservations', { params: { query: { status: 'lost' } } }),
    // @ts-expect-error there is no such path
    () => client.GET('/api/seats'),
    // @ts-expect-error an event is named by its id
    () => client.GET('/api/events/{id}', {}),
  ];
  expect(mistakes).toHaveLength(4);
});
