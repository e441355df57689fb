import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { address, signUp, signUpAdmin } from '../support/accounts.ts';
import { type Call, request, somebody } from '../support/api.ts';
import { attendeeBody, register } from '../support/attendees.ts';
import { createVenue, venueBody } from '../support/venues.ts';

let admin: Awaited<ReturnType<typeof signUpAdmin>>;
beforeAll(async () => {
  admin = await signUpAdmin();
});

/** How many lines the history has about it. */
const linesOf = (id: string) =>
  env.DB.prepare('SELECT count(*) AS n FROM history WHERE subject_id = ?').bind(id).first<number>('n');

/** Sends the change twice, at different times, and answers what came of either. */
async function twice(id: string, method: string, path: string, call: Call) {
  const first = await request(method, path, call);
  expect(first.status).toBe(200);
  const lines = await linesOf(id);
  await scheduler.wait(2);
  const second = await request(method, path, call);
  expect(await linesOf(id)).toBe(lines);
  return { first: first.body, second: second.body };
}

describe('an edit that says what is there already', () => {
  it.each([
    ['PUT', venueBody({ name: 'Same', facilities: ['bar', 'lift'] })],
    ['PATCH', { name: 'Same', location: 'Wien', capacity: 90, facilities: ['lift', 'bar'], country_code: 'AT' }],
    ['PATCH', { facilities: ['bar'] }],
  ])('changes no venue: %s %j', async (method, body) => {
    const { token } = await somebody('organizer');
    const { id } = await createVenue(token);
    const { first, second } = await twice(id, method, `/api/venues/${id}`, { token, body });
    expect(first.version).toBe(2);
    expect(second).toEqual(first);
  });

  it.each([
    ['PUT', attendeeBody({ phone: '+49301234567', date_of_birth: '1990-12-24' })],
    ['PUT', attendeeBody()],
    ['PATCH', { first_name: 'Ada', last_name: 'Lovelace', phone: '+49 30 7654321', date_of_birth: '1990-12-24' }],
    ['PATCH', { phone: '+49 30 7654321' }],
  ])('changes no attendee: %s %j', async (method, body) => {
    const { token } = await somebody();
    const { id } = await register({}, token);
    const { first, second } = await twice(id, method, `/api/attendees/${id}`, { token, body });
    expect(first.version).toBe(2);
    expect(second).toEqual(first);
  });

  it.each([
    [{ role: 'admin' }],
    [{ role: 'organizer' }],
    [{ disabled: true }],
    [{ role: 'admin', disabled: true }],
  ])('changes no account for an admin: %j', async (body) => {
    const { user } = (await signUp()).body;
    const { first, second } = await twice(user.id, 'PATCH', `/api/users/${user.id}`, { token: admin.token, body });
    expect(first).toMatchObject(body);
    expect(second).toEqual(first);
  });

  it('enables no account that is enabled', async () => {
    const { user } = (await signUp()).body;
    const body = { role: 'customer', disabled: false };
    const { first } = await twice(user.id, 'PATCH', `/api/users/${user.id}`, { token: admin.token, body });
    expect(first).toEqual({ ...user, disabled: false });
    expect(await linesOf(user.id)).toBe(1);
  });

  it('changes no account for its owner', async () => {
    const { access_token: token, user } = (await signUp({ role: 'organizer', organization_name: 'Ada & Co' })).body;
    const { username, email } = user;
    const body = { username: username.toUpperCase(), email, organization_name: 'Ada Ltd', business_address: null };
    const { first, second } = await twice(user.id, 'PATCH', '/api/me', { token, body });
    expect(first).toMatchObject(body);
    expect(second).toEqual(first);
  });

  it.each([
    { organization_name: 'Ada & Co', business_address: '1 Street' },
    { organization_name: 'Ada & Co' },
  ])('changes no organization: %j', async (body) => {
    const { access_token: token, user } = (await signUp()).body;
    const { first, second } = await twice(user.id, 'PUT', '/api/me/organizer', { token, body });
    expect(first.user).toMatchObject({ ...body, role: 'organizer' });
    expect(second.user).toEqual(first.user);
  });

  it('is refused all the same if it is meant for another version', async () => {
    const { token } = await somebody('organizer');
    const stale = { 'if-match': '"2"' };
    const refusal = { status: 412, body: { code: 'version_mismatch' } };
    const venue = await createVenue(token);
    const call = { token, body: { name: venue.name }, headers: stale };
    expect(await request('PATCH', `/api/venues/${venue.id}`, call)).toMatchObject(refusal);
    const attendee = await register({}, token);
    const same = { token, body: { last_name: attendee.last_name }, headers: { ...address(), ...stale } };
    expect(await request('PATCH', `/api/attendees/${attendee.id}`, same)).toMatchObject(refusal);
  });

  it('leaves the version to whoever has it', async () => {
    const { token } = await somebody('organizer');
    const venue = await createVenue(token);
    const patch = (name: string) =>
      request('PATCH', `/api/venues/${venue.id}`, { token, body: { name }, headers: { 'if-match': '"1"' } });
    const replies = await Promise.all([...Array.from({ length: 5 }, () => patch(venue.name)), patch('Other')]);
    expect(replies.at(-1)).toMatchObject({ status: 200, body: { name: 'Other', version: 2 } });
  });
});
