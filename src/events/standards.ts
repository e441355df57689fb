import { z } from '@hono/zod-openapi';
import { LIMITS } from '../domain/model.ts';

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** An ISO 4217 code that the runtime knows, in upper case. */
export const currency = z
  .string()
  .toUpperCase()
  .refine((code) => CURRENCIES.has(code), { params: { code: 'unknown_currency' }, error: 'Not an ISO 4217 code.' })
  .openapi({ description: 'ISO 4217.', example: 'EUR' });

/** The zone as IANA spells it, or null if it isn't one. Offsets are refused: a zone knows its summer time. */
function ianaZone(text: string): string | null {
  if (!/^[A-Za-z]/.test(text)) return null;
  try {
    const { timeZone: known } = new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions();
    // Runtimes answer some zones by an older or newer name; only the case is put right.
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
