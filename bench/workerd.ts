import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { dryRun } from '../scripts/bundle.ts';
import { doorTo } from '../scripts/door.ts';
import { databaseId } from '../scripts/local-database.ts';
import { applyMigrations } from '../scripts/migrations.ts';
import { ROOT } from '../scripts/paths.ts';
import { watchWorkerd } from '../scripts/watchdog.ts';
import { workerds } from './processes.ts';

// Wrangler announces every file that it reads; this must be set before it is loaded.
process.env.WRANGLER_LOG ??= 'error';
const { unstable_getMiniflareWorkerOptions: readWorkerOptions } = await import('wrangler');

/** One Worker to run: a wrangler config and what was bundled of it. */
export interface WorkerSource {
  readonly name: string;
  readonly config: string;
  readonly bundle: string;
}

/** A workerd process that serves one or more Workers, each on its own port. */
export interface Workerd {
  readonly pid: number;
  port(worker: string): number;
  /** Unloads an actor, so that its next call starts it from what is on disk. */
  evict(worker: string, className: string, name: string): Promise<void>;
  /** Where a profiler attaches, if it was started with an inspector. */
  inspector(): Promise<URL>;
  stop(): Promise<void>;
}

/**
 * Bundles a Worker for the bench as a deploy would, into .wrangler/bench.
 * @param options more of them for `wrangler deploy`
 */
export async function bundleWorker(name: string, config: string, ...options: string[]): Promise<WorkerSource> {
  const outdir = join(ROOT, '.wrangler/bench', name);
  await mkdir(outdir, { recursive: true });
  await dryRun(outdir, '--config', config, ...options);
  return { name, config, bundle: join(outdir, 'worker.js') };
}

/**
 * Starts workerd itself, without the proxy of `wrangler dev`, with everything kept on disk and D1's migrations applied.
 * @param inspectorPort where to attach a profiler; 0: any free port
 */
export async function startWorkerd(
  sources: readonly WorkerSource[],
  state: string,
  vars: Readonly<Record<string, string>>,
  inspectorPort?: number,
): Promise<Workerd> {
  // The bench's own Workers look into the product's database, whatever that is called since a deploy.
  const d1Databases = { DB: databaseId() };
  await applyMigrations(state, d1Databases.DB);
  const unwatch = watchWorkerd();
  const known = new Set(workerds());
  const workers = sources.map(({ name, config, bundle }) => {
    const { modulesRules: _, ...options } = readWorkerOptions(config).workerOptions;
    const bindings = { ...(options.bindings as Record<string, string>), ...vars };
    return { ...options, name, bindings, d1Databases, modules: true, modulesRoot: dirname(bundle), scriptPath: bundle };
  });
  const doors = sources.map(({ name }) => doorTo(name, 0));
  const inspector = inspectorPort === undefined ? {} : { inspectorPort };
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      resourcePersistencePath: state,
      cf: false,
      workers: [...workers, ...doors],
      ...inspector,
    } as never),
  );
  const stop = async () => {
    await miniflare.dispose();
    unwatch();
  };
  await miniflare.ready.catch(async (error) => {
    await stop();
    throw error;
  });
  const ports = new Map<string, number>();
  for (const { name } of sources)
    ports.set(name, Number((await miniflare.unsafeGetDirectURL(doorTo(name, 0).name)).port));
  const pid = workerds().find((one) => !known.has(one)) ?? 0;
  return {
    pid,
    port: (worker) => ports.get(worker) as number,
    evict: (worker, className, name) => miniflare.unsafeEvictDurableObject(worker, className, { name }),
    inspector: () => miniflare.getInspectorURL(),
    stop,
  };
}
