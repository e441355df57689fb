import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { GroupCommit } from '../../src/actor/group-commit.ts';
import type { Action, Command } from '../../src/domain/commands.ts';
import { LIMITS } from '../../src/domain/model.ts';
import type { Outcome } from '../../src/domain/outcomes.ts';
import { command, crowd, inActor, newEvent, rsvOf, send, stopTheClock } from '../support/actor.ts';
import { alice, bob, details, EVENT, olga, rsv, seats } from '../support/given.ts';

beforeEach(stopTheClock);
afterEach(() => void vi.useRealTimers());

const outcomeOf = (one: Command): Outcome => ({ kind: 'rejected', rejection: { code: one.id as never } });
const reserve = (n: number, quantity = 1) => command(EVENT, alice, seats(rsv(n), { quantity }));

/** A group commit on fakes: it notes its batches, breaks on the ids in `broken`, has so much room, and flushes when told. */
function rig(broken: readonly string[] = [], added = 1, room = Number.POSITIVE_INFINITY) {
  const batches: number[] = [];
  const flushes: (() => void)[] = [];
  const group = new GroupCommit(
    (commands) => {
      batches.push(commands.length);
      const bad = commands.find(({ id }) => broken.includes(id));
      if (bad !== undefined) throw new Error(`${bad.id} broke`);
      return { outcomes: commands.slice(0, room).map(outcomeOf), added };
    },
    () => new Promise((resolve) => flushes.push(resolve)),
  );
  const submit = (...commands: Command[]) => group.submit(commands);
  const flush = async () => {
    flushes.shift()?.();
    await scheduler.wait(0);
  };
  return { submit, batches, flush };
}

it('executes a lone command at once', async () => {
  const { submit, batches } = rig();
  const one = reserve(1);
  const answer = submit(one);
  expect(batches).toEqual([1]);
  expect(await answer).toEqual([{ outcome: outcomeOf(one) }]);
});

it('executes commands that came together in one transaction, and none in none', async () => {
  const { submit, batches } = rig();
  const commands = [1, 2, 3].map((n) => reserve(n));
  expect(await submit(...commands)).toEqual(commands.map((one) => ({ outcome: outcomeOf(one) })));
  expect(batches).toEqual([3]);
  expect(await submit()).toEqual([]);
  expect(batches).toEqual([3]);
});

it('waits for no flush after what was refused', async () => {
  const { submit, batches } = rig([], 0);
  await Promise.all([1, 2].map((n) => submit(reserve(n))));
  expect(batches).toEqual([1, 1]);
});

it('executes what arrives during a flush together in the next transaction, in order', async () => {
  const { submit, batches, flush } = rig();
  const commands = [1, 2, 3, 4].map((n) => reserve(n));
  const answers = Promise.all(commands.map((one) => submit(one)));
  expect(batches).toEqual([1]);
  await flush();
  expect(batches).toEqual([1, 3]);
  expect(await answers).toEqual(commands.map((one) => [{ outcome: outcomeOf(one) }]));
});

it('executes what a transaction had no room for in the next ones, before what came meanwhile', async () => {
  const { submit, batches, flush } = rig([], 1, 2);
  const commands = [1, 2, 3, 4, 5].map((n) => reserve(n));
  const answers = submit(...commands);
  const last = reserve(6);
  const later = submit(last);
  for (let flushes = 0; flushes < 3; flushes += 1) await flush();
  expect(batches).toEqual([5, 4, 2]);
  expect(await answers).toEqual(commands.map((one) => ({ outcome: outcomeOf(one) })));
  expect(await later).toEqual([{ outcome: outcomeOf(last) }]);
});

it('executes it before what waited already', async () => {
  const { submit, batches, flush } = rig([], 1, 2);
  const answers = submit(reserve(1), reserve(2), reserve(3), reserve(4, 5_000), reserve(5));
  for (let flushes = 0; flushes < 4; flushes += 1) await flush();
  expect(batches).toEqual([3, 1, 1, 1]);
  expect(await answers).toHaveLength(5);
});

it('executes nothing while a flush is under way', async () => {
  const { submit, batches, flush } = rig();
  await submit(reserve(1));
  await scheduler.wait(5);
  const second = submit(reserve(2));
  await scheduler.wait(5);
  expect(batches).toEqual([1]);
  await flush();
  await second;
  expect(batches).toEqual([1, 1]);
});

it('goes on after it has been idle', async () => {
  const { submit, batches, flush } = rig();
  await submit(reserve(1));
  await flush();
  await submit(reserve(2));
  expect(batches).toEqual([1, 1]);
});

it('lets a command that breaks fail alone', async () => {
  const commands = [1, 2, 3, 4].map((n) => reserve(n));
  const { submit } = rig([commands[2]?.id ?? '']);
  const settled = await submit(...commands);
  expect(settled.map((one) => Object.keys(one))).toEqual([['outcome'], ['outcome'], ['error'], ['outcome']]);
});

it('goes on when a flush fails', async () => {
  const group = new GroupCommit(
    (commands) => ({ outcomes: commands.map(outcomeOf), added: 1 }),
    () => Promise.reject(new Error('the disk is full')),
  );
  await Promise.all([1, 2].map((n) => group.submit([reserve(n)])));
  const third = reserve(3);
  expect(await group.submit([third])).toEqual([{ outcome: outcomeOf(third) }]);
});

it('bounds a transaction by its commands and by the rows that they may load', async () => {
  const { submit, batches, flush } = rig();
  const settle: Action = { type: 'settle' };
  void submit(reserve(0));
  for (let n = 0; n < LIMITS.batchMax + 1; n += 1) void submit(reserve(n));
  for (let n = 0; n < 7; n += 1) void submit(command(EVENT, null, settle));
  for (let n = 0; n < 4; n += 1) await flush();
  expect(batches).toEqual([1, LIMITS.batchMax, 5, 3]);
});

it('lets calls that arrive together share transactions in the actor', async () => {
  await inActor(async ({ storage }, actor) => {
    const create: Action = { type: 'create_event', details: details({ capacity: 500 }), status: 'published' };
    await actor.execute([command(EVENT, olga, create)]);
    const transactions = vi.spyOn(storage, 'transactionSync');
    const replies = await Promise.all(crowd(EVENT, 400).map((one) => actor.execute([one])));
    expect(replies.every(({ outcomes }) => outcomes[0]?.kind === 'reservation')).toBe(true);
    expect(transactions.mock.calls.length).toBeGreaterThan(0);
    expect(transactions.mock.calls.length).toBeLessThanOrEqual(4);
  });
});

it('answers each command of a call in its place, and one that breaks breaks alone', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const eventId = await newEvent({ capacity: 2 });
  const create: Action = { type: 'create_event', details: details(), status: 'draft' };
  const { outcomes } = await send(
    eventId,
    command(eventId, alice, seats(rsvOf(eventId, 1))),
    command(eventId, alice, seats(rsvOf(eventId, 2))),
    command(eventId, olga, create),
    command(eventId, bob, seats(rsvOf(eventId, 3))),
    command(eventId, olga, seats(rsvOf(eventId, 4))),
  );
  expect(outcomes).toMatchObject([
    { kind: 'reservation', reservation: { id: rsvOf(eventId, 1) } },
    { kind: 'rejected', rejection: { code: 'already_reserved' } },
    { kind: 'failed' },
    { kind: 'reservation', reservation: { id: rsvOf(eventId, 3) } },
    { kind: 'rejected', rejection: { code: 'sold_out', availableSlots: 0 } },
  ]);
  expect(log).toHaveBeenCalledOnce();
  log.mockRestore();
});
