import { z } from '@hono/zod-openapi';
import { authRequired } from '../http/auth.ts';
import { json, type PartOf } from '../http/bodies.ts';
import { eventIdPath, reservationIdPath } from '../http/fields.ts';
import { BOOKMARK_HEADER, COMMAND_HEADERS, ETAG_HEADER, personal } from '../http/headers.ts';
import { type ReservationJson, reservationJson, reservationList } from './schema.ts';

/** What every route about reservations has. */
export const common = {
  tags: ['Reservations'],
  security: [{ bearerAuth: [] }],
  middleware: authRequired,
};

/** What every route has that reads them. */
export const reading = { ...common, middleware: personal };

/** The path of what belongs to an event. */
export const ofEvent = z.object({ id: eventIdPath });

/** The path of one reservation. */
export const ofReservation = z.object({ id: reservationIdPath });

/** The response headers of a command on a reservation. */
export const headers = { ...ETAG_HEADER, ...COMMAND_HEADERS };

/**
 * The answer to a command on a reservation.
 * @param example what of the example of a new one is otherwise
 */
export function shown(example?: PartOf<ReservationJson>) {
  return {
    description: 'The reservation.',
    headers,
    content: json(reservationJson, example),
  };
}

/**
 * The answer of a list.
 * @param example what of the example of a new reservation is otherwise in its item
 */
export function listed(example: PartOf<ReservationJson> = {}) {
  return {
    description: 'A page of reservations, newest first.',
    headers: BOOKMARK_HEADER,
    content: json(reservationList, { items: [example] }),
  };
}
