import { randomBytes } from 'node:crypto';
import type { BatchItem } from 'drizzle-orm/batch';
import type { DrizzleD1Database } from 'drizzle-orm/d1';
import type { Context } from 'hono';
import { type AttendeeCaller, attendeeToRead, editTokenHash } from '../db/attendees.ts';
import { once } from '../db/idempotency.ts';
import { currentRole } from '../db/roles.ts';
import type { NewAttendee } from '../db/tables.ts';
import type { AttendeeId, UserId } from '../domain/model.ts';
import { database, freshDatabase, primary } from '../http/database.ts';
import { clientHas, ifMatchVersions } from '../http/etag.ts';
import { noStore } from '../http/headers.ts';
import { answerOnce, idempotencyKeyOf } from '../http/idempotency.ts';
import { newAttendeeId } from '../http/ids.ts';
import { Problem } from '../http/problem.ts';
import { countAgainst, networkOf } from '../http/rate-limits.ts';
import { type AppEnv, createRouter } from '../http/router.ts';
import * as contract from './contract.ts';
import {
  attendeeExists,
  createAttendee,
  deleteAttendee,
  listAttendees,
  newAttendee,
  updateAttendee,
} from './queries.ts';
import { type AttendeeInput, toAttendeeJson, type WholeAttendee } from './schema.ts';

const EDIT_TOKEN_BYTES = 32;

/** The slice of attendees. */
export const attendees = createRouter();

attendees.use('/attendees', noStore);
attendees.use('/attendees/*', noStore);

attendees.openapi(contract.createAttendee, async (c) => {
  const userId = actorOf(c);
  const network = networkOf(c.req.header('cf-connecting-ip'));
  await countEmail(c);
  const editToken = randomBytes(EDIT_TOKEN_BYTES).toString('base64url');
  const asked = whole(c.req.valid('json'));
  const key = idempotencyKeyOf(c, 'registerAttendee', userId ?? `anonymous ${network}`, asked);
  const db = freshDatabase(c);
  const now = Date.now();
  const registration = { id: newAttendeeId(), userId, editTokenHash: editTokenHash(editToken) };
  const attendee = newAttendee(registration, asked, now);
  const answer = { ...answered(c, attendee), edit_token: editToken };
  const commit = (keep: readonly BatchItem<'sqlite'>[]) => createAttendee(db, attendee, keep);
  const its = key && { ...key, userId, attendeeId: attendee.id };
  const json = answerOnce(c, await once(db, c.env.JWT_SECRET, its, now, answer, commit, attendeeExists(attendee)));
  c.header('location', `/api/attendees/${json.id}`);
  return c.json(json, 201);
});

attendees.openapi(contract.listAttendees, async (c) => {
  const { userId, role: believed } = c.get('principal');
  // A customer may be more by now; an admin who is one no longer reads nobody's data.
  const role = believed === 'organizer' ? believed : await currentRole(primary(c.env), userId);
  if (role === null || role === 'customer') throw new Problem('organizer_required');
  const page = await listAttendees(database(c), role === 'admin' ? null : userId, c.req.valid('query'));
  return c.json({ items: page.rows.map(toAttendeeJson), next_cursor: page.nextCursor }, 200);
});

attendees.openapi(contract.getAttendee, async (c) => {
  const caller = { principal: c.get('principal'), editToken: c.req.valid('header')['x-edit-token'] };
  const readable = await attendeeToRead(database(c), primary(c.env), c.req.valid('param').id, caller);
  if (readable === null) throw new Problem('attendee_not_found');
  const json = answered(c, readable.attendee);
  if (clientHas(c.req.valid('header')['if-none-match'], tagOf(readable.attendee))) return c.body(null, 304);
  return c.json(json, 200);
});

attendees.openapi(contract.replaceAttendee, async (c) => {
  const { 'x-edit-token': editToken, 'if-match': ifMatch } = c.req.valid('header');
  const { id } = c.req.valid('param');
  const db = freshDatabase(c);
  await assertRegistrant(db, id, { principal: c.get('principal'), editToken });
  await countEmail(c);
  const changes = whole(c.req.valid('json'));
  return c.json(
    answered(c, await updateAttendee(db, id, actorOf(c), changes, ifMatchVersions(ifMatch), Date.now())),
    200,
  );
});

attendees.openapi(contract.editAttendee, async (c) => {
  const { 'x-edit-token': editToken, 'if-match': ifMatch } = c.req.valid('header');
  const { id } = c.req.valid('param');
  const db = freshDatabase(c);
  await assertRegistrant(db, id, { principal: c.get('principal'), editToken });
  const changes = c.req.valid('json');
  if (changes.email !== undefined) await countEmail(c);
  return c.json(
    answered(c, await updateAttendee(db, id, actorOf(c), changes, ifMatchVersions(ifMatch), Date.now())),
    200,
  );
});

attendees.openapi(contract.deleteAttendee, async (c) => {
  const { 'x-edit-token': editToken, 'if-match': ifMatch } = c.req.valid('header');
  const { id } = c.req.valid('param');
  const db = freshDatabase(c);
  await assertRegistrant(db, id, { principal: c.get('principal'), editToken });
  await deleteAttendee(db, id, actorOf(c), ifMatchVersions(ifMatch), Date.now());
  return c.body(null, 204);
});

/**
 * Who may only read learns that; to everybody else the attendee does not exist.
 * @param db at the primary
 */
async function assertRegistrant(db: DrizzleD1Database, id: AttendeeId, caller: AttendeeCaller): Promise<void> {
  const readable = await attendeeToRead(db, db, id, caller);
  if (readable === null) throw new Problem('attendee_not_found');
  if (readable.organizerId !== null) throw new Problem('not_registrant');
}

/** Counts an e-mail address, whose being taken is told, against the limit of its sender. */
async function countEmail(c: Context<AppEnv>): Promise<void> {
  await countAgainst(c.env.ATTENDEE_PER_ADDRESS, actorOf(c) ?? networkOf(c.req.header('cf-connecting-ip')));
}

/** Who is signed in, or null. */
function actorOf(c: Pick<Context<AppEnv>, 'get'>): UserId | null {
  return c.get('principal')?.userId ?? null;
}

/** A whole attendee, with null for what the input leaves out. */
function whole({ phone = null, date_of_birth = null, ...rest }: AttendeeInput): WholeAttendee {
  return { ...rest, phone, date_of_birth };
}

function tagOf(attendee: NewAttendee): string {
  return `"${attendee.version}"`;
}

function answered(c: Pick<Context, 'header'>, attendee: NewAttendee) {
  c.header('etag', tagOf(attendee));
  return toAttendeeJson(attendee);
}
