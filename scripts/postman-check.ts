/**
 * Runs the Postman collection against a fresh server: npm run postman:check
 *
 * Exits with 0 when every request was answered as documented, else with 1 and the answers that were not.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import newman, { type Summary } from 'newman';
import { readArguments, runScript } from './command-line.ts';
import { postmanCollection } from './postman.ts';
import { startServer } from './server.ts';

const USAGE = `Usage: npm run postman:check

Runs the Postman collection against a fresh server, and tells which answers were not as documented.`;

async function run(url: string): Promise<Summary['run']> {
  // Newman waits for the end of each answer.
  const collection = await postmanCollection({ streams: false });
  const envVar = [{ key: 'base_url', value: url }];
  return new Promise((done, failed) => {
    newman.run({ collection, envVar, reporters: [] }, (error, { run: result }) =>
      error ? failed(error) : done(result),
    );
  });
}

async function main(args: readonly string[]): Promise<number> {
  readArguments(args, {});
  const state = await mkdtemp(join(tmpdir(), 'seatkeeper-postman-'));
  const server = await startServer({ state, vars: { JWT_SECRET: randomBytes(48).toString('base64') } });
  try {
    const { stats, failures } = await run(server.url);
    for (const { source, error } of failures) console.error(`${source?.name}: ${error.message}`);
    const { total, failed } = stats.assertions;
    console.log(`${stats.requests.total} requests, ${total - failed} of ${total} answered as documented.`);
    return failures.length === 0 && total >= stats.requests.total ? 0 : 1;
  } finally {
    await server.stop();
    await rm(state, { recursive: true, force: true });
  }
}

await runScript(USAGE, main);
