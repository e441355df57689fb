import { createHash } from 'node:crypto';
import { z } from 'zod';
import { LIMITS } from '../src/domain/model.ts';
import type { Country } from '../src/http/countries.ts';
import { countryNamed } from './country-names.ts';

/** Starts nearer than this count as past, so that no event slips into the past while the file is being loaded. */
const MARGIN_MS = 10 * 60_000;
const START_OF_DAY = 'T09:00:00Z';
const END_OF_DAY = 'T17:00:00Z';
const RECORD = /^Source record ([0-9a-f]{16})$/m;

const text = z.string().trim().max(500).nullish();

/** A line of the file. Other fields are ignored: the file belongs to somebody else. */
const lineSchema = z
  .object({
    name: z.string().trim().min(1).max(LIMITS.titleLengthMax),
    start_date: z.iso.date(),
    end_date: z.iso.date().nullish(),
    url: text,
    city: text,
    country: text,
    online: z.boolean().nullish(),
    topics: z.array(z.string().trim().min(1).max(LIMITS.tagLengthMax)).nullish(),
  })
  .refine((line) => line.end_date == null || line.end_date >= line.start_date, {
    path: ['end_date'],
    message: 'is before start_date',
  });

/** An event to create, and what the source calls it. */
export interface Conference {
  /** Counted from 1. */
  readonly line: number;
  /** The same for the same content, whatever its order of fields, its line number and the day of loading. */
  readonly record: string;
  /** Null: it is online, or the source names no city, or no country that is known. */
  readonly place: Place | null;
  /** Body of `POST /api/events`, but for the venue. */
  readonly event: {
    readonly title: string;
    readonly description: string;
    readonly start_time: string;
    readonly end_time: string;
    readonly time_zone: 'UTC';
    readonly capacity: number;
    readonly tags: readonly string[];
    /** Only where there is no venue to have it from. */
    readonly country_code?: string;
  };
}

/** Where a conference takes place: a venue of `POST /api/venues`, but for its capacity. */
export interface Place {
  readonly name: string;
  readonly location: string;
  readonly country_code: string;
}

export interface Mapping {
  /** Epoch milliseconds; starts before it are moved. */
  readonly now: number;
  /** Every date is moved by at least so many years. */
  readonly shiftYearsMin: number;
  readonly capacity: number;
}

/** What a line says, or why it can't be used. */
export type Parsed = { readonly ok: true; readonly conference: Conference } | { readonly ok: false; reason: string };

/** Reads one line of the file. */
export function parseConference(source: string, line: number, mapping: Mapping): Parsed {
  let json: unknown;
  try {
    json = JSON.parse(source);
  } catch (error) {
    return { ok: false, reason: `not JSON (${error instanceof Error ? error.message : String(error)})` };
  }
  const parsed = lineSchema.safeParse(json);
  if (!parsed.success) return { ok: false, reason: reasonsOf(parsed.error) };
  return { ok: true, conference: toConference(parsed.data, line, mapping) };
}

function reasonsOf(error: z.ZodError): string {
  return error.issues.map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': ')).join('; ');
}

function toConference(source: z.infer<typeof lineSchema>, line: number, mapping: Mapping): Conference {
  const { name, url, start_date, end_date, city, country, online, topics } = source;
  const facts = [name, url, start_date, end_date, city, country, online, topics].map((fact) => fact ?? null);
  const record = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
  const lastDay = end_date ?? start_date;
  const years = shiftYears(start_date, mapping);
  const days = lastDay === start_date ? start_date : `${start_date} to ${lastDay}`;
  const where = [city, country].filter(Boolean).join(', ');
  const description = [
    url,
    [where, online ? 'online' : null].filter(Boolean).join(' and ') || null,
    years === 0 ? null : `Moved by ${years} ${years === 1 ? 'year' : 'years'}; in the source on ${days}`,
    `Source record ${record}`,
  ];
  const nation = countryNamed(country ?? '');
  const place = city && nation ? placeIn(city, nation) : null;
  return {
    line,
    record,
    place,
    event: {
      title: name,
      description: description.filter((part) => part != null && part !== '').join('\n'),
      start_time: `${addYears(start_date, years)}${START_OF_DAY}`,
      end_time: `${addYears(lastDay, years)}${END_OF_DAY}`,
      time_zone: 'UTC',
      capacity: mapping.capacity,
      tags: [...new Set((topics ?? []).map((topic) => topic.toLowerCase()))].slice(0, LIMITS.tagsMax),
      ...(nation && !city && { country_code: nation.code }),
    },
  };
}

/** Named by the country's own name, because sources call one country by several. */
function placeIn(city: string, { code, name }: Country): Place {
  return { name: city, location: `${city}, ${name}`, country_code: code };
}

/** The source's name for an event that was loaded from it, read back from the description; null for other events. */
export function recordOf(description: string): string | null {
  return RECORD.exec(description)?.[1] ?? null;
}

/** The least number of years, but no fewer than asked for, that puts the start in the future. */
function shiftYears(date: string, mapping: Mapping): number {
  const isPast = (years: number) => Date.parse(`${addYears(date, years)}${START_OF_DAY}`) < mapping.now + MARGIN_MS;
  const thisYear = new Date(mapping.now).getUTCFullYear();
  let years = Math.max(mapping.shiftYearsMin, thisYear - Number(date.slice(0, 4)));
  while (isPast(years)) years++;
  return years;
}

/** The same day so many years later; 29 February becomes the 28th where the year has none. */
function addYears(date: string, years: number): string {
  const [year = '', month = '', day = ''] = date.split('-');
  const target = Number(year) + years;
  const isLeap = new Date(Date.UTC(target, 1, 29)).getUTCMonth() === 1;
  const landing = month === '02' && day === '29' && !isLeap ? '28' : day;
  return `${String(target).padStart(4, '0')}-${month}-${landing}`;
}
