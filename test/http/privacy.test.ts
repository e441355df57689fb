import { expect, it } from 'vitest';
import { newcomer, signUp } from '../support/accounts.ts';
import { request } from '../support/api.ts';
import { createEvent } from '../support/events.ts';
import { createVenue } from '../support/venues.ts';

it('shows neither strangers nor customers what an organizer’s account says', async () => {
  const secrets = { ...newcomer(), organization_name: 'Hidden Ltd', business_address: '1 Hidden Street' };
  const { access_token: token } = (await signUp({ ...secrets, role: 'organizer' })).body;
  const venue = await createVenue(token);
  const event = await createEvent(token, { venue_id: venue.id });
  const customer = (await signUp()).body.access_token;
  const booked = await request('POST', `/api/events/${event.id}/reservations`, { token: customer });
  expect(booked.status).toBe(201);
  for (const path of [
    '/api/events',
    `/api/events/${event.id}`,
    `/api/events/${event.id}/availability`,
    '/api/venues',
    `/api/venues/${venue.id}`,
    '/api/reservations',
    `/api/reservations/${booked.body.id}`,
  ]) {
    for (const call of path.includes('reservations') ? [{ token: customer }] : [{}, { token: customer }]) {
      const reply = await request('GET', path, call);
      expect(reply.status).toBe(200);
      const text = JSON.stringify(reply.body);
      for (const secret of [secrets.username, secrets.email, 'Hidden']) expect(text).not.toContain(secret);
    }
  }
  expect((await request('GET', '/api/users')).status).toBe(401);
  expect((await request('GET', '/api/users', { token: customer })).status).toBe(403);
});
