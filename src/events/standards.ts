import { z } from '@hono/zod-openapi';
import { currencies } from 'countries-list/currencies';
import { LIMITS } from '../domain/model.ts';

/** Codes of ISO 4217 for funds, which nobody pays with. */
const FUNDS: ReadonlySet<string> = new Set(['BOV', 'CHE', 'CHW', 'CLF', 'COU', 'MXV', 'USN', 'UYI', 'UYW']);
/** What several countries pay with. All else that begins so is no money: metals, units of account, codes for tests. */
const SHARED: ReadonlySet<string> = new Set(['XAF', 'XCD', 'XCG', 'XOF', 'XPF']);

/** The money of ISO 4217 that is in force; what runtimes know is that of their day, withdrawn currencies included. */
const CURRENCIES: ReadonlySet<string> = new Set(
  Object.entries(currencies)
    .filter(([code, { withdrawn }]) => !withdrawn && !FUNDS.has(code) && (!code.startsWith('X') || SHARED.has(code)))
    .map(([code]) => code),
);

/** A currency in force by its ISO 4217 code, in upper case. */
export const currency = z
  .string()
  .refine((code) => /^[A-Za-z]{3}$/.test(code) && CURRENCIES.has(code.toUpperCase()), {
    params: { code: 'unknown_currency' },
    error: 'Not an ISO 4217 code.',
  })
  .overwrite((code) => code.toUpperCase())
  .openapi({ description: 'ISO 4217.', example: 'EUR' });

/** The zone as IANA spells it, or null if it isn't one. Offsets are refused: a zone knows its summer time. */
function ianaZone(text: string): string | null {
  if (!/^[A-Za-z]/.test(text)) return null;
  try {
    const { timeZone: known } = new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions();
    // Runtimes answer some zones by an older or newer name, whose case says nothing of this one's.
    return known.toLowerCase() === text.toLowerCase() ? known : text;
  } catch {
    return null;
  }
}

/** A time zone of the IANA database. */
export const timeZone = z
  .string()
  .max(LIMITS.timeZoneLengthMax, { abort: true })
  .refine((text) => ianaZone(text) !== null, { params: { code: 'unknown_time_zone' }, error: 'Not an IANA time zone.' })
  .overwrite((text) => ianaZone(text) ?? text)
  .openapi({ description: 'An IANA name.', example: 'Europe/Berlin' });
