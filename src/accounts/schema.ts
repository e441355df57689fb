import { z } from '@hono/zod-openapi';
import type { UserRow } from '../db/tables.ts';
import { ROLES } from '../domain/model.ts';
import { EXAMPLE_IDS, EXAMPLE_TIMES, time, toTime } from '../http/fields.ts';
import { EMAIL_LENGTH_MAX, email, line, lines, normalized, USERNAME_LENGTH_MAX, verbatim } from '../http/text.ts';

const PASSWORD_LENGTH_MIN = 10;
const PASSWORD_LENGTH_MAX = 256;
const ORGANIZATION_LENGTH_MAX = 200;
const ADDRESS_LENGTH_MAX = 500;
/** Far above a token's length; what isn't formed like a token is refused as one, not as input. */
const TOKEN_LENGTH_MAX = 1000;

/** Without what is not shown, such as a variation selector: two names that look the same would be two accounts. */
const USERNAME = /^(?!.*\p{Default_Ignorable_Code_Point})[\p{L}\p{N}][\p{L}\p{N}\p{M}._-]*$/u;

/** Compatibility forms are unified before the pattern is judged, or a full-width `＠` would slip through it. */
const username = normalized('NFKC', USERNAME_LENGTH_MAX)
  .min(2)
  .max(USERNAME_LENGTH_MAX)
  .regex(USERNAME, 'Letters, digits, ".", "_" and "-", beginning with a letter or digit')
  .openapi({
    description: 'Letters, digits, `.`, `_` and `-`, beginning with a letter or digit. Unique whatever its case.',
    // What is judged as far as ASCII goes, and looser beyond: not every reader of the document knows classes of Unicode.
    pattern: '^[^\\x00-/:-@\\[-`{-\\xa0][^\\x00-,/:-@\\[-^`{-\\xa0]*$',
    example: 'ada',
  });

const newPassword = verbatim(PASSWORD_LENGTH_MIN, PASSWORD_LENGTH_MAX).openapi({
  format: 'password',
  example: 'correct horse battery',
});
const currentPassword = verbatim(1, PASSWORD_LENGTH_MAX).openapi({
  format: 'password',
  example: 'correct horse battery',
});
const organizationName = line(ORGANIZATION_LENGTH_MAX).openapi({ example: 'Analytical Engines Ltd' });
const businessAddress = lines(ADDRESS_LENGTH_MAX).nullable().openapi({ example: '12 St James Square, London' });
const REFRESH_TOKEN = 'mYh3-Qb8kZt0vXw2LrJ6sPfA9uDeGiNo1cTyVxR4aBqWzSdF7gHjKlMnOpQrStUvWxY';
/** What the example is exchanged for: of the same device, which its beginning says. */
export const NEXT_REFRESH_TOKEN = 'mYh3-Qb8kZt0vXw2LrJ6sPfAe5TnBw8sKd2LxQ7vJc0RmYg4HpUz9FaIoNtEiVb6WkD';
const refreshToken = z.string().min(1).max(TOKEN_LENGTH_MAX).openapi({ example: REFRESH_TOKEN });

function refuse(context: z.RefinementCtx, field: string, code: string, message: string): void {
  context.addIssue({ code: 'custom', path: [field], params: { code }, message });
}

/** What a new account says about itself. */
export const signUpBody = z
  .strictObject({
    username,
    email,
    password: newPassword,
    role: z
      .enum(['customer', 'organizer'])
      .default('customer')
      .openapi({ description: 'Everyone may reserve; organizers also publish events.', example: 'organizer' }),
    organization_name: organizationName.nullish().openapi({ description: 'For organizers, who need one.' }),
    business_address: businessAddress.optional().openapi({ description: 'For organizers.' }),
  })
  .superRefine((body, context) => {
    if (body.role === 'organizer') {
      if (!body.organization_name) refuse(context, 'organization_name', 'required', 'Organizers need a name');
      return;
    }
    if (body.organization_name) refuse(context, 'organization_name', 'organizer_only', 'Only organizers have one');
    if (body.business_address) refuse(context, 'business_address', 'organizer_only', 'Only organizers have one');
  })
  .openapi('SignUp', {
    example: {
      username: 'ada',
      email: 'ada@example.com',
      password: 'correct horse battery',
      role: 'organizer',
      organization_name: 'Analytical Engines Ltd',
      business_address: '12 St James Square, London',
    },
  });

