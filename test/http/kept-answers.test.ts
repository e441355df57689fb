import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { type About, type Kept, KeptAnswers } from '../../src/http/kept-answers.ts';

afterEach(() => {
  vi.useRealTimers();
});

const THINGS = ['a', 'b', 'c'];

/** An answer about one thing, or about anything. */
function answerAbout(id: string | null, moment: number, body = ''): Kept {
  const subject = id === null ? null : { id, mark: '1' };
  const times = { until: Number.POSITIVE_INFINITY, madeAt: 0, since: 0, askedAt: 0 };
  return { body, subject, headers: new Headers(), tag: '""', moment, isRenewed: false, ...times };
}

type Step = { readonly do: 'begin' | 'keep' | 'forget'; readonly id: string | null };

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('begin' as const, 'keep' as const, 'forget' as const),
  id: fc.constantFrom(null, ...THINGS),
});

it('gives what was read after the last change of what it shows, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const answers = new KeptAnswers();
      /** Who reads what, since when; and what is to be found. */
      const begun = new Map<string | null, { moment: number; touched: boolean }>();
      const known = new Set<string | null>();
      for (const { do: what, id } of steps) {
        if (what === 'begin') begun.set(id, { moment: answers.moment, touched: false });
        const reading = begun.get(id);
        if (what === 'keep' && reading !== undefined) {
          answers.keep(`/${id}`, answerAbout(id, reading.moment));
          if (!reading.touched) known.add(id);
        }
        if (what === 'forget') {
          if (id === null) answers.forgetAll();
          else answers.forget(id);
          for (const [read, one] of begun) if (id === null || read === null || read === id) one.touched = true;
          for (const one of known) if (id === null || one === null || one === id) known.delete(one);
        }
        for (const one of [null, ...THINGS]) expect(answers.find(`/${one}`) !== undefined).toBe(known.has(one));
      }
    }),
  );
});

it('keeps nothing that was read before more things changed than it remembers', () => {
  const answers = new KeptAnswers();
  const { moment } = answers;
  answers.forget('written');
  for (let other = 0; other < 1_000; other += 1) answers.forget(`other ${other}`);
  answers.keep('/written', answerAbout('written', moment));
  expect(answers.find('/written')).toBeUndefined();
  answers.keep('/written', answerAbout('written', answers.moment));
  expect(answers.find('/written')).toBeDefined();
});

it('keeps what was read after a change, though what was read before it comes later', () => {
  const answers = new KeptAnswers();
  const early = answerAbout('a', answers.moment, 'early');
  answers.forget('a');
  const late = answerAbout('a', answers.moment, 'late');
  answers.keep('/a', late);
  answers.keep('/a', early);
  expect(answers.find('/a')).toBe(late);
});

it('drops the oldest first, and counts none twice', () => {
  const answers = new KeptAnswers();
  const large = 'x'.repeat(5_000_000);
  for (const url of ['/1', '/2', '/2', '/3', '/4']) answers.keep(url, answerAbout(url, answers.moment, large));
  expect(['/1', '/2', '/3', '/4'].filter((url) => answers.find(url) !== undefined)).toEqual(['/2', '/3', '/4']);
  for (const url of ['/2', '/3']) answers.forget(url);
  for (const url of ['/5', '/6']) answers.keep(url, answerAbout(url, answers.moment, large));
  expect(['/4', '/5', '/6'].filter((url) => answers.find(url) !== undefined)).toEqual(['/4', '/5', '/6']);
});

it('takes a bounded part of the memory, however long the addresses are', () => {
  const answers = new KeptAnswers();
  const urls = [1, 2, 3, 4].map((n) => `/${n}?${'&'.repeat(5_000_000)}`);
  for (const url of urls) answers.keep(url, answerAbout(null, answers.moment));
  expect(urls.map((url) => answers.find(url) !== undefined)).toEqual([false, true, true, true]);
});

it('confirms, with one that is too old, others that are: in turn, and a hundred at most', async () => {
  // Nothing is asked about twice within a second, and all of this is to be within one.
  vi.useFakeTimers({ toFake: ['Date'] });
  const answers = new KeptAnswers();
  const madeAt = Date.now() - 5_000;
  const kept = Array.from({ length: 250 }, (_, index): About => {
    const subject = { id: `${index}`, mark: index === 7 ? 'another' : '1' };
    const old = { ...answerAbout(`${index}`, 0), subject, madeAt, since: madeAt, askedAt: madeAt };
    answers.keep(`/${index}`, old);
    return old;
  });
  const asked: number[] = [];
  const marksOf = async (_: unknown, ids: readonly string[]) => {
    asked.push(ids.length);
    return new Map(ids.map((id) => [id, '1']));
  };
  const isYoung = ({ since }: Kept) => since > madeAt;
  await answers.confirm({} as Env, marksOf, []);
  expect(asked).toEqual([]);
  for (let call = 0; call < 5; call += 1) await answers.confirm({} as Env, marksOf, kept.slice(-1));
  // The last one every time; with it 100, 100 and 50, of which it is one itself; then those that are still too old.
  expect(asked).toEqual([101, 101, 50, 2, 1]);
  expect(kept.filter((one) => !isYoung(one)).map(({ subject }) => subject.id)).toEqual(['7']);
});
