import type { z } from 'zod';
import { execute, readReservation } from '../actor/client.ts';
import { findUserId } from '../db/users.ts';
import { eventIdOf, parseUserId } from '../domain/ids.ts';
import type { Principal, ReservationId, UserId } from '../domain/model.ts';
import { primary } from '../http/database.ts';
import { sendReadModel } from '../http/headers.ts';
import { identifierKey } from '../http/identifiers.ts';
import { newSecretCode } from '../http/ids.ts';
import { reservationOf } from '../http/outcome.ts';
import { Problem } from '../http/problem.ts';
import { rejectionProblem } from '../http/rejection.ts';
import { createRouter } from '../http/router.ts';
import { answered, viewerOf } from './answers.ts';
import * as contract from './contract-transfer.ts';
import type { transferOffer } from './schema.ts';

/** How a reservation gets another user. */
export const transfers = createRouter()
  .openapi(contract.offerTransfer, async (c) => {
    const { id: reservationId } = c.req.valid('param');
    const principal = c.get('principal');
    // Whoever may not offer it learns nothing about accounts.
    await assertMayOffer(c.env, reservationId, principal);
    const to = await recipient(c.env, c.req.valid('json'));
    const action = { type: 'offer_transfer', reservationId, to } as const;
    return c.json(await answered(c, await execute(c.env, eventIdOf(reservationId), principal, action), principal), 200);
  })
  .openapi(contract.withdrawTransfer, async (c) => {
    const { id: reservationId } = c.req.valid('param');
    const action = { type: 'withdraw_transfer', reservationId } as const;
    const eventId = eventIdOf(reservationId);
    const answer = await execute(c.env, eventId, c.get('principal'), action);
    reservationOf(answer.outcome);
    sendReadModel(c, eventId, answer);
    // Without a body: who declines may not see the reservation any more.
    return c.body(null, 204);
  })
  .openapi(contract.acceptTransfer, async (c) => {
    const { id: reservationId } = c.req.valid('param');
    const action = { type: 'accept_transfer', reservationId, ticketCode: newSecretCode() } as const;
    const answer = await execute(c.env, eventIdOf(reservationId), c.get('principal'), action);
    return c.json(await answered(c, answer, c.get('principal')), 200);
  });

async function assertMayOffer(env: Env, reservationId: ReservationId, principal: Principal): Promise<void> {
  const read = await readReservation(env, reservationId, principal);
  if (!read.ok) throw rejectionProblem(read.rejection);
  const { reservation } = read.value;
  if (reservation.transferTo !== principal.userId || principal.role === 'admin') return;
  const { isOrganizer } = await viewerOf(env, reservation, principal);
  if (!isOrganizer) throw new Problem('reservation_not_found');
}

/** @throws Problem `user_not_found` */
async function recipient(env: Env, { username, user_id }: z.output<typeof transferOffer>): Promise<UserId> {
  const id = parseUserId(user_id ?? '');
  const user = id === null ? { usernameKey: identifierKey(username ?? '') } : { id };
  const found = await findUserId(primary(env), user);
  if (found === null) throw new Problem('user_not_found');
  return found;
}
