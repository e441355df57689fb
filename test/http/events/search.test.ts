import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import { PLAIN_LETTERS } from '../../../src/http/search.ts';
import { request, somebody } from '../../support/api.ts';
import { allPages, createEvent, HOUR_MS, invalid, projectEvent } from '../../support/events.ts';

beforeEach(async () => {
  await env.DB.prepare('DELETE FROM events').run();
});

async function found(q: string, filters = ''): Promise<string[]> {
  const items = await allPages(`/api/events?q=${encodeURIComponent(q)}${filters}`, 100);
  return items.map((item) => item.title);
}

const at = (hours: number) => ({
  startTime: Date.now() + hours * HOUR_MS,
  endTime: Date.now() + (hours + 1) * HOUR_MS,
});

it('finds words in title, tags and description, whatever their case, accents and endings', async () => {
  await projectEvent({ title: 'Running in Zürich', ...at(1) });
  await projectEvent({ title: 'Second', tags: ['trail running', 'node.js'], ...at(2) });
  await projectEvent({ title: 'Third', description: 'We run, rain or shine.', ...at(3) });
  expect(await found('RUN')).toEqual(['Running in Zürich', 'Second', 'Third']);
  expect(await found('zurich')).toEqual(['Running in Zürich']);
  expect(await found('node.js')).toEqual(['Second']);
});

it('finds words by plain letters, however they are written', async () => {
  const northern = 'Wrocław Ŧorgga Ǿrsted';
  await projectEvent({ title: northern, ...at(1) });
  await projectEvent({ title: 'Øredev', tags: ['ΆΝΟΙΞΗ'], ...at(2) });
  await projectEvent({ title: 'STRAẞENFEST', description: 'по-своёму στους δρόμους της Αθήνας', ...at(3) });
  for (const q of ['wroclaw', 'WROCŁAW', 'wroc*', 'torgga', 'orsted']) expect(await found(q), q).toEqual([northern]);
  for (const q of ['oredev', 'ØREDEV', 'άνοιξη', 'Ανοιξη']) expect(await found(q), q).toEqual(['Øredev']);
  for (const q of ['strassenfest', 'Straßenfest', 'своему', 'δρομους', 'ΔΡΌΜΟΥΣ', 'αθηνας']) {
    expect(await found(q), q).toEqual(['STRAẞENFEST']);
  }
});

it.each([
  '서울 축제',
  'Чайковский вечер',
  'ガンダム展',
  'ὀδύσσεια',
  'Łódź',
])('finds %s, whichever way it is composed', async (text) => {
  const { token } = await somebody('organizer');
  for (const form of ['NFC', 'NFD']) {
    const title = text.normalize(form);
    const made = await createEvent(token, { title, description: title, status: 'published' });
    expect(made).toMatchObject({ title: text, description: text });
  }
  for (const form of ['NFC', 'NFD']) expect(await found(text.normalize(form))).toEqual([text, text]);
});

it('keeps text with endless marks as it is, and soon', async () => {
  const { token } = await somebody('organizer');
  const description = `a${'\u0323\u0301'.repeat(4_999)}`;
  expect(await createEvent(token, { description })).toMatchObject({ description });
});

it('folds what is searched for as the index does what is found', async () => {
  const { results } = await env.DB.prepare('SELECT letter, plain FROM plain_letters').all<Record<string, string>>();
  const folded = results.map(({ letter = '', plain }) => [letter.toLowerCase(), plain] as const);
  expect(new Map(folded)).toEqual(PLAIN_LETTERS);
  for (const letter of PLAIN_LETTERS.keys()) {
    const upper = letter.toUpperCase();
    if (upper.toLowerCase() === letter) expect(results.map((row) => row.letter)).toContain(upper);
  }
});

it('requires every word, wherever each occurs', async () => {
  await projectEvent({ title: 'Jazz', tags: ['park'], description: 'free' });
  await projectEvent({ title: 'Jazz', description: 'indoors' });
  expect(await found('jazz park')).toHaveLength(1);
  expect(await found('free jazz park')).toHaveLength(1);
  expect(await found('jazz park indoors')).toHaveLength(0);
});

it('finds a word by each of its beginnings, whatever its stem is, and by nothing longer', async () => {
  const words = ['security', 'Conférences', 'networking', 'accessibility', 'Großstädte', 'java'];
  for (const title of words) await projectEvent({ title });
  for (const word of words) {
    for (let length = 2; length <= word.length; length += 1) {
      expect(await found(`${word.slice(0, length)}*`)).toEqual([word]);
    }
    expect(await found(`${word}x*`)).toEqual([]);
  }
  expect(await found('javas*')).toEqual([]);
  expect(await found('network* java')).toEqual([]);
});

it('finds whole words by their stems together with others by their beginnings, and ranks them as one', async () => {
  await projectEvent({ title: 'Nothing', description: 'We run in parks', ...at(1) });
  await projectEvent({ title: 'Running', tags: ['parks'], ...at(2) });
  await projectEvent({ title: 'Park runs', ...at(3) });
  await projectEvent({ title: 'Running', ...at(4) });
  expect(await found('par* run')).toEqual(['Park runs', 'Running', 'Nothing']);
});

