import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { newEventId } from '../../../src/http/ids.ts';
import { request, somebody } from '../../support/api.ts';
import { createEvent } from '../../support/events.ts';

const organizer = await somebody('organizer');
const customer = await somebody();
const admin = await somebody('admin');

it('gives lists back what D1 has lost or got wrong, from the event itself', async () => {
  const { id } = await createEvent(organizer.token, { status: 'published' });
  const path = `/api/events/${id}/reservations`;
  const made = await request('POST', path, { token: customer.token, body: { quantity: 2 } });
  const list = () => request('GET', path, { token: organizer.token });
  const before = await list();
  expect(before.body.items).toHaveLength(1);

  await env.DB.prepare('DELETE FROM reservations WHERE event_id = ?').bind(id).run();
  await env.DB.prepare("UPDATE events SET seq = 1000, title = 'Wrong', confirmed = 9 WHERE id = ?").bind(id).run();
  expect((await list()).body.items).toEqual([]);

  const rebuilt = await request('POST', `/api/events/${id}/rebuild`, { token: admin.token });
  expect(rebuilt).toMatchObject({ status: 200, body: { event_id: id, seq: 2, reservations: 1 } });
  expect(rebuilt.headers.get('x-d1-bookmark')).not.toBeNull();
  expect((await list()).body).toEqual(before.body);
  expect(before.body.items[0].id).toBe(made.body.id);
  const event = await request('GET', `/api/events/${id}`);
  expect(event.body).toMatchObject({ title: 'Concert', reserved_slots: 2 });
});

it('is for admins, and for events that exist', async () => {
  const { id } = await createEvent(organizer.token, { status: 'published' });
  const path = `/api/events/${id}/rebuild`;
  expect(await request('POST', path)).toMatchObject({ status: 401 });
  for (const { token } of [customer, organizer]) {
    expect(await request('POST', path, { token })).toMatchObject({ status: 403, body: { code: 'admin_required' } });
  }
  const unknown = await request('POST', `/api/events/${newEventId()}/rebuild`, { token: admin.token });
  expect(unknown).toMatchObject({ status: 404, body: { code: 'event_not_found' } });
  expect(await request('POST', '/api/events/evt_1/rebuild', { token: admin.token })).toMatchObject({ status: 404 });
});
