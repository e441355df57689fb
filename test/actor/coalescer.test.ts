import { describe, expect, it, vi } from 'vitest';
import { Coalescer, type CoalescerLimits, type Send } from '../../src/calls/coalescer.ts';

/** One call that arrived: what it asks, and how the test lets it end. */
interface Arrived {
  readonly questions: readonly number[];
  answer(): void;
  fail(error: Error): void;
}

/** A coalescer, what arrived of its calls, and questions to it by number; the answer to 7 is "7!". */
function lane(limits: Partial<CoalescerLimits> = {}) {
  const patient = { inFlight: 1, slowMs: 60_000, gatherMs: 0, batch: 100, patienceMs: 60_000 };
  const coalescer = new Coalescer<number, string>({ ...patient, ...limits });
  const calls: Arrived[] = [];
  const expected = new Map<number, (arrived: Arrived) => void>();
  const send: Send<number, string> = (questions) => {
    const { promise, resolve, reject } = Promise.withResolvers<string[]>();
    const arrived = { questions, answer: () => resolve(questions.map((one) => `${one}!`)), fail: reject };
    expected.get(calls.length)?.(arrived);
    calls.push(arrived);
    return promise;
  };
  const ask = (question: number, destination = 'there') => coalescer.ask(destination, question, send);
  const asked = () => calls.map(({ questions }) => questions);
  /** The n-th call, at once when it arrives: who looks for it now and then may come after somebody's patience has ended. */
  const call = async (index: number): Promise<Arrived> =>
    calls[index] ?? new Promise((resolve) => expected.set(index, resolve));
  return { ask, asked, call, calls };
}

/** Lets everything happen that waits for nothing. */
const settle = () => scheduler.wait(5);

describe('requests for the same destination', () => {
  it('go alone and at once while no call is on its way', async () => {
    const { ask, asked, call } = lane();
    const first = ask(1);
    expect(asked()).toEqual([[1]]);
    (await call(0)).answer();
    expect(await first).toBe('1!');

    const second = ask(2);
    expect(asked()).toEqual([[1], [2]]);
    (await call(1)).answer();
    expect(await second).toBe('2!');
  });

  it('share the next call in the order in which they came, and each gets its own answer', async () => {
    const { ask, asked, call } = lane();
    const answers = Promise.all([1, 2, 3, 4].map((question) => ask(question)));
    await settle();
    expect(asked()).toEqual([[1]]);
    (await call(0)).answer();
    (await call(1)).answer();
    expect(await answers).toEqual(['1!', '2!', '3!', '4!']);
    expect(asked()).toEqual([[1], [2, 3, 4]]);
  });

  it('never join a call that has left, so that no answer is older than its question', async () => {
    const { ask, asked, call } = lane();
    const first = ask(1);
    const second = ask(2);
    (await call(0)).answer();
    await first;
    await call(1);
    const third = ask(3);
    await settle();
    expect(asked()).toEqual([[1], [2]]);
    (await call(1)).answer();
    (await call(2)).answer();
    expect(await Promise.all([second, third])).toEqual(['2!', '3!']);
  });

  it('make at most so many calls at once, and each that ends makes room for one', async () => {
    const { ask, asked, call } = lane({ inFlight: 2, batch: 2 });
    const answers = Promise.all([1, 2, 3, 4, 5, 6].map((question) => ask(question)));
    await settle();
    expect(asked()).toEqual([[1], [2]]);
    (await call(1)).answer();
    await call(2);
    await settle();
    expect(asked()).toEqual([[1], [2], [3, 4]]);
    (await call(0)).answer();
    await call(3);
    expect(asked()).toEqual([[1], [2], [3, 4], [5, 6]]);
    for (const index of [2, 3]) (await call(index)).answer();
    expect(await answers).toEqual(['1!', '2!', '3!', '4!', '5!', '6!']);
  });

  it('share a call with at most so many', async () => {
    const { ask, asked, call } = lane({ batch: 3 });
    const answers = Promise.all([1, 2, 3, 4, 5, 6].map((question) => ask(question)));
    for (const index of [0, 1, 2]) (await call(index)).answer();
    expect(await answers).toEqual(['1!', '2!', '3!', '4!', '5!', '6!']);
    expect(asked()).toEqual([[1], [2, 3, 4], [5, 6]]);
  });

  it('do not wait for those of another destination', async () => {
    const { ask, asked, call } = lane();
    const answers = Promise.all([ask(1, 'here'), ask(2, 'there')]);
    expect(asked()).toEqual([[1], [2]]);
    for (const index of [0, 1]) (await call(index)).answer();
    expect(await answers).toEqual(['1!', '2!']);
  });

  it('leave nothing behind once all are answered', async () => {
    const set = vi.spyOn(Map.prototype, 'set');
    const { ask, call } = lane();
    const answers = Promise.all([ask(1, 'a place'), ask(2, 'a place')]);
    const lanes = set.mock.contexts[set.mock.calls.findIndex(([key]) => key === 'a place')] as Map<string, unknown>;
    set.mockRestore();
    expect(lanes.size).toBe(1);
    for (const index of [0, 1]) (await call(index)).answer();
    await answers;
    expect(lanes.size).toBe(0);
  });
});

