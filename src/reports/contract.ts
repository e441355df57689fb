import { createRoute, z } from '@hono/zod-openapi';
import { json } from '../http/bodies.ts';
import { eventIdPath } from '../http/fields.ts';
import { BOOKMARK_HEADER, BOOKMARK_INPUT, personal } from '../http/headers.ts';
import { problems } from '../http/problem.ts';
import { HEADER_LINE } from './export.ts';
import { statsJson } from './schema.ts';

const common = { security: [{ bearerAuth: [] }], middleware: personal };
const params = z.object({ id: eventIdPath });

export const getStats = createRoute({
  ...common,
  tags: ['Events'],
  method: 'get',
  path: '/events/{id}/stats',
  operationId: 'getEventStats',
  summary: "Read an event's figures",
  description:
    'For its organizer and admins. All figures are of one instant and exact: the one place that decides about the ' +
    'seats counts along.',
  request: { params },
  responses: {
    200: { description: 'The figures.', content: json(statsJson) },
    ...problems('unauthorized', 'event_not_found', 'not_organizer', 'overloaded'),
  },
});

export const exportReservations = createRoute({
  ...common,
  tags: ['Reservations'],
  method: 'get',
  path: '/events/{id}/reservations.csv',
  operationId: 'exportEventReservations',
  summary: "Download an event's reservations as CSV",
  description:
    'For its organizer and admins: all that were made up to now, oldest first, as RFC 4180 has it, in UTF-8; one that ' +
    'was removed (`DELETE /reservations/{id}`) is left out. What a spreadsheet would take for a formula, at the start ' +
    "of a text or after a semicolon, has an apostrophe (`'`) before it. A file that ends early was cut off: the " +
    'connection breaks then.',
  // Of all of them: what would narrow a list must not be taken for doing so here.
  request: { params, query: z.strictObject({}), headers: BOOKMARK_INPUT },
  responses: {
    200: {
      description: 'The file.',
      headers: {
        ...BOOKMARK_HEADER,
        'Content-Disposition': {
          description: 'That it is to be saved, and the name of the file.',
          schema: { type: 'string' as const },
        },
      },
      content: { 'text/csv': { schema: z.string(), example: HEADER_LINE } },
    },
    ...problems(
      'unauthorized',
      'event_not_found',
      'not_organizer',
      'validation_failed',
      'overloaded',
      'database_unavailable',
    ),
  },
});
