import { z } from '@hono/zod-openapi';

const CONTROL = /\p{Cc}/u;

function isPrintable(text: string): boolean {
  return text.isWellFormed() && !CONTROL.test(text);
}

const NOT_PRINTABLE = {
  params: { code: 'invalid_text' },
  message: 'Control characters and lone surrogates are refused',
};

/** A string as it was sent, of well-formed Unicode without control characters; lengths in code points, as zod counts them. */
export function verbatim(lengthMin: number, lengthMax: number) {
  return z.string().min(lengthMin).max(lengthMax).refine(isPrintable, NOT_PRINTABLE);
}

/** More marks in a row make no stream-safe text (UAX #15, section 13), and normalising takes time by the square of them. */
const LONG_RUN = /\p{M}{31}/u;

/** The text in NFC, so that equal texts are written alike; as it is with over 30 marks in a row. */
function composed(text: string): string {
  return LONG_RUN.test(text) ? text : text.normalize('NFC');
}

/** The most characters that normalising ever makes one of, as of `ᾂ` from its letter and three marks. */
const COMPOSED_MAX = 4;

/**
 * A string in a normal form of Unicode, cut short before: a run of marks takes time by the square of its length.
 * @param lengthMax what the caller allows of the outcome
 */
export function normalized(form: 'NFC' | 'NFKC', lengthMax: number): z.ZodString {
  return z
    .string()
    .max(lengthMax * COMPOSED_MAX, { abort: true })
    .normalize(form);
}

/**
 * One line of text: trimmed, with something to see in it, of well-formed Unicode without control characters.
 * @param base what normalises the text before it is judged, in place of NFC
 */
export function line(lengthMax: number, base: z.ZodString = z.string().overwrite(composed)) {
  return base
    .trim()
    .min(1, { abort: true })
    .max(lengthMax)
    .refine(isPrintable, { ...NOT_PRINTABLE, abort: true })
    .refine((text) => /[\p{L}\p{N}\p{P}\p{S}]/u.test(text), { params: { code: 'blank' }, message: 'Nothing to see' });
}

/** Text of any number of lines, tabs allowed, else as `line`; any line end becomes a line feed. */
export function prose(lengthMax: number, base: z.ZodString = z.string()) {
  return base
    .overwrite((text) => composed(text).replace(/\r\n?/g, '\n'))
    .max(lengthMax)
    .refine((text) => isPrintable(text.replace(/[\n\t]/g, '')), NOT_PRINTABLE);
}

/** Trimmed text of one or more lines. */
export function lines(lengthMax: number) {
  return prose(lengthMax, z.string().trim().min(1));
}

/** RFC 5321, 4.5.3.1.3, less the angle brackets. */
export const EMAIL_LENGTH_MAX = 254;

/** Longer ones are no usernames. */
export const USERNAME_LENGTH_MAX = 64;

/** An e-mail address. */
export const email = z
  .email()
  .max(EMAIL_LENGTH_MAX)
  .openapi({ description: 'Unique whatever its case.', example: 'ada@example.com' });

/** What texts are sorted by: neither case nor accents nor compatibility forms count. */
export function sortKey(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}
