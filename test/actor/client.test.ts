import { expect, it } from 'vitest';
import { ActorFailed, ActorUnavailable, execute, readReservation } from '../../src/actor/client.ts';
import type { Command } from '../../src/domain/commands.ts';
import { alice, EVENT, rsv } from '../support/given.ts';

/** An environment whose actor fails with these errors first, and then answers; it notes what it was sent. */
function flaky(...errors: readonly unknown[]) {
  const sent: Command[] = [];
  const stubs: string[] = [];
  const failures = [...errors];
  const answer = <T>(value: T) => (failures.length > 0 ? Promise.reject(failures.shift()) : Promise.resolve(value));
  const EVENT_ACTOR = {
    idFromName: (name: string) => name,
    get: (name: string) => {
      stubs.push(name);
      return {
        execute: ([one]: readonly Command[]) => {
          if (one !== undefined) sent.push(one);
          const outcomes = [{ kind: 'settled', seq: 1 }];
          return answer({ outcomes, readModel: 'current', bookmark: null });
        },
        readReservation: () => answer({ ok: false, rejection: { code: 'reservation_not_found' } }),
      };
    },
  };
  return { env: { EVENT_ACTOR } as unknown as Env, sent, stubs };
}

const lost = () => Object.assign(new Error('the connection was lost'), { retryable: true });
const overloaded = () => Object.assign(new Error('too busy'), { retryable: true, overloaded: true });

it('tries again under the same command id, each time on a new stub, when the connection is lost', async () => {
  const { env, sent, stubs } = flaky(lost(), lost());
  expect(await execute(env, EVENT, alice, { type: 'settle' })).toMatchObject({ outcome: { kind: 'settled' } });
  expect(sent).toHaveLength(3);
  expect(new Set(sent.map(({ id }) => id)).size).toBe(1);
  expect(stubs).toEqual([EVENT, EVENT, EVENT]);
});

it('gives up after three tries', async () => {
  const { env, sent } = flaky(lost(), lost(), lost());
  await expect(execute(env, EVENT, alice, { type: 'settle' })).rejects.toThrow(ActorUnavailable);
  expect(sent).toHaveLength(3);
});

it('never tries an overloaded actor again', async () => {
  const { env, sent } = flaky(overloaded());
  await expect(execute(env, EVENT, alice, { type: 'settle' })).rejects.toThrow(ActorUnavailable);
  expect(sent).toHaveLength(1);
});

it('says that an actor is out of reach whose storage the platform could not open or flush', async () => {
  const { env, sent } = flaky(new Error('internal error; reference = m3k8'));
  await expect(execute(env, EVENT, alice, { type: 'settle' })).rejects.toThrow(ActorUnavailable);
  expect(sent).toHaveLength(1);
});

it('passes on any other error as it is', async () => {
  const { env, sent } = flaky(new TypeError('a fault of ours'));
  await expect(execute(env, EVENT, alice, { type: 'settle' })).rejects.toThrow('a fault of ours');
  expect(sent).toHaveLength(1);
});

it('tells a command that broke in the actor from an actor out of reach', async () => {
  const env = {
    EVENT_ACTOR: {
      idFromName: (name: string) => name,
      get: () => ({ execute: async () => ({ outcomes: [{ kind: 'failed' }], readModel: 'current', bookmark: null }) }),
    },
  } as unknown as Env;
  await expect(execute(env, EVENT, alice, { type: 'settle' })).rejects.toThrow(ActorFailed);
});

it('mints another id for each command', async () => {
  const { env, sent } = flaky();
  await execute(env, EVENT, alice, { type: 'settle' });
  await execute(env, EVENT, alice, { type: 'settle' });
  expect(sent[0]?.id).not.toBe(sent[1]?.id);
});

it('finds the actor of a reservation from its id', async () => {
  const { env, stubs } = flaky();
  await readReservation(env, rsv(1), alice);
  expect(stubs).toEqual([EVENT]);
});
