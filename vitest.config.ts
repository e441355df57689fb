import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers';
import { defineConfig } from 'vitest/config';
import { copyAssets } from './scripts/assets.ts';

// Wrangler announces every file of secrets that it reads, once a test file.
process.env.WRANGLER_LOG ??= 'error';
// The Worker under test serves them, and a fresh clone has none.
await copyAssets();
const migrations = await readD1Migrations('migrations');

/** Pure tests, whole servers and browsers run in Node, the rest inside workerd with real bindings. */
export default defineConfig({
  test: {
    // .ci/run counts by the file.
    reporters: process.env.TEST_REPORT ? ['default', ['json', { outputFile: process.env.TEST_REPORT }]] : ['default'],
    projects: [
      {
        test: {
          name: 'domain',
          include: ['test/domain/**/*.test.ts', 'test/scripts/**/*.test.ts', 'test/types/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'] } },
      { test: { name: 'bench', include: ['test/bench/**/*.test.ts'], testTimeout: 60_000 } },
      { test: { name: 'tidy', include: ['test/tidy/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'server',
          include: ['test/server/**/*.test.ts'],
          globalSetup: ['test/support/bundle-once.ts'],
          // Only against what never ends: processes start many times slower on a busy machine.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // Each file starts a server and a crowd; side by side, or beside others, they would only measure the cores.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                JWT_SECRET: 'a secret for tests only, at least 32 bytes',
                TEST_MIGRATIONS: migrations,
                // Here requests can't share calls: the pool switches off what lets one go on when another has its answer
                // (no_handle_cross_request_promise_resolution). The tests of the server do it.
                CALLS_IN_FLIGHT: '1000000',
                // Tests read what they wrote, however slow the machine is; those of the limit itself set it.
                PROJECTION_WAIT_MS: '60000',
              },
            },
          }),
        ],
        test: {
          name: 'workers',
          // Passwords are slow to hash on purpose, and machines may be busy.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          include: ['test/actor/**/*.test.ts', 'test/http/**/*.test.ts'],
          setupFiles: ['test/support/migrate.ts'],
        },
      },
    ],
  },
});
