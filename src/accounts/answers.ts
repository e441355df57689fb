import type { Context } from 'hono';
import type { z } from 'zod';
import type { UserRow } from '../db/tables.ts';
import { ACCESS_TOKEN_SECONDS, signAccessToken } from '../http/auth.ts';
import type { Device } from './devices.ts';
import { type accessSchema, type sessionSchema, userJson } from './schema.ts';

/** A fresh access token for the account, with the role that it has now. */
export async function accessJson(c: Context, user: UserRow): Promise<z.infer<typeof accessSchema>> {
  return {
    access_token: await signAccessToken(c.env.JWT_SECRET, { userId: user.id, role: user.role }),
    token_type: 'Bearer',
    expires_in: ACCESS_TOKEN_SECONDS,
    user: userJson(user),
  };
}

/** What a device needs to act and to go on acting. */
export async function sessionJson(c: Context, device: Device): Promise<z.infer<typeof sessionSchema>> {
  return { ...(await accessJson(c, device.user)), refresh_token: device.refreshToken };
}
