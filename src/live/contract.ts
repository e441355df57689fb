import { createRoute, z } from '@hono/zod-openapi';
import { authOptional } from '../http/auth.ts';
import { EXAMPLE_IDS, eventIdPath } from '../http/fields.ts';
import { problems } from '../http/problem.ts';

const EXAMPLE = `retry: 3000

id: 17
data: {"event_id":"${EXAMPLE_IDS.event}","seq":17,"status":"published","capacity":120,"reserved_slots":20,"available_slots":100,"waitlisted":0}

`;

export const watchEvent = createRoute({
  method: 'get',
  path: '/events/{id}/live',
  operationId: 'watchEvent',
  summary: 'Watch how many seats are free',
  description:
    'Server-sent events, or a WebSocket for who asks for one with `Upgrade: websocket`. The first message is the state ' +
    'right now, then comes each change; where seats move fast, only the latest state, at most four messages a second ' +
    'and rarer for events that thousands watch. A message is what `/availability` answers; `seq` never goes back. ' +
    'After a lost connection, `Last-Event-ID` says which state the client has, so that it is not sent again. A ' +
    'WebSocket client may send the text `ping`, which is answered with `pong`, and nothing else (close code 1003); ' +
    'code 4404 says that the event was deleted. A stream that is not read for a minute ends. Who may see the event is ' +
    'judged at the start. Swagger UI cannot show a stream and waits for its end: use `curl -N`, an `EventSource` or a ' +
    'WebSocket instead.',
  tags: ['Events'],
  security: [{ bearerAuth: [] }, {}],
  middleware: authOptional,
  request: {
    params: z.object({ id: eventIdPath }),
    headers: z.object({
      upgrade: z.string().optional().openapi({ description: '`websocket` for one.', example: 'websocket' }),
      'last-event-id': z
        .string()
        .optional()
        .openapi({ description: '`seq` of the last message that the client has.', example: '17' }),
    }),
  },
  responses: {
    101: { description: 'A WebSocket; each message is a text of JSON.' },
    200: {
      description: 'A stream of events, each with its `seq` as `id`; comments keep it alive.',
      content: { 'text/event-stream': { schema: z.string(), example: EXAMPLE } },
    },
    ...problems('unauthorized', 'event_not_found', 'overloaded'),
  },
});