/** Who signs a device in. */
export const logInBody = z
  .strictObject({
    username: verbatim(1, EMAIL_LENGTH_MAX).openapi({ description: 'Username or e-mail address.', example: 'ada' }),
    password: currentPassword,
  })
  .openapi('LogIn');

/** A refresh token to exchange. */
export const refreshBody = z.strictObject({ refresh_token: refreshToken }).openapi('Refresh');

/** Which device to sign out, or all of them. */
export const logOutBody = z
  .strictObject({
    refresh_token: refreshToken.optional().openapi({ description: 'The device to sign out. Needed unless `all`.' }),
    all: z
      .boolean()
      .default(false)
      .openapi({ description: 'Sign out every device of the account; needs an access token.', example: false }),
  })
  .superRefine((body, context) => {
    if (!body.all && body.refresh_token === undefined) {
      refuse(context, 'refresh_token', 'required', 'Send the refresh token of the device, or "all": true');
    }
  })
  .openapi('LogOut', { minProperties: 1 });

/** What of the account is to change; what is absent stays. */
export const profileBody = z
  .strictObject({
    username: username.optional(),
    email: email.optional(),
    organization_name: organizationName.optional(),
    business_address: businessAddress.optional(),
  })
  .openapi('ProfileChanges', { example: { email: 'ada@analytical-engines.example' } });

/** The old password and the new one. */
export const passwordBody = z
  .strictObject({
    current_password: currentPassword,
    new_password: newPassword.openapi({ example: 'an even better passphrase' }),
  })
  .openapi('PasswordChange');

/** What confirms that the account is to go. */
export const deletionBody = z.strictObject({ password: currentPassword }).openapi('AccountDeletion');

/** What a customer adds to become an organizer. */
export const organizerBody = z
  .strictObject({ organization_name: organizationName, business_address: businessAddress.optional() })
  .openapi('OrganizerProfile');

/** An account as its owner and admins see it. */
export const userSchema = z
  .object({
    id: z.string().openapi({ example: EXAMPLE_IDS.user }),
    username: z.string().openapi({ example: 'ada' }),
    email: z.string().openapi({ example: 'ada@example.com' }),
    role: z.enum(ROLES).openapi({ example: 'organizer' }),
    organization_name: z.string().nullable().openapi({ example: 'Analytical Engines Ltd' }),
    business_address: z.string().nullable().openapi({ example: '12 St James Square, London' }),
    created_at: time.openapi({ example: EXAMPLE_TIMES.user }),
    updated_at: time.openapi({ example: EXAMPLE_TIMES.user }),
  })
  .openapi('User');

/** What signs the other calls. */
export const accessSchema = z
  .object({
    access_token: z.string().openapi({
      description: 'A JWT; send it as `Authorization: Bearer …`.',
      example: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1c3JfMDEifQ.c2lnbmF0dXJl',
    }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().openapi({ description: 'Seconds until the access token expires.', example: 900 }),
    user: userSchema,
  })
  .openapi('Access');

/** What a device keeps to stay signed in. */
export const sessionSchema = accessSchema
  .extend({
    refresh_token: z
      .string()
      .openapi({ description: 'Opaque; valid for 30 days and one use.', example: REFRESH_TOKEN }),
  })
  .openapi('Session');

/** The account as its owner sees it. */
export function userJson(user: UserRow): z.infer<typeof userSchema> {
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    role: user.role,
    organization_name: user.organizationName,
    business_address: user.businessAddress,
    created_at: toTime(user.createdAt),
    updated_at: toTime(user.updatedAt),
  };
}