it('a trailing star matches beginnings, and only a trailing one', async () => {
  await projectEvent({ title: 'JavaScript' });
  expect(await found('java')).toEqual([]);
  expect(await found('java*')).toEqual(['JavaScript']);
  expect(await found('java***')).toEqual(['JavaScript']);
  expect(await found('*script')).toEqual([]);
});

it('matches the beginnings of five words, however often one is named; more must be whole', async () => {
  await projectEvent({ title: 'alpha beta gamma delta epsilon zeta' });
  expect(await found('al* be* ga* de* ep*')).toHaveLength(1);
  expect(await found('al* al* be* al* ga* de* ep* zeta*')).toHaveLength(1);
  expect(await found('al* be* ga* de* ep* zet*')).toHaveLength(0);
});

it('ranks title before tags before description, then the sooner', async () => {
  await projectEvent({ title: 'description', description: 'jazz night', ...at(1) });
  await projectEvent({ title: 'tags', tags: ['jazz', 'night'], ...at(2) });
  await projectEvent({ title: 'Night between', tags: ['jazz'], ...at(4) });
  await projectEvent({ title: 'Jazz night late', ...at(9) });
  await projectEvent({ title: 'Jazz night soon', ...at(3) });
  const ranked = ['Jazz night soon', 'Jazz night late', 'tags', 'Night between', 'description'];
  expect(await found('jazz night')).toEqual(ranked);
  const latest = ['Jazz night late', 'Night between', 'Jazz night soon', 'tags', 'description'];
  expect(await found('jazz night', '&sort=-start_time')).toEqual(latest);
});

it('pages of a ranking yield each match once, though new matches shift all statistics meanwhile', async () => {
  const places = [{ title: 'jazz' }, { title: 'x', tags: ['jazz'] }, { title: 'x', description: 'jazz' }];
  const expected: string[] = [];
  for (let index = 0; index < 21; index += 1) {
    expected.push((await projectEvent({ ...places[index % 3], ...at(1 + (index % 4)) })).id);
  }
  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const path: string = `/api/events?q=jazz&limit=4${cursor && `&cursor=${cursor}`}`;
    const reply = await request('GET', path);
    seen.push(...reply.body.items.map((item: { id: string }) => item.id));
    cursor = reply.body.next_cursor;
    // It ranks before everything that is still to come.
    await projectEvent({ title: 'jazz jazz jazz', ...at(0.1) });
  }
  expect(seen.filter((id) => expected.includes(id)).sort()).toEqual(expected.sort());
  expect(new Set(seen).size).toBe(seen.length);
});

it('respects who may see what, and the other filters', async () => {
  await projectEvent({ title: 'Jazz draft', status: 'draft', publishedAt: null });
  await projectEvent({ title: 'Jazz deleted', deletedAt: 1 });
  await projectEvent({ title: 'Jazz', tags: ['a'] });
  await projectEvent({ title: 'Jazz past', startTime: 1000, endTime: 2000 });
  expect(await found('jazz')).toEqual(['Jazz past', 'Jazz']);
  expect(await found('jazz', '&tag=a')).toEqual(['Jazz']);
  expect(await found('jazz', '&when=past')).toEqual(['Jazz past']);
});

it('follows an edit of the words', async () => {
  const event = await projectEvent({ title: 'Øld words' });
  await projectEvent({ ...event, title: 'New words' });
  expect(await found('old')).toEqual([]);
  expect(await found('new')).toEqual(['New words']);
  await env.DB.prepare("INSERT INTO events_fts (events_fts, rank) VALUES ('integrity-check', 1)").run();
});

const SYNTAX = '" "" "a a"b \' AND a|AND OR|b NOT NEAR(a|b) NEAR title: title:a {title}:a -a +a ^a ( ) a) * ** a*b *|*';
const ODD = ['&&', '\\', ';', '--', '💥', '\u200b.', 'a:b*', '%', '_', '\u3000x', 'a\u0301*', '𝒳'];
const LONG = [Array.from({ length: 100 }, () => 'a').join(' '), '"'.repeat(200), 'a*'.repeat(100)];

it.each([
  ...SYNTAX.split(' ').map((q) => q.replaceAll('|', ' ')),
  ...ODD,
  ...LONG,
])('the search %s never fails', async (q) => {
  await projectEvent({ title: 'a b' });
  expect((await request('GET', `/api/events?q=${encodeURIComponent(q)}`)).status).toBe(200);
});

it('no text at all fails with more than a 422', async () => {
  await projectEvent({ title: 'a b' });
  const syntax = fc.constantFrom('"', '*', 'AND', 'NEAR(', 'title:', '^');
  const words = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), syntax));
  await fc.assert(
    fc.asyncProperty(words, async (parts) => {
      const reply = await request('GET', `/api/events?q=${encodeURIComponent(parts.join(' ').toWellFormed())}`);
      expect([200, 422]).toContain(reply.status);
    }),
    { numRuns: 300 },
  );
});

it('what cannot be decoded is refused or searched, never a fault', async () => {
  for (const q of ['%ff', '%', '%ed%a0%80', '%00a', '+%2B+']) {
    expect([200, 422], q).toContain((await request('GET', `/api/events?q=${q}`)).status);
  }
  for (const q of ['%E2%80%8B', '%CC%81']) {
    expect(await request('GET', `/api/events?q=${q}`)).toMatchObject(invalid(['/q', 'blank']));
  }
});
