import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freePort } from '../../bench/peers/process.ts';
import { answers, apiClient } from '../../scripts/api-client.ts';
import { assertFree } from '../../scripts/door.ts';
import { databaseId } from '../../scripts/local-database.ts';
import { applyMigrations } from '../../scripts/migrations.ts';
import { ROOT } from '../../scripts/paths.ts';
import { temporaryState } from '../support/child-server.ts';
import { lookedUp, tellingLookups } from '../support/lookups.ts';
import { blockD1 } from '../support/stuck-database.ts';

/** `npm start` on the port, once it says that it is ready. */
async function start(state: string, port: number, env = process.env) {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/start.ts'), '--port', `${port}`, '--state', state], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
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

/** What `npm run admin` says of an account in the state. */
function promote(name: string, state: string): Promise<string> {
  return new Promise((resolve) => {
    const args = [join(ROOT, 'scripts/admin.ts'), name, '--state', state];
    execFile(process.execPath, args, (_, out, complaint) => resolve(out + complaint));
  });
}

it('listens on the port it is given, says how to go on there, refuses what is taken, and ends at once when told to', async () => {
  const [state, elsewhere] = await Promise.all([temporaryState(), temporaryState()]);
  const port = await freePort();
  const client = apiClient(`http://localhost:${port}`, 1);
  const server = await start(state.path, port);
  try {
    expect(server.isReady, server.said()).toBe(true);
    const there = `--url http://localhost:${port}\n`;
    expect(server.said()).toContain(`npm run demo -- ${there}`);
    expect(server.said()).toContain(`npm run load -- examples/conferences.jsonl ${there}`);
    expect(server.said()).toContain(`npm run admin -- ada --state ${state.path}\n`);
    expect(await answers(client)).toBe(true);

    // Another port would not help: the state is what it can't have.
    const second = await start(state.path, port);
    expect(second.isReady).toBe(false);
    expect(second.said()).toMatch(/^Another server is using .*\n$/);
    expect(await second.ended).toBe(1);

    const third = await start(elsewhere.path, port);
    expect(third.said()).toBe(`Port ${port} is taken. Any free one will do with: npm start -- --port 0\n`);
    expect(await third.ended).toBe(1);

    const account = { username: 'ada', email: 'ada@example.com', password: 'correct horse battery' };
    await client.send('POST', '/api/auth/signup', { body: account });
    expect(await promote('ada', state.path)).toBe(
      'ada <ada@example.com> is an admin now: some rights count at once, all with the next login or refresh.\n',
    );
    expect(await promote('bob', state.path)).toBe(`There is no account "bob" in ${state.path}.\n`);
  } finally {
    client.close();
    server.stop();
    await server.ended;
    await Promise.all([state.remove(), elsewhere.remove()]);
  }
  expect(await server.ended).toBe(0);
  expect(await answers(apiClient(`http://localhost:${port}`, 1))).toBe(false);
});

const mayServeHttp = await assertFree(80, '').then(
  () => true,
  () => false,
);

it.skipIf(!mayServeHttp)('leaves the port out of its address where it goes without saying', async () => {
  const state = await temporaryState();
  const server = await start(state.path, 80);
  server.stop();
  await server.ended;
  await state.remove();
  expect(server.said()).toContain('Seatkeeper is ready: http://localhost\n');
  expect(server.said()).toContain('npm run demo -- --url http://localhost\n');
});

it('looks up no other host', async () => {
  const state = await temporaryState();
  const server = await start(state.path, 0, tellingLookups(state.path));
  server.stop();
  await server.ended;
  await state.remove();
  expect(server.isReady, server.said()).toBe(true);
  expect(lookedUp(server.said()).filter((name) => !['127.0.0.1', 'localhost'].includes(name))).toEqual([]);
});

it('waits for a database that is locked for a moment, and says in one line when it stays so', async () => {
  const state = await temporaryState();
  await applyMigrations(state.path, databaseId());
  const nobody = `There is no account "ada" in ${state.path}.\n`;
  const locked = `Another process keeps the database in ${state.path} locked. Try again when it has let go of it.\n`;

  const moment = blockD1(state.path);
  setTimeout(moment.release, 4_000);
  const [server, promoted] = await Promise.all([start(state.path, 0), promote('ada', state.path)]);
  server.stop();
  await server.ended;
  expect(server.isReady, server.said()).toBe(true);
  expect(promoted).toBe(nobody);

  const forGood = blockD1(state.path);
  const [refused, unpromoted] = await Promise.all([start(state.path, 0), promote('ada', state.path)]);
  forGood.release();
  await state.remove();
  expect(refused.said()).toBe(locked);
  expect(await refused.ended).toBe(1);
  expect(unpromoted).toBe(locked);
});
