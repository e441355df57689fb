import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect, it, vi } from 'vitest';
import type { Read } from '../../../src/actor/event-actor.ts';
import type { Heard, Instant, Showing } from '../../../src/domain/model.ts';
import { newEventId, newUserId } from '../../../src/http/ids.ts';
import { LiveHub } from '../../../src/live/hub.ts';
import { stopTheClock } from '../../support/actor.ts';
import { HOUR, T0 } from '../../support/given.ts';
import { hubOf } from '../../support/live.ts';

/** A live hub between an actor and watchers that both do what a test says, and when. */

afterEach(() => {
  vi.useRealTimers();
});

interface Scene {
  /** Somebody comes to watch; once they are let in, resolves to the first number that they are shown. */
  readonly come: () => Promise<number>;
  /** The actor answers what the hub asked it first, by the state after so many facts. */
  readonly answer: (seq: number) => void;
  /** The actor tells of the state after so many facts. */
  readonly tell: (seq: number) => Heard;
  /** The actor is out of reach for what the hub asked it first. */
  readonly fail: () => void;
  /** The hub's alarm comes; resolves to when it comes again. */
  readonly ring: () => Promise<Instant | null>;
}

/** Plays at a fresh event's hub. */
function atHub(play: (scene: Scene) => Promise<void>): Promise<void> {
  const eventId = newEventId();
  const stateAt = (seq: number): Showing => ({
    availability: {
      eventId,
      seq,
      status: 'published',
      capacity: 9,
      reservedSlots: 0,
      availableSlots: 9,
      waitlisted: 0,
    },
    audience: { organizerId: newUserId(), publishedAt: 1, deletedAt: null },
  });
  const questions: PromiseWithResolvers<Read<Showing>>[] = [];
  const watch = () => {
    const question = Promise.withResolvers<Read<Showing>>();
    questions.push(question);
    return question.promise;
  };
  const EVENT_ACTOR = { idFromName: () => null, get: () => ({ watch }) };
  return runInDurableObject(hubOf(eventId), async (_, state) => {
    const hub = new LiveHub(state, { ...env, EVENT_ACTOR } as unknown as Env);
    const headers = { 'x-watcher': JSON.stringify({ eventId, principal: null, afterSeq: null }) };
    await play({
      async come() {
        const { webSocket } = await hub.fetch(new Request('http://hub', { headers }));
        const first = new Promise<string>((resolve) => {
          webSocket?.addEventListener('message', ({ data }) => resolve(String(data)));
        });
        webSocket?.accept();
        return JSON.parse(await first).seq;
      },
      answer: (seq) => questions.shift()?.resolve({ ok: true, value: stateAt(seq) }),
      tell: (seq) => hub.show(stateAt(seq)),
      fail: () => questions.shift()?.reject(Object.assign(new Error('out of reach'), { overloaded: true })),
      async ring() {
        await hub.alarm();
        return state.storage.getAlarm();
      },
    });
    for (const socket of state.getWebSockets()) socket.close(1000);
  });
}

it('lets the actor go on telling while somebody is about to come', async () => {
  await atHub(async ({ come, answer, tell }) => {
    expect(tell(1)).toBeNull();
    const coming = come();
    expect(tell(2)).toMatchObject({ passedOn: false });
    answer(2);
    expect(await coming).toBe(2);
  });
});

it('shows nobody a state that a newer one has overtaken', async () => {
  await atHub(async ({ come, answer, tell }) => {
    const first = come();
    tell(2);
    answer(1);
    expect(await first).toBe(2);
    tell(1);
    expect(await come()).toBe(2);
  });
});

it('puts news off for no longer than its pause, though the clock was put back', async () => {
  stopTheClock();
  await atHub(async ({ come, answer, tell }) => {
    const first = come();
    answer(1);
    await first;
    const heard = tell(2);
    expect(heard).toEqual({ passedOn: true, pauseMs: 334 });
    vi.setSystemTime(T0 - HOUR);
    expect(tell(3)).toEqual({ passedOn: false, pauseMs: heard?.pauseMs });
  });
});

it('renews its subscription soon again where the actor was out of reach', async () => {
  stopTheClock();
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  await atHub(async ({ come, answer, fail, ring }) => {
    const first = come();
    answer(1);
    await first;
    const next = ring();
    fail();
    expect(await next).toBe(T0 + 5_000);
  });
  expect(warned).toHaveBeenCalledOnce();
  warned.mockRestore();
});
