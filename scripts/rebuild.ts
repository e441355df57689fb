import { z } from 'zod';
import { apiClient, explain, persist } from './api-client.ts';
import { DEFAULT_URL, Failure, readArguments, requireServer, runScript, serverUrl } from './command-line.ts';
import { localSecret, signedStranger } from './local-secret.ts';
import { counted } from './progress.ts';

const USAGE = `Usage: npm run rebuild -- EVENT_ID [options]

Writes an event's rows in D1 anew from its actor, the source of truth.

  --url URL   the server (default ${DEFAULT_URL})
  --token T   an admin's access token; default: one signed with JWT_SECRET of .dev.vars`;

const rebuiltSchema = z.object({ event_id: z.string(), seq: z.number(), reservations: z.number() });

async function main(args: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const { values, operands } = readArguments(args, { url: text, token: text }, 'EVENT_ID');
  const [eventId] = operands;
  const client = apiClient(serverUrl(values.url), 1);
  await requireServer(client);
  const token = values.token ?? (await signedStranger(await localSecret(), 'admin')).token;
  const path = `/api/events/${encodeURIComponent(eventId)}/rebuild`;
  const answer = await persist(() => client.send('POST', path, { token }));
  client.close();
  if (answer.status !== 200) throw new Failure(`Could not rebuild ${eventId}: ${explain(answer)}`);
  const { seq, reservations } = rebuiltSchema.parse(answer.body);
  console.log(`D1 shows ${eventId} as of fact ${seq} again, with ${counted(reservations, 'reservation')}.`);
  return 0;
}

await runScript(USAGE, main);
