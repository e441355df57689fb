import { execute, readManagedEvent, readReservation, readWaitlist, recall } from '../actor/client.ts';
import { attendeeToActFor, attendeeToRead } from '../db/attendees.ts';
import { decodeCursor, listName, pageOf } from '../http/cursor.ts';
import { database, primary } from '../http/database.ts';
import { clientHas } from '../http/etag.ts';
import { idempotencyKeyOf } from '../http/idempotency.ts';
import { newReservationId, newSecretCode } from '../http/ids.ts';
import { Problem } from '../http/problem.ts';
import { rejectionProblem } from '../http/rejection.ts';
import { createRouter } from '../http/router.ts';
import { answered, toList, viewerOf } from './answers.ts';
import { checkIns } from './check-in-routes.ts';
import { commands } from './command-routes.ts';
import * as contract from './contract.ts';
import { reservationTag, toReservationJson } from './json.ts';
import { listReservations, type Owner } from './queries.ts';
import { transfers } from './transfer-routes.ts';

/** The slice of reservations. */
export const reservations = createRouter()
  .openapi(contract.createReservation, async (c) => {
    const eventId = c.req.valid('param').id;
    const principal = c.get('principal');
    const body = c.req.valid('json');
    const { quantity = 1, status = null, on_full: onFull = 'refuse', attendee_id: attendeeId = null } = body;
    const seats = { attendeeId, quantity, status, onFull } as const;
    const idempotency = idempotencyKeyOf(c, 'createReservation', principal.userId, seats);
    const reserve = () => {
      const fresh = { reservationId: newReservationId(eventId), ticketCode: newSecretCode() };
      return execute(c.env, eventId, principal, { type: 'reserve', ...fresh, ...seats }, { idempotency });
    };
    const caller = { principal, editToken: c.req.valid('header')['x-edit-token'] };
    const isTheirs = attendeeId === null || (await attendeeToActFor(primary(c.env), attendeeId, caller)) !== null;
    // For whom it once was may be gone, when the request is repeated.
    const answer = isTheirs ? await reserve() : idempotency && (await recall(c.env, eventId, idempotency));
    if (!answer) throw new Problem('attendee_not_found');
    const json = await answered(c, answer, principal);
    c.header('location', `/api/reservations/${json.id}`);
    return c.json(json, 201);
  })
  .openapi(contract.listEventReservations, async (c) => {
    const { id: eventId } = c.req.valid('param');
    const principal = c.get('principal');
    const read = await readManagedEvent(c.env, eventId, principal);
    if (!read.ok) throw rejectionProblem(read.rejection);
    const page = await listReservations(database(c), { eventId }, c.req.valid('query'), Date.now());
    return c.json(toList(page, principal), 200);
  })
  .openapi(contract.getWaitlist, async (c) => {
    const { id: eventId } = c.req.valid('param');
    const principal = c.get('principal');
    const { limit, cursor } = c.req.valid('query');
    const list = listName('waitlist', { eventId });
    const after = Number(decodeCursor(list, ['number'], cursor)?.[0] ?? 0);
    const read = await readWaitlist(c.env, eventId, principal, after, limit + 1);
    if (!read.ok) throw rejectionProblem(read.rejection);
    const page = pageOf(list, read.value, limit, ({ reservation }) => [reservation.queueSeq]);
    const items = page.rows.map((row) => toReservationJson(row.reservation, row.waitlistPosition, null));
    return c.json({ items, next_cursor: page.nextCursor }, 200);
  })
  .openapi(contract.listMyReservations, async (c) => {
    const principal = c.get('principal');
    const { offered, ...query } = c.req.valid('query');
    const owner: Owner = offered ? { transferTo: principal.userId } : { userId: principal.userId };
    return c.json(toList(await listReservations(database(c), owner, query, Date.now()), principal), 200);
  })
  .openapi(contract.listAttendeeReservations, async (c) => {
    const { id: attendeeId } = c.req.valid('param');
    const principal = c.get('principal');
    const caller = { principal, editToken: c.req.valid('header')['x-edit-token'] };
    const readable = await attendeeToRead(database(c), primary(c.env), attendeeId, caller);
    if (readable === null) throw new Problem('attendee_not_found');
    const { organizerId } = readable;
    const owner: Owner = { attendeeId, organizerId };
    const page = await listReservations(database(c), owner, c.req.valid('query'), Date.now());
    return c.json(toList(page, principal), 200);
  })
  .openapi(contract.getReservation, async (c) => {
    const principal = c.get('principal');
    const read = await readReservation(c.env, c.req.valid('param').id, principal);
    if (!read.ok) throw rejectionProblem(read.rejection);
    const { reservation, waitlistPosition } = read.value;
    const viewer = await viewerOf(c.env, reservation, principal);
    const tag = reservationTag(reservation, waitlistPosition, viewer);
    c.header('etag', tag);
    if (clientHas(c.req.valid('header')['if-none-match'], tag)) return c.body(null, 304);
    return c.json(toReservationJson(reservation, waitlistPosition, viewer), 200);
  });

reservations.route('/', commands);
reservations.route('/', transfers);
reservations.route('/', checkIns);
