import type { z } from 'zod';
import { execute, readReservation } from '../actor/client.ts';
import { findUserId } from '../db/users.ts';
import { eventIdOf, parseUserId } from '../domain/ids.ts';
import type { Principal, ReservationId, UserId } from '../domain/model.ts';
import { accountGone } from '../http/auth.ts';
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
    const principal = c.get('principal');
    await assertMayAccept(c.env, reservationId, principal);
    const action = { type: 'accept_transfer', reservationId, ticketCode: newSecretCode() } as const;
    return c.json(await answered(c, await execute(c.env, eventIdOf(reservationId), principal, action), principal), 200);
  });

async function assertMayOffer(env: Env, reservationId: ReservationId, principal: Principal): Promise<void> {
  const read = await readReservation(env, reservationId, principal);
  if (!read.ok) throw rejectionProblem(read.rejection);
  const { reservation } = read.value;
  if (reservation.transferTo !== principal.userId || principal.role === 'admin') return;
  const { isOrganizer } = await viewerOf(env, reservation, principal);
  if (!isOrganizer) throw new Problem('not_holder');
}

/** What an account took over that has been deleted would be cancelled, and so be lost to who gave it. */
async function assertMayAccept(env: Env, reservationId: ReservationId, principal: Principal): Promise<void> {
  const read = await readReservation(env, reservationId, principal);
  if (!read.ok || read.value.reservation.transferTo !== principal.userId) return;
  if ((await findUserId(primary(env), { id: principal.userId })) === null) throw accountGone();
}

/** @throws Problem `user_not_found` */
async function recipient(env: Env, { username, user_id }: z.output<typeof transferOffer>): Promise<UserId> {
  const id = parseUserId(user_id ?? '');
  const user = id === null ? { usernameKey: identifierKey(username ?? '') } : { id };
  const found = await findUserId(primary(env), user);
  if (found === null) throw new Problem('user_not_found');
  return found;
}
