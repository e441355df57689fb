import { z } from '@hono/zod-openapi';
import names from 'countries-list/minimal/countries.en.min.json' with { type: 'json' };
import { sortKey } from './text.ts';

/** A country of ISO 3166-1, by its alpha-2 code and English name. */
export interface Country {
  readonly code: string;
  readonly name: string;
}

/** In the package, but parts of Saint Helena (SH) to ISO 3166-1. Kosovo (XK) stays: ISO leaves it to its users. */
const PARTS: ReadonlySet<string> = new Set(['AC', 'TA']);

/** Every country, by name. */
export const COUNTRIES: readonly Country[] = Object.entries(names)
  .map(([code, name]) => ({ code, name }))
  .filter(({ code }) => !PARTS.has(code))
  .sort((a, b) => (sortKey(a.name) < sortKey(b.name) ? -1 : 1));

const BY_CODE: ReadonlyMap<string, Country> = new Map(COUNTRIES.map((country) => [country.code, country]));

/** Upper case makes two letters of one here and there, as of `ß`. */
const LETTERS = /^[A-Za-z]{2}$/;

/** The country with this code, in either case; undefined if there is none. */
export function findCountry(code: string): Country | undefined {
  return LETTERS.test(code) ? BY_CODE.get(code.toUpperCase()) : undefined;
}

/** A country's code in a body or a query. */
export const countryCode = z
  .string()
  .refine((code) => findCountry(code) !== undefined, {
    params: { code: 'unknown_country' },
    error: 'Not an ISO 3166-1 alpha-2 code.',
  })
  .overwrite((code) => code.toUpperCase())
  .openapi({ description: 'ISO 3166-1 alpha-2.', pattern: '^[A-Za-z]{2}$', example: 'DE' });
