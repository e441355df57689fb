import { createRoute, z } from '@hono/zod-openapi';
import { json } from '../http/bodies.ts';
import { eventIdPath } from '../http/fields.ts';
import { personal } from '../http/headers.ts';
import { problems } from '../http/problem.ts';
import { changeList, changeQuery } from './changes-schema.ts';

const common = { tags: ['Events'], security: [{ bearerAuth: [] }], middleware: personal };
const params = z.object({ id: eventIdPath });

export const getChanges = createRoute({
  ...common,
  method: 'get',
  path: '/events/{id}/changes',
  operationId: 'getChanges',
  summary: 'Follow what happens to an event',
  description:
    'For its organizer and admins: everything that happened to it and to its reservations, in order and without a ' +
    'gap, as it is right now. Go on with `next_after_seq`; what was read once never changes. Of a deleted event the ' +
    'feed stays, so that who follows it reads how it ended.',
  request: { params, query: changeQuery },
  responses: {
    200: { description: 'What came next.', content: json(changeList) },
    ...problems('unauthorized', 'event_not_found', 'not_organizer', 'validation_failed', 'overloaded'),
  },
});
