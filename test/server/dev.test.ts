import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freePort } from '../../bench/peers/process.ts';
import { apiClient, awaitServer } from '../../scripts/api-client.ts';
import { ROOT, STATE } from '../../scripts/paths.ts';
import { lockState } from '../../scripts/state-lock.ts';
import { temporaryState } from '../support/child-server.ts';
import { lookedUp, tellingLookups } from '../support/lookups.ts';

/** `npm run dev`, and what it says until it ends. */
function dev(port: number, env = process.env) {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/dev.ts'), '--port', `${port}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { said: () => said, ended, stop: () => child.kill('SIGTERM') };
}

const unlock = await lockState(STATE).catch(() => null);

// It serves the state of this checkout, which somebody may be using while the tests run.
it.skipIf(unlock === null)('holds the state that npm start uses while it serves, and wants a free port', async () => {
  const refused = dev(await freePort());
  expect(await refused.ended).toBe(1);
  expect(refused.said()).toMatch(/^Another server is using .*\n$/);

  unlock?.();
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  const crowdedOut = dev(port);
  expect(await crowdedOut.ended).toBe(1);
  expect(crowdedOut.said()).toBe(`Port ${port} is taken. Another one will do with: npm run dev -- --port N\n`);
  other.close();

  const client = apiClient(`http://localhost:${port}`, 1);
  const nothingKept = await temporaryState();
  const served = dev(port, tellingLookups(nothingKept.path));
  try {
    expect(await awaitServer(client, 240_000), served.said()).toBe(true);
    await expect(lockState(STATE)).rejects.toThrow('Another server is using');
  } finally {
    client.close();
    served.stop();
  }
  // What Wrangler itself ends with on SIGTERM.
  expect(await served.ended).toBe(143);
  (await lockState(STATE))();
  await nothingKept.remove();
  // Wrangler asks for its own updates; where it runs is nobody's business.
  expect(lookedUp(served.said())).not.toContain('workers.cloudflare.com');
});
