import { z } from '@hono/zod-openapi';
import type { UserRow } from '../db/tables.ts';
import { ROLES } from '../domain/model.ts';
import { flag, listOf, pageQuery } from '../http/fields.ts';
import { EMAIL_LENGTH_MAX, line } from '../http/text.ts';
import { userJson, userSchema } from './schema.ts';

const role = z.enum(ROLES);

/** What an admin may change of an account. */
export const userChanges = z
  .strictObject({
    role: role.optional().openapi({
      description:
        'More rights count at once wherever a route asks for a role, else with the next login or refresh; fewer rights ' +
        'count after 15 minutes at the latest. Events and venues stay with who owns them.',
    }),
    disabled: z
      .boolean()
      .optional()
      .openapi({ description: 'True: signed out everywhere, and no login. Access tokens that are out run out.' }),
  })
  .openapi('UserChanges', { example: { disabled: true } });

/** Filters and page of the list of accounts. */
export const userQuery = z.strictObject({
  q: line(EMAIL_LENGTH_MAX)
    .optional()
    .openapi({ description: 'Beginning of the username or the e-mail address, in any case.', example: 'ada' }),
  role: role.optional().openapi({ description: 'Only accounts in this role.' }),
  disabled: flag
    .optional()
    .openapi({ description: 'True: only accounts that may not log in; false: only those that may.' }),
  ...pageQuery,
});

/** An account as admins see it. */
export const accountSchema = userSchema
  .extend({ disabled: z.boolean().openapi({ description: 'Whether it may not log in.' }) })
  .openapi('Account');

/** A page of accounts. */
export const accountList = listOf(accountSchema).openapi('AccountList');

export type UserQuery = z.output<typeof userQuery>;
export type UserChanges = z.output<typeof userChanges>;

/** The account as admins see it. */
export function accountJson(user: UserRow): z.input<typeof accountSchema> {
  return { ...userJson(user), disabled: user.disabledAt !== null };
}
