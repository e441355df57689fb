import { describe, expect, it } from 'vitest';
import { type Conference, type Mapping, parseConference, recordOf } from '../../scripts/conference.ts';

const MAPPING: Mapping = { now: Date.parse('2026-11-21T12:00:00Z'), shiftYearsMin: 0, capacity: 100 };
const LINE = {
  name: 'Tide and Type',
  url: 'https://tide.example',
  start_date: '2031-05-06',
  end_date: '2031-05-08',
  city: 'Porto',
  country: 'Portugal',
  online: false,
  topics: ['typescript', 'Databases', 'databases'],
};

function good(fields: object, mapping: Partial<Mapping> = {}): Conference {
  const parsed = parseConference(JSON.stringify({ ...LINE, ...fields }), 1, { ...MAPPING, ...mapping });
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.conference;
}

function days(fields: object, mapping: Partial<Mapping> = {}): [string, string] {
  const { start_time, end_time } = good(fields, mapping).event;
  return [start_time, end_time];
}

describe('a line of the file', () => {
  it('becomes an event from nine to five, with its topics as tags and all else it says in the description', () => {
    const { event, record } = good({});
    expect(event).toEqual({
      title: 'Tide and Type',
      description: `https://tide.example\nPorto, Portugal\nSource record ${record}`,
      start_time: '2031-05-06T09:00:00Z',
      end_time: '2031-05-08T17:00:00Z',
      time_zone: 'UTC',
      capacity: 100,
      tags: ['typescript', 'databases'],
    });
  });

  it('takes place in its city, under one name however the file calls the country, even if one may also join online', () => {
    expect(good({}).place).toEqual({ name: 'Porto', location: 'Porto, Portugal', country_code: 'PT' });
    const seoul = good({ city: 'Seoul', country: 'South Korea', online: true });
    expect(seoul.place).toEqual({ name: 'Seoul', location: 'Seoul, South Korea', country_code: 'KR' });
    expect(good({ city: 'Seoul', country: 'Korea' }).place).toEqual(seoul.place);
    expect(seoul.event).not.toHaveProperty('country_code');
  });

  it.each([
    ['online', { city: null, country: null, online: true }],
    ['of a country that nobody knows', { country: 'Atlantis' }],
    ['that names no country', { country: null }],
  ])('%s takes place at no venue', (_, fields) => {
    expect(good(fields).place).toBeNull();
    expect(good(fields).event).not.toHaveProperty('country_code');
  });

  it('that names a country but no city has the country itself', () => {
    const { place, event } = good({ city: null });
    expect(place).toBeNull();
    expect(event).toMatchObject({ country_code: 'PT' });
  });

  it('may leave out all but its name and first day', () => {
    const { event } = good({ url: null, city: null, country: undefined, online: true, topics: null, end_date: null });
    expect(event.description).toMatch(/^online\nSource record [0-9a-f]{16}$/);
    expect(event).toMatchObject({ end_time: '2031-05-06T17:00:00Z', tags: [] });
  });

  it('is known by its content, not by the order of its fields, the day of loading or the options', () => {
    const { record } = good({});
    const reversed = JSON.stringify(Object.fromEntries(Object.entries(LINE).reverse()));
    const later = parseConference(reversed, 9, { now: MAPPING.now + 1e12, shiftYearsMin: 3, capacity: 7 });
    expect(later).toMatchObject({ ok: true, conference: { record, line: 9 } });
    expect(good({ city: 'Lisboa' }).record).not.toBe(record);
    expect(recordOf(good({}).event.description)).toBe(record);
    expect(recordOf('Source record of nothing')).toBeNull();
  });

  it.each([
    ['{"name":', /^not JSON/],
    ['[]', /expected object/],
    ['{"start_date":"2031-05-06"}', /^name: /],
    ['{"name":" ","start_date":"2031-05-06"}', /^name: /],
    ['{"name":"A","start_date":"2031-02-30"}', /^start_date: /],
    ['{"name":"A","start_date":"2031-05-06","end_date":"2031-05-05"}', /^end_date: is before start_date$/],
    [`{"name":"${'A'.repeat(201)}","start_date":"2031-05-06"}`, /^name: /],
    ['{"name":"A","start_date":"2031-05-06","topics":"css"}', /^topics: /],
  ])('that cannot be used says why: %s', (line, reason) => {
    expect(parseConference(line, 1, MAPPING)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });
});

describe('the shift of years', () => {
  it('leaves a date in the future alone', () => {
    expect(days({})).toEqual(['2031-05-06T09:00:00Z', '2031-05-08T17:00:00Z']);
  });

  it('moves a past date by as few whole years as it takes, and says so', () => {
    const past = { start_date: '2017-11-20', end_date: '2017-11-22' };
    expect(days(past)).toEqual(['2027-11-20T09:00:00Z', '2027-11-22T17:00:00Z']);
    expect(good(past).event.description).toContain('Moved by 10 years; in the source on 2017-11-20 to 2017-11-22');
    expect(days({ start_date: '2017-11-22', end_date: '2017-11-22' })[0]).toBe('2026-11-22T09:00:00Z');
  });

  it('moves a conference that has begun, even if it has not ended', () => {
    expect(days({ start_date: '2026-11-21', end_date: '2026-11-23' })[0]).toBe('2027-11-21T09:00:00Z');
  });

  it('moves one that would begin while the file is being loaded', () => {
    const today = { start_date: '2026-11-22', end_date: '2026-11-22' };
    expect(days(today, { now: Date.parse('2026-11-22T08:50:00Z') })[0]).toBe('2026-11-22T09:00:00Z');
    expect(days(today, { now: Date.parse('2026-11-22T08:51:00Z') })[0]).toBe('2027-11-22T09:00:00Z');
  });

  it('keeps a conference over New Year in one piece', () => {
    const newYear = { start_date: '2020-12-31', end_date: '2021-01-02' };
    expect(days(newYear)).toEqual(['2026-12-31T09:00:00Z', '2027-01-02T17:00:00Z']);
  });

  it('moves every date by the years asked for, and a past one by more where it must', () => {
    expect(days({}, { shiftYearsMin: 2 })[0]).toBe('2033-05-06T09:00:00Z');
    expect(days({ start_date: '2017-01-09', end_date: '2017-01-09' }, { shiftYearsMin: 2 })[0]).toBe(
      '2027-01-09T09:00:00Z',
    );
  });

  it.each([
    ['2020-02-29', '2020-03-01', '2027-02-28T09:00:00Z', '2027-03-01T17:00:00Z'],
    ['2020-02-27', '2020-02-29', '2027-02-27T09:00:00Z', '2027-02-28T17:00:00Z'],
  ])('turns 29 February into the 28th where there is none: %s to %s', (start_date, end_date, start, end) => {
    expect(days({ start_date, end_date })).toEqual([start, end]);
  });

  it('keeps 29 February where there is one', () => {
    const leap = { start_date: '2024-02-29', end_date: '2024-02-29' };
    expect(days(leap, { shiftYearsMin: 4 })[0]).toBe('2028-02-29T09:00:00Z');
    expect(days({ start_date: '2000-02-29', end_date: '2000-02-29' }, { shiftYearsMin: 100 })[0]).toBe(
      '2100-02-28T09:00:00Z',
    );
  });
});
