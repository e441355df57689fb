import { env } from 'cloudflare:workers';
import { afterEach, expect, it, vi } from 'vitest';
import type { EventId } from '../../src/domain/model.ts';
import { inActor } from '../support/actor.ts';
import { type Reply, request, somebody } from '../support/api.ts';
import { createEvent, eventBody } from '../support/events.ts';
import { withLimits } from '../support/histories.ts';
import { act, admin, booked, minutesLater, organizer, refusal, reserve, reserved } from '../support/reservations.ts';
import { createVenue } from '../support/venues.ts';

/** Refusals that nobody meets in a quiet hour. */

afterEach(() => void vi.restoreAllMocks());

const { token } = organizer;

it('asks for patience where more is to end than one step may, and says when to come again', async () => {
  const patience = async (asked: Promise<Reply>) => {
    const reply = await asked;
    expect(reply).toMatchObject(refusal(503, 'busy'));
    expect(reply.headers.get('retry-after')).toBe('1');
  };
  const lapsing = await reserved({ hold_minutes: 1 }, { status: 'pending' });
  const closing = await reserved();
  for (let more = 0; more < 2; more += 1) {
    await booked(lapsing.eventId, { status: 'pending' });
    await booked(closing.eventId);
  }
  const ask = (method: string, { eventId }: { eventId: string }, body?: object, command = '') =>
    request(method, `/api/events/${eventId}${command}`, { token, body });
  // No alarm comes meanwhile, by the clock outside, and ends what lapses by the clock in here.
  for (const { eventId } of [lapsing, closing]) {
    await inActor(({ storage }) => storage.deleteAlarm(), eventId as EventId);
  }
  await minutesLater(2, () =>
    withLimits({ settlePerStep: 1 }, async () => {
      await patience(ask('PATCH', lapsing, { capacity: 1 }));
      await patience(ask('PUT', lapsing, eventBody({ capacity: 1 })));
      await patience(ask('DELETE', lapsing));
      const over = { status: 'cancelled', reserved_slots: 0, available_slots: 10, is_full: false };
      expect(await ask('POST', closing, undefined, '/cancel')).toMatchObject({ status: 200, body: over });
      await patience(ask('DELETE', closing));
    }),
  );
});

it('says that an actor is out of reach, and when to come again', async () => {
  const { id, customer, eventId } = await reserved();
  vi.spyOn(env.EVENT_ACTOR, 'get').mockImplementation(() => {
    throw Object.assign(new Error('too busy'), { overloaded: true });
  });
  for (const reply of [await act(customer, id, 'cancel'), await reserve(eventId, await somebody())]) {
    expect(reply).toMatchObject(refusal(503, 'overloaded'));
    expect(reply.headers.get('retry-after')).toBe('1');
  }
});

/** Has every actor answer one kind of call so, and all others as ever. */
function answerAs(verb: string, answer: () => Promise<unknown>): void {
  const get = env.EVENT_ACTOR.get.bind(env.EVENT_ACTOR);
  vi.spyOn(env.EVENT_ACTOR, 'get').mockImplementation((id) => {
    return new Proxy(get(id), { get: (stub, asked) => (asked === verb ? answer : Reflect.get(stub, asked)) });
  });
}

it('answers a command that was done, though nobody can tell any more as whom its sender sees the answer', async () => {
  const { id } = await reserved();
  answerAs('readManagedEvent', () => Promise.reject(Object.assign(new Error('gone'), { overloaded: true })));
  const body = { status: 'cancelled', ticket_code: null };
  expect(await act(admin, id, 'cancel')).toMatchObject({ status: 200, body });
});

it('gives an edit up whose event keeps moving to other venues', async () => {
  const { id } = await createEvent(token);
  const outcome = { kind: 'rejected', rejection: { code: 'version_mismatch' } };
  const execute = vi.fn(async () => ({ outcomes: [outcome], readModel: 'pending', bookmark: null }));
  answerAs('execute', execute);
  const reply = await request('PATCH', `/api/events/${id}`, { token, body: { capacity: 5 } });
  expect(reply).toMatchObject(refusal(503, 'overloaded'));
  expect(execute).toHaveBeenCalledTimes(3);
});

it('shows nothing of a fault of ours', async () => {
  const { id } = await createEvent(token);
  await inActor(({ storage }) => void storage.sql.exec('DROP TABLE facts'), id);
  const logged = vi.spyOn(console, 'error').mockReturnValue();
  const reply = await reserve(id, await somebody());
  expect(reply).toMatchObject(refusal(500, 'internal_error', { detail: 'Something went wrong on our side.' }));
  expect(JSON.stringify(reply.body)).not.toMatch(/facts|SQL/);
  expect(logged).toHaveBeenCalledWith(expect.stringContaining('no such table: facts'));
  expect(logged).toHaveBeenCalledWith(expect.stringContaining(reply.body.request_id));
});

it('says that a command had its effect also when D1 cannot tell of the venue', async () => {
  const venue = await createVenue(token);
  const { id } = await createEvent(token, { venue_id: venue.id });
  vi.spyOn(env.DB, 'prepare').mockImplementation(() => {
    throw new Error('D1_ERROR: D1 DB is overloaded. Requests queued for too long.');
  });
  const cancelled = await request('POST', `/api/events/${id}/cancel`, { token });
  expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled', venue: null } });
  vi.restoreAllMocks();
  expect((await request('GET', `/api/events/${id}`, { token })).body.venue.id).toBe(venue.id);
});
