import type { Context } from 'hono';
import type { Answer } from '../actor/client.ts';
import type { Principal } from '../domain/model.ts';
import { sendReadModel } from '../http/headers.ts';
import { sendReplayed } from '../http/idempotency.ts';
import { reservationOf } from '../http/outcome.ts';
import { reservationTag, toReservationJson } from './json.ts';
import type { Listed } from './queries.ts';
import type { ReservationJson } from './schema.ts';

/**
 * The reservation that a command answered with, as the caller may see it, and the headers that go with it.
 * @throws Problem for a rejection
 */
export function answered(c: Pick<Context, 'header'>, answer: Answer, viewer: Principal): ReservationJson {
  const { outcome } = answer;
  const { reservation, waitlistPosition } = reservationOf(outcome);
  sendReadModel(c, reservation.eventId, answer);
  if ('replayed' in outcome) sendReplayed(c);
  c.header('etag', reservationTag(reservation, waitlistPosition, viewer));
  return toReservationJson(reservation, waitlistPosition, viewer);
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
