import type { Context } from 'hono';
import { type Answer, readManagedEvent } from '../actor/client.ts';
import type { EventId, EventView, Principal } from '../domain/model.ts';
import { sendReadModel } from '../http/headers.ts';
import { sendReplayed } from '../http/idempotency.ts';
import { reservationOf } from '../http/outcome.ts';
import type { AppEnv } from '../http/router.ts';
import { reservationTag, toReservationJson } from './json.ts';
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
  const viewer = await viewerOf(c.env, reservation.eventId, principal).catch(() => principal);
  c.header('etag', reservationTag(reservation, waitlistPosition, viewer));
  return toReservationJson(reservation, waitlistPosition, viewer);
}

/**
 * As whom the principal sees reservations of an event: an admin who organizes it, as its organizer.
 * @throws ActorUnavailable
 */
export async function viewerOf(env: Env, eventId: EventId, principal: Principal): Promise<Principal> {
  if (principal.role !== 'admin') return principal;
  const read = await readManagedEvent(env, eventId, principal);
  return read.ok ? viewerAt(read.value, principal) : principal;
}

/** The same where the event is known. */
export function viewerAt({ event }: EventView, principal: Principal): Principal {
  return event.organizerId === principal.userId ? { ...principal, role: 'organizer' } : principal;
}

/** A page of a list as the caller may see it. */
export function toList(
  page: { readonly listed: readonly Listed[]; readonly nextCursor: string | null },
  viewer: Principal,
): { items: ReservationJson[]; next_cursor: string | null } {
  const items = page.listed.map(({ waitlistPosition, ...reservation }) =>
    toReservationJson(reservation, waitlistPosition, viewer),
  );
  return { items, next_cursor: page.nextCursor };
}
