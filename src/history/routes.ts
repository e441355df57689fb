import { createRoute, type z } from '@hono/zod-openapi';
import { isAdminNow } from '../db/roles.ts';
import type { UserId } from '../domain/model.ts';
import { json } from '../http/bodies.ts';
import { database, primary } from '../http/database.ts';
import { toTime } from '../http/fields.ts';
import { BOOKMARK_HEADER, BOOKMARK_INPUT, personal } from '../http/headers.ts';
import { Problem, problems } from '../http/problem.ts';
import { createRouter } from '../http/router.ts';
import { listHistory, listMyHistory } from './queries.ts';
import { type HistoryJson, historyList, historyQuery, myHistoryQuery } from './schema.ts';

const common = {
  method: 'get' as const,
  tags: ['History'],
  security: [{ bearerAuth: [] }],
  middleware: personal,
};
const listed = {
  description: 'A page of history, newest first.',
  headers: BOOKMARK_HEADER,
  content: json(historyList),
};

const getMyHistory = createRoute({
  ...common,
  path: '/me/history',
  operationId: 'listMyHistory',
  summary: 'List what I did and what happened to my reservations',
  description:
    'Everything that the account did, and what others or time did to it and to its reservations. Who the others are ' +
    'is not said (their `user_id` is null), except between whom a reservation passes, in `details`.',
  request: { query: myHistoryQuery, headers: BOOKMARK_INPUT },
  responses: { 200: listed, ...problems('unauthorized', 'validation_failed', 'database_unavailable') },
});

const getHistory = createRoute({
  ...common,
  path: '/history',
  operationId: 'listHistory',
  summary: 'List what everybody did',
  description:
    'For admins. No change is without its line and none has two. Lines hold ids rather than personal data, and stay ' +
    'when an account is deleted; they are removed after a year unless the service is set up otherwise.',
  request: { query: historyQuery, headers: BOOKMARK_INPUT },
  responses: {
    200: listed,
    ...problems('unauthorized', 'admin_required', 'validation_failed', 'database_unavailable'),
  },
});

/** The slice of history. */
export const history = createRouter()
  .openapi(getMyHistory, async (c) => {
    const { userId } = c.get('principal');
    return c.json(toList(await listMyHistory(database(c), userId, c.req.valid('query')), userId), 200);
  })
  .openapi(getHistory, async (c) => {
    if (!(await isAdminNow(primary(c.env), c.get('principal')))) throw new Problem('admin_required');
    return c.json(toList(await listHistory(database(c), c.req.valid('query')), null), 200);
  });

/** @param reader who may not learn who the others are; null: an admin */
function toList(page: Awaited<ReturnType<typeof listHistory>>, reader: UserId | null): z.input<typeof historyList> {
  const items = page.lines.map(
    (line): HistoryJson => ({
      id: line.id,
      at: toTime(line.at),
      user_id: reader === null || line.userId === reader ? line.userId : null,
      action: line.action,
      subject: { type: line.subjectType, id: line.subjectId },
      event_id: line.eventId,
      details: line.details,
    }),
  );
  return { items, next_cursor: page.nextCursor };
}