describe('a call that others wait for', () => {
  const limits = { gatherMs: 60 };
  const LONG_MS = 40;

  it('waits for more of them after one that took long', async () => {
    const { ask, asked, call } = lane(limits);
    const before = [1, 2, 3].map((question) => ask(question));
    await scheduler.wait(LONG_MS);
    (await call(0)).answer();
    await settle();
    expect(asked()).toEqual([[1]]);
    const later = ask(4);
    (await call(1)).answer();
    expect(await Promise.all([...before, later])).toEqual(['1!', '2!', '3!', '4!']);
    expect(asked()).toEqual([[1], [2, 3, 4]]);
  });

  it('waits for nobody after one that did not', async () => {
    const { ask, asked, call } = lane({ gatherMs: 60_000 });
    const answers = Promise.all([1, 2, 3].map((question) => ask(question)));
    for (const index of [0, 1]) (await call(index)).answer();
    expect(await answers).toEqual(['1!', '2!', '3!']);
    expect(asked()).toEqual([[1], [2, 3]]);
  });

  it('is not delayed when nobody does', async () => {
    const { ask, asked, call } = lane({ gatherMs: 60_000 });
    const answers = Promise.all([1, 2].map((question) => ask(question)));
    await scheduler.wait(LONG_MS);
    for (const index of [0, 1]) (await call(index)).answer();
    expect(await answers).toEqual(['1!', '2!']);
    expect(asked()).toEqual([[1], [2]]);
  });
});

describe('a call that is slow', () => {
  const limits = { slowMs: 30 };

  it('is not waited for by who came meanwhile, and these share the next one', async () => {
    const { ask, asked, call } = lane(limits);
    const answers = Promise.all([1, 2, 3].map((question) => ask(question)));
    await settle();
    expect(asked()).toEqual([[1]]);
    (await call(1)).answer();
    expect(asked()).toEqual([[1], [2, 3]]);
    (await call(0)).answer();
    expect(await answers).toEqual(['1!', '2!', '3!']);
  });

  it('is not waited for by who comes then', async () => {
    const { ask, asked, call } = lane(limits);
    const first = ask(1);
    await scheduler.wait(40);
    const second = ask(2);
    expect(asked()).toEqual([[1], [2]]);
    for (const index of [0, 1]) (await call(index)).answer();
    expect(await Promise.all([first, second])).toEqual(['1!', '2!']);
  });

  it('has three beside it at most', async () => {
    const { ask, asked, call } = lane(limits);
    const answers: Promise<string>[] = [];
    for (const question of [1, 2, 3, 4, 5]) {
      answers.push(ask(question));
      await scheduler.wait(40);
    }
    expect(asked()).toEqual([[1], [2], [3], [4]]);
    for (const index of [0, 1, 2, 3, 4]) (await call(index)).answer();
    expect(await Promise.all(answers)).toEqual(['1!', '2!', '3!', '4!', '5!']);
  });
});

