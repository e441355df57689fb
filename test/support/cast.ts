import { env } from 'cloudflare:workers';
import { hashPassword } from '../../src/accounts/passwords.ts';
import type { Role, UserId } from '../../src/domain/model.ts';
import { signAccessToken } from '../../src/http/auth.ts';
import { newUserId } from '../../src/http/ids.ts';
import { address, PASSWORD } from './accounts.ts';
import { request } from './api.ts';
import { register } from './attendees.ts';
import { createEvent } from './events.ts';
import { createVenue } from './venues.ts';

/** Somebody with an account and a token for it. */
export interface Member {
  readonly userId: UserId;
  readonly username: string;
  readonly token: string;
}

const passwordHash = hashPassword(PASSWORD);

/** An account straight in D1, because hashing a password for each would take most of a test's time. */
export async function member(role: Role, disabledAt: number | null = null): Promise<Member> {
  const userId = newUserId();
  const username = userId.slice(4);
  const email = `${username}@example.com`;
  await env.DB.prepare(
    `INSERT INTO users (id, username, username_key, email, email_key, password_hash, role, organization_name,
     created_at, updated_at, disabled_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?)`,
  )
    .bind(userId, username, username, email, email, await passwordHash, role, 'Ada & Co', disabledAt)
    .run();
  return { userId, username, token: await signAccessToken(env.JWT_SECRET, { userId, role }) };
}

/** What a path's `{id}` can name, made for one request, with whom it belongs to. */
export const PROPS: Readonly<Record<string, () => Promise<{ readonly id: string; readonly owner: Member }>>> = {
  events: async () => {
    const owner = await member('organizer');
    return { id: (await createEvent(owner.token)).id, owner };
  },
  venues: async () => {
    const owner = await member('organizer');
    return { id: (await createVenue(owner.token)).id, owner };
  },
  reservations: async () => {
    const { id } = await createEvent((await member('organizer')).token, { requires_confirmation: true });
    const owner = await member('customer');
    const { body } = await request('POST', `/api/events/${id}/reservations`, { token: owner.token });
    return { id: body.id, owner };
  },
  attendees: async () => {
    const owner = await member('customer');
    return { id: (await register({}, owner.token)).id, owner };
  },
  users: async () => {
    const owner = await member('customer');
    return { id: owner.userId, owner };
  },
};

/** A refresh token of the account, from a log-in. */
export async function refreshTokenOf({ username }: Member): Promise<string> {
  const body = { username, password: PASSWORD };
  const reply = await request('POST', '/api/auth/login', { body, headers: address() });
  return reply.body.refresh_token ?? 'none, for it may not log in';
}
