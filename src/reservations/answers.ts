import type { Context } from 'hono';
import { type Answer, readManagedEvent } from '../actor/client.ts';
import type { Principal, Reservation } from '../domain/model.ts';
import { sendReadModel } from '../http/headers.ts';
import { sendReplayed } from '../http/idempotency.ts';
import { reservationOf } from '../http/outcome.ts';
import type { AppEnv } from '../http/router.ts';
import { reservationTag, toReservationJson, type Viewer } from './json.ts';
import type { Listed } from './queries.ts';
import type { ReservationJson } from './schema.ts';

/**
 * The reservation that a command answered with, as the caller may see it, and the headers that go with it.
 * @throws Problem for a rejection
 */
export async function answered(
  c: Pick<Context<AppEnv>, 'header' | 'env'>,
  answer: Answer,
  principal: Principal,
): Promise<ReservationJson> {
  const { outcome } = answer;
  const { reservation, waitlistPosition } = reservationOf(outcome);
  sendReadModel(c, reservation.eventId, answer);
  if ('replayed' in outcome) sendReplayed(c);
  const unknown = { userId: principal.userId, isOrganizer: false };
  const viewer = await viewerOf(c.env, reservation, principal).catch(() => unknown);
  c.header('etag', reservationTag(reservation, waitlistPosition, viewer));
  return toReservationJson(reservation, waitlistPosition, viewer);
}

/**
 * As whom the principal sees a reservation that they may see.
 * @throws ActorUnavailable
 */
export async function viewerOf(
  env: Env,
  { eventId, userId: holder, transferTo }: Pick<Reservation, 'eventId' | 'userId' | 'transferTo'>,
  { userId, role }: Principal,
): Promise<Viewer> {
  if (userId === holder) return { userId, isOrganizer: false };
  // Nobody else but the event's organizer may see it without being an admin or having it offered.
  if (role !== 'admin' && userId !== transferTo) return { userId, isOrganizer: true };
  const read = await readManagedEvent(env, eventId, { userId, role });
  return { userId, isOrganizer: read.ok && read.value.event.organizerId === userId };
}

/** A page of a list as the caller may see it; null: who has no account. */
export function toList(
  page: { readonly listed: readonly Listed[]; readonly nextCursor: string | null },
  principal: Principal | null,
): { items: ReservationJson[]; next_cursor: string | null } {
  const items = page.listed.map(({ waitlistPosition, organizerId, ...reservation }) => {
    const viewer = principal && { userId: principal.userId, isOrganizer: organizerId === principal.userId };
    return toReservationJson(reservation, waitlistPosition, viewer);
  });
  return { items, next_cursor: page.nextCursor };
}
