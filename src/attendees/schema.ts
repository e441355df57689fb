import { z } from '@hono/zod-openapi';
import type { NewAttendee } from '../db/tables.ts';
import {
  EXAMPLE_EDIT_TOKEN,
  EXAMPLE_IDS,
  EXAMPLE_TIMES,
  listOf,
  pageQuery,
  searchQuery,
  time,
  toTime,
} from '../http/fields.ts';
import { email, line } from '../http/text.ts';

const NAME_LENGTH_MAX = 100;
const PHONE_LENGTH_MAX = 40;
const BORN_FIRST = '1900-01-01';

/**
 * The zero that is dialled within the country only, bracketed after its code. In Italy and San Marino a zero belongs to
 * the number, brackets or not.
 */
const TRUNK_ZERO = /^([\s(]*\+(?!39|378)\d{1,3}[\s)./-]*)\(\s*0\s*\)/;

/** E.164, once what people write between the digits is gone. */
const phone = z
  .string()
  .max(PHONE_LENGTH_MAX)
  .overwrite((text) => text.replace(TRUNK_ZERO, '$1').replace(/[\s()./-]/g, ''))
  .regex(/^\+[1-9]\d{6,14}$/, 'International, as +49 30 1234567')
  .openapi({ description: 'International; kept in E.164.', pattern: '^\\+', example: '+49 30 1234567' });

const dateOfBirth = z.iso
  .date({ abort: true })
  .refine((date) => date >= BORN_FIRST && date < today(), {
    params: { code: 'out_of_range' },
    error: `A day of the past, from ${BORN_FIRST} on`,
  })
  .openapi({ format: 'date', example: '1990-12-24' });

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

const fields = {
  first_name: line(NAME_LENGTH_MAX).openapi({ example: 'Grace' }),
  last_name: line(NAME_LENGTH_MAX).openapi({ example: 'Hopper' }),
  email: email.openapi({ example: 'grace@example.com' }),
  phone: phone.nullable(),
  date_of_birth: dateOfBirth.nullable(),
};

/** A whole attendee. The defaults are documented here and filled in by the route. */
export const attendeeInput = z
  .strictObject({
    ...fields,
    phone: fields.phone.optional().openapi({ default: null }),
    date_of_birth: fields.date_of_birth.optional().openapi({ default: null }),
  })
  .openapi('AttendeeInput');

/** Some of it: what a PATCH leaves out stays as it is. */
export const attendeePatch = z
  .strictObject(fields)
  .partial()
  .openapi('AttendeePatch', { example: { phone: '+49 30 7654321' } });

/** An attendee as answers show them. */
export const attendeeJson = z
  .object({
    id: z.string().openapi({ example: EXAMPLE_IDS.attendee }),
    user_id: z.string().nullable().openapi({
      description: 'The account that registered them; null: nobody was signed in.',
      example: EXAMPLE_IDS.user,
    }),
    first_name: z.string().openapi({ example: 'Grace' }),
    last_name: z.string().openapi({ example: 'Hopper' }),
    email: z.string().openapi({ example: 'grace@example.com' }),
    phone: z.string().nullable().openapi({ description: 'E.164.', example: '+49301234567' }),
    date_of_birth: z.string().nullable().openapi({ format: 'date', example: '1990-12-24' }),
    created_at: time.openapi({ example: EXAMPLE_TIMES.attendee }),
    updated_at: time.openapi({ example: EXAMPLE_TIMES.attendee }),
    version: z.int().openapi({ description: 'Counts the changes.', example: 1 }),
  })
  .openapi('Attendee');

/** A new attendee, with the token that allows changes without a login. */
export const registeredJson = attendeeJson
  .extend({
    edit_token: z.string().openapi({
      description: 'Shown this once. Send it as `X-Edit-Token` to read, change, remove or book for the attendee.',
      example: EXAMPLE_EDIT_TOKEN,
    }),
  })
  .openapi('RegisteredAttendee');

/** A page of attendees. */
export const attendeeList = listOf(attendeeJson).openapi('AttendeeList');

/** Filter, order and page of the list of attendees. */
export const attendeeQuery = z.strictObject({
  q: searchQuery.openapi({
    description: 'Beginnings of words that must all occur in names or e-mail address.',
    example: 'hopp',
  }),
  sort: z
    .enum(['last_name', '-last_name', 'created_at', '-created_at'])
    .optional()
    .openapi({ default: 'last_name', description: 'The order; `-` is descending.' }),
  ...pageQuery,
});

export type AttendeeInput = z.output<typeof attendeeInput>;
export type AttendeePatch = z.output<typeof attendeePatch>;
/** An input with nothing left out. */
export type WholeAttendee = Omit<AttendeeInput, 'phone' | 'date_of_birth'> & {
  readonly phone: string | null;
  readonly date_of_birth: string | null;
};
export type AttendeeQuery = z.output<typeof attendeeQuery>;

/** An attendee as answers show them. */
export function toAttendeeJson(attendee: NewAttendee): z.output<typeof attendeeJson> {
  return {
    id: attendee.id,
    user_id: attendee.userId,
    first_name: attendee.firstName,
    last_name: attendee.lastName,
    email: attendee.email,
    phone: attendee.phone,
    date_of_birth: attendee.dateOfBirth,
    created_at: toTime(attendee.createdAt),
    updated_at: toTime(attendee.updatedAt),
    version: attendee.version,
  };
}
