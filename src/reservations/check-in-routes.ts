import { renderSVG } from 'uqr';
import { execute, readManagedEvent, readReservation } from '../actor/client.ts';
import { eventIdOf } from '../domain/ids.ts';
import type { EventId, Principal, ReservationId } from '../domain/model.ts';
import { Problem } from '../http/problem.ts';
import { rejectionProblem } from '../http/rejection.ts';
import { createRouter } from '../http/router.ts';
import { parseTicketCode, type Ticket } from '../http/tickets.ts';
import { answered, viewerOf } from './answers.ts';
import * as contract from './contract-check-in.ts';
import { ticketFor } from './json.ts';

/** As the standard of QR codes wants it (ISO/IEC 18004, 9.1): four modules of quiet zone. */
const QUIET_ZONE = 4;

/** Tickets, and what happens to them at the door. */
export const checkIns = createRouter()
  .openapi(contract.scanTicket, async (c) => {
    const { id: eventId } = c.req.valid('param');
    const principal = c.get('principal');
    const { code, quantity = null, nonce } = c.req.valid('json');
    const ticket = parseTicketCode(code);
    if (ticket === null || eventIdOf(ticket.reservationId) !== eventId) {
      throw await strangeTicket(c.env, eventId, principal, ticket);
    }
    const { reservationId, secret: ticketCode } = ticket;
    const action = { type: 'check_in', reservationId, ticketCode, quantity, nonce } as const;
    return c.json(await answered(c, await execute(c.env, eventId, principal, action), principal), 200);
  })
  .openapi(contract.checkIn, async (c) => {
    const { id: reservationId } = c.req.valid('param');
    const principal = c.get('principal');
    const { code, quantity = null, nonce = null } = c.req.valid('json');
    const eventId = eventIdOf(reservationId);
    const ticketCode = code === undefined ? null : await secretOf(c.env, reservationId, principal, code);
    const action = { type: 'check_in', reservationId, ticketCode, quantity, nonce } as const;
    return c.json(await answered(c, await execute(c.env, eventId, principal, action), principal), 200);
  })
  .openapi(contract.undoCheckIn, async (c) => {
    const { id: reservationId } = c.req.valid('param');
    const action = { type: 'undo_check_in', reservationId } as const;
    const answer = await execute(c.env, eventIdOf(reservationId), c.get('principal'), action);
    return c.json(await answered(c, answer, c.get('principal')), 200);
  })
  .openapi(contract.getTicket, async (c) => {
    const principal = c.get('principal');
    const read = await readReservation(c.env, c.req.valid('param').id, principal);
    if (!read.ok) throw rejectionProblem(read.rejection);
    const { reservation } = read.value;
    if (reservation.status !== 'confirmed') throw new Problem('reservation_not_confirmed');
    const code = ticketFor(reservation, await viewerOf(c.env, reservation, principal));
    if (code === null) throw new Problem('ticket_unknown');
    c.header('cache-control', 'private, no-store');
    c.header('content-type', 'image/svg+xml');
    return c.body(renderSVG(code, { ecc: 'M', border: QUIET_ZONE }), 200);
  });

/** What a ticket of this reservation proves itself by. */
async function secretOf(env: Env, id: ReservationId, principal: Principal, code: string): Promise<string> {
  const read = await readReservation(env, id, principal);
  if (!read.ok) throw rejectionProblem(read.rejection);
  const ticket = parseTicketCode(code);
  if (ticket?.reservationId !== id) throw await strangeTicket(env, eventIdOf(id), principal, ticket);
  return ticket.secret;
}

/** What is wrong with a ticket that isn't of this event, or not of this reservation, told only to who runs the event. */
async function strangeTicket(env: Env, id: EventId, principal: Principal, ticket: Ticket | null): Promise<Problem> {
  const read = await readManagedEvent(env, id, principal);
  if (!read.ok) return rejectionProblem(read.rejection);
  const isOfOther = ticket !== null && eventIdOf(ticket.reservationId) !== id;
  return new Problem(isOfOther ? 'ticket_of_other_event' : 'ticket_unknown');
}
