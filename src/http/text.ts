import { z } from '@hono/zod-openapi';

const CONTROL = /\p{Cc}/u;

function isPrintable(text: string): boolean {
  return text.isWellFormed() && !CONTROL.test(text);
}

const NOT_PRINTABLE = {
  params: { code: 'invalid_text' },
  message: 'Control characters and lone surrogates are refused',
};

/** A string as it was sent, of well-formed Unicode without control characters; lengths in UTF-16 code units. */
export function verbatim(lengthMin: number, lengthMax: number) {
  return z.string().min(lengthMin).max(lengthMax).refine(isPrintable, NOT_PRINTABLE);
}

/** One line of text: not blank, trimmed, of well-formed Unicode without control characters. */
export function line(lengthMax: number) {
  return z.string().trim().min(1).max(lengthMax).refine(isPrintable, NOT_PRINTABLE);
}

/** Text of one or more lines, as `line`; any line end becomes a line feed. */
export function lines(lengthMax: number) {
  return z
    .string()
    .trim()
    .overwrite((text) => text.replace(/\r\n?/g, '\n'))
    .min(1)
    .max(lengthMax)
    .refine((text) => isPrintable(text.replaceAll('\n', '')), NOT_PRINTABLE);
}
