import { env } from 'cloudflare:workers';
import { drizzle } from 'drizzle-orm/d1';
import { expect, it } from 'vitest';
import type { Principal } from '../../../src/domain/model.ts';
import { listEvents } from '../../../src/events/queries.ts';
import { eventQuery } from '../../../src/events/schema.ts';
import { newEventId, newUserId, newVenueId } from '../../../src/http/ids.ts';
import { listReservations } from '../../../src/reservations/queries.ts';
import { projectEvent } from '../../support/events.ts';
import { planOf } from '../../support/plans.ts';

const me: Principal = { userId: newUserId(), role: 'organizer' };

it.each([
  ['', 'events_by_start', false],
  ['sort=-start_time', 'events_by_start', false],
  ['sort=created_at', 'events_by_creation', false],
  ['sort=-created_at', 'events_by_creation', false],
  ['status=cancelled', 'events_by_start', false],
  ['when=upcoming', 'events_by_start', false],
  ['when=past', 'events_by_start', false],
  ['when=ongoing', 'events_by_span', true],
  ['when=ongoing&sort=-created_at', 'events_by_span', true],
  ['when=ongoing&mine=true', 'events_by_organizer', false],
  ['when=ongoing&tag=jazz', 'events USING INTEGER PRIMARY KEY', true],
  ['starts_after=2099-01-01T00:00:00Z&starts_before=2099-02-01T00:00:00Z', 'events_by_start', false],
  ['available=true', 'events_by_start', false],
  ['mine=true', 'events_by_organizer', false],
  ['status=draft', 'events_by_organizer', false],
  [`organizer_id=${newUserId()}`, 'events_by_organizer', false],
  [`organizer_id=${newUserId()}&sort=created_at`, 'events_by_organizer', true],
  ['status=draft&sort=created_at', 'events_by_organizer', true],
  [`venue_id=${newVenueId()}`, 'events_by_venue', false],
  [`venue_id=${newVenueId()}&status=draft`, 'events_by_venue', false],
  ['country=DE', 'events_by_country', true],
  ['country=DE', 'events_by_venue', true],
  ['country=DE&when=upcoming&sort=created_at', 'events_by_venue', true],
  ['country=DE&tag=jazz&q=jazz', 'events USING INTEGER PRIMARY KEY', true],
  ['tag=jazz', 'events USING INTEGER PRIMARY KEY', true],
  ['tag=jazz&sort=created_at&when=upcoming', 'events USING INTEGER PRIMARY KEY', true],
  ['q=jazz', 'events USING INTEGER PRIMARY KEY', true],
  ['q=jazz&tag=jazz&mine=true&status=cancelled', 'events USING INTEGER PRIMARY KEY', true],
  ['q=jazz&sort=start_time', 'events USING INTEGER PRIMARY KEY', true],
])('the list with ?%s uses %s in one query without a scan of all events', async (text, index, sorts) => {
  const query = eventQuery.parse(Object.fromEntries(new URLSearchParams(text)));
  const plan = await planOf((db) => listEvents(db, query, me, Date.now()));
  expect(plan.join('\n')).toContain(index);
  expect(plan.filter((step) => /SCAN events(?!_fts)/.test(step))).toEqual([]);
  expect(plan.some((step) => step.includes('TEMP B-TREE FOR ORDER BY'))).toBe(sorts);
});

it('a later page starts at its place in the index', async () => {
  for (let count = 0; count < 2; count += 1) await projectEvent();
  const query = { limit: 1 };
  const { nextCursor } = await listEvents(drizzle(env.DB), query, null, Date.now());
  const cursor = nextCursor ?? '';
  expect(await planOf((db) => listEvents(db, { ...query, cursor }, null, Date.now()))).toEqual([
    'SEARCH events USING INDEX events_by_start (status=? AND (start_time,id)>(?,?))',
    expect.stringMatching(/^SEARCH venues USING INDEX .+ \(id=\?\) LEFT-JOIN$/),
  ]);
});

it.each([
  ['of a user', { userId: me.userId }, {}, 'reservations_by_user'],
  ['of a user in one event', { userId: me.userId }, { event_id: newEventId() }, 'reservations_by_user'],
  ['of an event', { eventId: newEventId() }, {}, 'reservations_by_event'],
  ['offered to a user', { transferTo: me.userId }, {}, 'reservations_offered'],
  ['of an event by status', { eventId: newEventId() }, { status: 'pending' as const }, 'reservations_by_event'],
])('the reservations %s come in order from an index', async (_, owner, query, index) => {
  const plan = await planOf((db) => listReservations(db, owner, { limit: 25, ...query }, Date.now()));
  expect(plan).toContainEqual(expect.stringContaining(`SEARCH reservations USING INDEX ${index}`));
  expect(plan).toContain('SEARCH line USING COVERING INDEX reservations_by_queue (event_id=? AND queue_seq<?)');
  expect(plan.filter((step) => /SCAN|TEMP B-TREE/.test(step))).toEqual([]);
});
