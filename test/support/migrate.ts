import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';

/** Every test file starts with a migrated D1. */
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
