import { execute, readReservation } from '../actor/client.ts';
import { isAttendee } from '../db/attendees.ts';
import { findUserId } from '../db/users.ts';
import { eventIdOf } from '../domain/ids.ts';
import type { Principal, ReservationId } from '../domain/model.ts';
import { primary } from '../http/database.ts';
import { expectedVersion } from '../http/etag.ts';
import { sendReadModel } from '../http/headers.ts';
import { reservationOf } from '../http/outcome.ts';
import { Problem } from '../http/problem.ts';
import { createRouter } from '../http/router.ts';
import { answered } from './answers.ts';
import * as contract from './contract-commands.ts';

/** What its user and the organizer can do with a reservation. */
export const commands = createRouter()
  .openapi(contract.confirmReservation, async (c) => {
    const { id: reservationId } = c.req.valid('param');
    const { reacquire = false } = c.req.valid('json');
    if (reacquire) await assertHolder(c.env, reservationId, c.get('principal'));
    const action = { type: 'confirm', reservationId, reacquire } as const;
    const answer = await execute(c.env, eventIdOf(reservationId), c.get('principal'), action);
    return c.json(await answered(c, answer, c.get('principal')), 200);
  })
  .openapi(contract.extendReservation, async (c) => {
    const { id: reservationId } = c.req.valid('param');
    const action = { type: 'extend', reservationId } as const;
    const answer = await execute(c.env, eventIdOf(reservationId), c.get('principal'), action);
    return c.json(await answered(c, answer, c.get('principal')), 200);
  })
  .openapi(contract.cancelReservation, async (c) => {
    const { id: reservationId } = c.req.valid('param');
    const action = { type: 'cancel', reservationId } as const;
    const answer = await execute(c.env, eventIdOf(reservationId), c.get('principal'), action);
    return c.json(await answered(c, answer, c.get('principal')), 200);
  })
  .openapi(contract.reactivateReservation, async (c) => {
    const { id: reservationId } = c.req.valid('param');
    await assertHolder(c.env, reservationId, c.get('principal'));
    const action = { type: 'reactivate', reservationId } as const;
    const answer = await execute(c.env, eventIdOf(reservationId), c.get('principal'), action);
    return c.json(await answered(c, answer, c.get('principal')), 200);
  })
  .openapi(contract.editReservation, async (c) => {
    const { id: reservationId } = c.req.valid('param');
    const principal = c.get('principal');
    const ifVersion = await versionOf(c.env, reservationId, principal, c.req.valid('header')['if-match']);
    const { quantity } = c.req.valid('json');
    const action = { type: 'change_quantity', reservationId, quantity, ifVersion } as const;
    return c.json(await answered(c, await execute(c.env, eventIdOf(reservationId), principal, action), principal), 200);
  })
  .openapi(contract.deleteReservation, async (c) => {
    const { id: reservationId } = c.req.valid('param');
    const principal = c.get('principal');
    const ifVersion = await versionOf(c.env, reservationId, principal, c.req.valid('header')['if-match']);
    const action = { type: 'delete_reservation', reservationId, ifVersion } as const;
    const eventId = eventIdOf(reservationId);
    const answer = await execute(c.env, eventId, principal, action);
    reservationOf(answer.outcome);
    sendReadModel(c, eventId, answer);
    return c.body(null, 204);
  });

/**
 * What takes seats anew does so for an account, and an attendee, who are still there.
 * @throws Problem `attendee_not_found`, `user_not_found`
 */
async function assertHolder(env: Env, id: ReservationId, principal: Principal): Promise<void> {
  const read = await readReservation(env, id, principal);
  if (!read.ok) return;
  const { attendeeId, userId } = read.value.reservation;
  const db = primary(env);
  if (attendeeId !== null && !(await isAttendee(db, attendeeId))) throw new Problem('attendee_not_found');
  if (userId === principal.userId || (await findUserId(db, { id: userId })) !== null) return;
  throw new Problem('user_not_found');
}

/** What `If-Match` lets a command change; see `expectedVersion`. */
function versionOf(
  env: Env,
  id: ReservationId,
  principal: Principal,
  ifMatch: string | undefined,
): Promise<number | null> {
  return expectedVersion(ifMatch, async () => {
    const read = await readReservation(env, id, principal);
    return read.ok ? read.value.reservation.version : null;
  });
}
