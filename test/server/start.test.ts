import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freePort } from '../../bench/peers/process.ts';
import { answers, apiClient } from '../../scripts/api-client.ts';
import { ROOT } from '../../scripts/paths.ts';
import { temporaryState } from '../support/child-server.ts';

/** `npm start` on the port, once it says that it is ready. */
async function start(state: string, port: number) {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/start.ts'), '--port', `${port}`, '--state', state], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  let said = '';
  const ready = new Promise<boolean>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('ready')) resolve(true);
      });
    }
    void ended.then(() => resolve(false));
  });
  return { isReady: await ready, said: () => said, ended, stop: () => child.kill('SIGTERM') };
}

it('listens on the port it is given, refuses one that is taken, and ends at once when told to', async () => {
  const state = await temporaryState();
  const port = await freePort();
  const client = apiClient(`http://localhost:${port}`, 1);
  const server = await start(state.path, port);
  try {
    expect(server.isReady, server.said()).toBe(true);
    expect(server.said()).toContain(`:${port}`);
    expect(await answers(client)).toBe(true);

    const second = await start(state.path, port);
    expect(second.isReady).toBe(false);
    expect(second.said()).toMatch(/is taken|another/i);
    expect(await second.ended).toBe(1);
  } finally {
    client.close();
    server.stop();
    await server.ended;
    await state.remove();
  }
  expect(await server.ended).toBe(0);
  expect(await answers(apiClient(`http://localhost:${port}`, 1))).toBe(false);
});
