import type { Context } from 'hono';
import { type Answer, execute, readEvent, readReservation } from '../actor/client.ts';
import { attendeeToActFor, attendeeToRead } from '../db/attendees.ts';
import { manages } from '../domain/access.ts';
import { eventIdOf } from '../domain/ids.ts';
import type { EventId, Principal, Reservation, ReservationId, UserId } from '../domain/model.ts';
import { database, primary } from '../http/database.ts';
import { clientHas } from '../http/etag.ts';
import { sendReadModel } from '../http/headers.ts';
import { newReservationId, newSecretCode } from '../http/ids.ts';
import { reservationOf } from '../http/outcome.ts';
import { Problem } from '../http/problem.ts';
import { rejectionProblem } from '../http/rejection.ts';
import { createRouter } from '../http/router.ts';
import * as contract from './contract.ts';
import { reservationTag, toReservationJson } from './json.ts';
import { listReservations } from './queries.ts';
import type { ReservationJson } from './schema.ts';

/** The slice of reservations. */
export const reservations = createRouter()
  .openapi(contract.createReservation, async (c) => {
    const eventId = c.req.valid('param').id;
    const { quantity = 1, status = null, attendee_id: attendeeId = null } = c.req.valid('json');
    const principal = c.get('principal');
    if (attendeeId !== null) {
      const caller = { principal, editToken: c.req.valid('header')['x-edit-token'] };
      const attendee = await attendeeToActFor(primary(c.env), attendeeId, caller);
      if (attendee === null) throw new Problem('attendee_not_found');
    }
    const reservationId = newReservationId(eventId);
    const seats = { reservationId, attendeeId, quantity, status, ticketCode: newSecretCode() };
    const json = answered(c, await execute(c.env, eventId, principal, { type: 'reserve', ...seats }));
    c.header('location', `/api/reservations/${reservationId}`);
    return c.json(json, 201);
  })
  .openapi(contract.listEventReservations, async (c) => {
    const { id: eventId } = c.req.valid('param');
    await assertManages(c.env, eventId, c.get('principal'));
    const page = await listReservations(database(c), { eventId }, c.req.valid('query'));
    return c.json(toList(page), 200);
  })
  .openapi(contract.listMyReservations, async (c) => {
    const { userId } = c.get('principal');
    return c.json(toList(await listReservations(database(c), { userId }, c.req.valid('query'))), 200);
  })
  .openapi(contract.listAttendeeReservations, async (c) => {
    const { id: attendeeId } = c.req.valid('param');
    const principal = c.get('principal');
    const caller = { principal, editToken: c.req.valid('header')['x-edit-token'] };
    const readable = await attendeeToRead(database(c), attendeeId, caller);
    if (readable === null) throw new Problem('attendee_not_found');
    const { organizerId } = readable;
    const page = await listReservations(database(c), { attendeeId, organizerId }, c.req.valid('query'));
    const runs = organizerId !== null || principal?.role === 'admin';
    const shown = (userId: UserId) => runs || userId === principal?.userId;
    const items = page.reservations.map((reservation) => toReservationJson(reservation, shown(reservation.userId)));
    return c.json({ items, next_cursor: page.nextCursor }, 200);
  })
  .openapi(contract.getReservation, async (c) => {
    const read = await readReservation(c.env, c.req.valid('param').id, c.get('principal'));
    if (!read.ok) throw rejectionProblem(read.rejection);
    const tag = reservationTag(read.value);
    c.header('etag', tag);
    if (clientHas(c.req.valid('header')['if-none-match'], tag)) return c.body(null, 304);
    return c.json(toReservationJson(read.value), 200);
  })
  .openapi(contract.confirmReservation, async (c) => {
    const answer = await change(c.env, 'confirm', c.req.valid('param').id, c.get('principal'));
    return c.json(answered(c, answer), 200);
  })
  .openapi(contract.cancelReservation, async (c) => {
    const answer = await change(c.env, 'cancel', c.req.valid('param').id, c.get('principal'));
    return c.json(answered(c, answer), 200);
  })
  .openapi(contract.deleteReservation, async (c) => {
    const answer = await change(c.env, 'delete_reservation', c.req.valid('param').id, c.get('principal'));
    reservationOf(answer.outcome);
    sendReadModel(c, answer);
    return c.body(null, 204);
  });

function change(
  env: Env,
  type: 'confirm' | 'cancel' | 'delete_reservation',
  reservationId: ReservationId,
  principal: Principal,
): Promise<Answer> {
  return execute(env, eventIdOf(reservationId), principal, { type, reservationId });
}

/** The reservation that a command answered with, and the headers that go with it. */
function answered(c: Pick<Context, 'header'>, answer: Answer): ReservationJson {
  const reservation = reservationOf(answer.outcome);
  sendReadModel(c, answer);
  c.header('etag', reservationTag(reservation));
  return toReservationJson(reservation);
}

function toList(page: { readonly reservations: readonly Reservation[]; readonly nextCursor: string | null }) {
  return {
    items: page.reservations.map((reservation) => toReservationJson(reservation)),
    next_cursor: page.nextCursor,
  };
}

/** Lets only those through who run the event; asks its actor, which knows the event before D1 does. */
async function assertManages(env: Env, eventId: EventId, principal: Principal): Promise<void> {
  const read = await readEvent(env, eventId, principal);
  if (!read.ok) throw rejectionProblem(read.rejection);
  if (!manages(read.value.event, principal)) throw new Problem('not_organizer');
}