describe('a call that fails', () => {
  it('fails for all whom it carried and nobody else', async () => {
    const { ask, asked, call } = lane({ batch: 2 });
    const outcomes = Promise.allSettled([1, 2, 3, 4].map((question) => ask(question)));
    (await call(0)).answer();
    (await call(1)).fail(new Error('broken'));
    (await call(2)).answer();
    const error = expect.objectContaining({ message: 'broken' });
    expect(await outcomes).toEqual([
      { status: 'fulfilled', value: '1!' },
      { status: 'rejected', reason: error },
      { status: 'rejected', reason: error },
      { status: 'fulfilled', value: '4!' },
    ]);
    expect(asked()).toEqual([[1], [2, 3], [4]]);
  });

  it('frees its place', async () => {
    const { ask, asked, call } = lane();
    const first = ask(1);
    (await call(0)).fail(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    const second = ask(2);
    expect(asked()).toEqual([[1], [2]]);
    (await call(1)).answer();
    expect(await second).toBe('2!');
  });
});

describe('a call that never returns', () => {
  const patience = { patienceMs: 60 };

  it('strands neither whom it carried nor who waits behind it: they ask alone when their patience ends', async () => {
    const { ask, asked, call } = lane({ ...patience, batch: 2 });
    void ask(1);
    const behind = Promise.all([2, 3, 4].map((question) => ask(question)));
    await settle();
    expect(asked()).toEqual([[1]]);
    for (const index of [1, 2, 3]) (await call(index)).answer();
    expect(await behind).toEqual(['2!', '3!', '4!']);
    expect(asked()).toEqual([[1], [2], [3], [4]]);
  });

  it('is asked again by those whom it carried only, each for itself', async () => {
    const { ask, asked, call } = lane(patience);
    const first = ask(1);
    void ask(2);
    const carried = ask(3);
    (await call(0)).answer();
    await first;
    await call(1);
    expect(asked()).toEqual([[1], [2, 3]]);
    (await call(2)).answer();
    expect(await carried).toBe('3!');
    expect(asked()).toEqual([[1], [2, 3], [3]]);
  });

  it('gives up its place, so that requests share calls again', async () => {
    const { ask, asked, call } = lane(patience);
    void ask(1);
    await scheduler.wait(70);
    const answers = Promise.all([2, 3, 4].map((question) => ask(question)));
    expect(asked()).toEqual([[1], [2]]);
    (await call(1)).answer();
    (await call(2)).answer();
    expect(await answers).toEqual(['2!', '3!', '4!']);
    expect(asked()).toEqual([[1], [2], [3, 4]]);
  });
});

describe('who lost patience', () => {
  const patience = { patienceMs: 60 };

  it('is not taken along by a later call', async () => {
    const { ask, asked, call } = lane(patience);
    const slow = ask(1);
    const late = ask(2);
    (await call(1)).answer();
    expect(await late).toBe('2!');
    const next = ask(3);
    (await call(0)).answer();
    expect(await slow).toBe('1!');
    (await call(2)).answer();
    expect(await next).toBe('3!');
    expect(asked()).toEqual([[1], [2], [3]]);
  });

  it('keeps its first answer when the call that carried it returns after all', async () => {
    const { ask, call, calls } = lane(patience);
    const first = ask(1);
    const lead = ask(2);
    const late = ask(3);
    (await call(0)).answer();
    (await call(2)).fail(new Error('the own call broke'));
    await expect(late).rejects.toThrow('the own call broke');
    (await call(1)).answer();
    expect(await Promise.all([first, lead])).toEqual(['1!', '2!']);
    expect(calls).toHaveLength(3);
  });
});

describe('a call that returns after everybody lost patience', () => {
  const patience = { patienceMs: 60 };

  it('hands no place on, for it has none', async () => {
    const { ask, asked, call } = lane(patience);
    const slow = ask(1);
    await scheduler.wait(70);
    const second = ask(2);
    const third = ask(3);
    (await call(0)).answer();
    expect(await slow).toBe('1!');
    await settle();
    expect(asked()).toEqual([[1], [2]]);
    (await call(1)).answer();
    (await call(2)).answer();
    expect(await Promise.all([second, third])).toEqual(['2!', '3!']);
  });

  it('does not forget the calls that came after it', async () => {
    const { ask, asked, call } = lane(patience);
    const slow = ask(1);
    await scheduler.wait(70);
    const second = ask(2);
    (await call(1)).answer();
    await second;
    const third = ask(3);
    (await call(0)).answer();
    await slow;
    const fourth = ask(4);
    await settle();
    expect(asked()).toEqual([[1], [2], [3]]);
    (await call(2)).answer();
    (await call(3)).answer();
    expect(await Promise.all([third, fourth])).toEqual(['3!', '4!']);
  });
});
