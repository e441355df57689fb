import { join } from 'node:path';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { BUNDLE, bundle } from './bundle.ts';
import { assertFree, doorTo } from './door.ts';
import { applyMigrations } from './migrations.ts';
import { ROOT, STATE } from './paths.ts';
import { lockState } from './state-lock.ts';
import { watchWorkerd } from './watchdog.ts';

// Wrangler announces every file of secrets that it reads; this must be set before it is loaded.
process.env.WRANGLER_LOG ??= 'error';
const { unstable_getMiniflareWorkerOptions: readWorkerOptions } = await import('wrangler');

/** How to serve. */
export interface ServerOptions {
  /** 0 (the default): any free one. */
  readonly port?: number;
  /** Folder that keeps D1, actors and alarms. Default: the one that `wrangler … --local` uses too. */
  readonly state?: string;
  /** Bindings that take the place of those in wrangler.toml and `.dev.vars`, such as JWT_SECRET. */
  readonly vars?: Readonly<Record<string, string>>;
  /** Whether to bundle the Worker first (the default) or to serve the bundle that is there. */
  readonly build?: boolean;
  /** What to do where another server uses the state. Default: to stop it, or to serve another folder. */
  readonly advice?: string;
}

/** A server that answers. */
export interface Server {
  /** With no slash at its end. */
  readonly url: string;
  /** The D1 that the Worker has, for tests and tools that look behind the API. */
  database(): Promise<D1Database>;
  /** Ends workerd; what it has acknowledged is on disk. */
  stop(): Promise<void>;
}

/** How often the local server does what the cron trigger of a deployed one does. */
const CRON_MS = 5 * 60 * 1000;

/** Miniflare has no clock for cron triggers. One that fails has said why, and comes again. */
function runCron(miniflare: Miniflare): () => void {
  const run = async () => {
    const worker = await miniflare.getWorker();
    await worker.scheduled({ cron: '*/5 * * * *', scheduledTime: new Date() });
  };
  const timer = setInterval(() => void run().catch(() => undefined), CRON_MS).unref();
  return () => clearInterval(timer);
}

/**
 * Serves the bundled Worker on workerd, with the local D1 migrated and everything kept on disk.
 * @throws Failure if another server uses the state or the port is taken
 */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const { port = 0, state = STATE, vars = {}, build = true, advice } = options;
  // First: whose own server has the state would not be helped by another port.
  const unlock = await lockState(state, advice);
  const unwatch = watchWorkerd();
  try {
    await assertFree(port, 'Any free one will do with: npm start -- --port 0');
    const worker = workerOptions(vars);
    const door = doorTo(worker.name, port);
    await Promise.all([build ? bundle() : undefined, applyMigrations(state, worker.d1Databases.DB.id)]);
    const miniflare = new Miniflare(
      // Without `cf: false`, Miniflare asks Cloudflare where it runs, which nothing here needs to know.
      convertV4MiniflareOptions({ resourcePersistencePath: state, cf: false, workers: [worker, door] } as never),
    );
    await miniflare.ready;
    const stopCron = runCron(miniflare);
    return {
      url: (await miniflare.unsafeGetDirectURL(door.name)).origin,
      database: () => miniflare.getD1Database('DB') as unknown as Promise<D1Database>,
      stop: async () => {
        stopCron();
        await miniflare.dispose();
        unwatch();
        unlock();
      },
    };
  } catch (error) {
    unwatch();
    unlock();
    throw error;
  }
}

/** What wrangler.toml says. */
function workerOptions(vars: Readonly<Record<string, string>>) {
  const { modulesRules: _, ...options } = readWorkerOptions(join(ROOT, 'wrangler.toml')).workerOptions;
  return {
    ...options,
    name: 'seatkeeper',
    modules: true,
    scriptPath: BUNDLE,
    bindings: { ...(options.bindings as Record<string, string>), ...vars },
    d1Databases: options.d1Databases as { DB: { id: string } },
  };
}
