import { type CommandParser, createClient, defineScript } from 'redis';
import { newSecretCode } from '../../src/http/ids.ts';
import { addReservations, createPeer, servePeer } from './serve.ts';

/** Hono on Node with Redis: a counter and a set of holders in one script. No reads, no history, no waiting list. */

/** Redis runs a script alone, so what it saw still holds when it writes. */
const RESERVE = `
  local event = redis.call('HMGET', KEYS[1], 'capacity', 'reserved')
  if not event[1] then return 'event_not_found' end
  if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return 'already_reserved' end
  if event[2] + ARGV[2] > tonumber(event[1]) then return 'sold_out' end
  redis.call('HINCRBY', KEYS[1], 'reserved', ARGV[2])
  redis.call('SADD', KEYS[2], ARGV[1])
  return 'ok'`;

const reserve = defineScript({
  SCRIPT: RESERVE,
  NUMBER_OF_KEYS: 2,
  parseCommand(parser: CommandParser, eventId: string, userId: string, quantity: number) {
    parser.pushKeys([`event:${eventId}`, `holders:${eventId}`]);
    parser.push(userId, String(quantity));
  },
  transformReply: (reply: unknown) => reply as 'ok' | 'event_not_found' | 'already_reserved' | 'sold_out',
});

await servePeer(async ({ DATABASE }) => {
  const redis = createClient({ url: DATABASE, scripts: { reserve } });
  await redis.connect();
  const app = createPeer();
  addReservations(app, '', async (eventId, userId, quantity) => {
    const answer = await redis.reserve(eventId, userId, quantity);
    if (answer !== 'ok') return answer;
    const ids = { id: crypto.randomUUID(), event_id: eventId, user_id: userId };
    const created_at = new Date().toISOString();
    return { ...ids, quantity, status: 'confirmed', ticket_code: newSecretCode(), created_at };
  });
  return app;
});
