import { mkdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../scripts/command-line.ts';
import { whenAskedToStop } from '../scripts/stop-signals.ts';

/** Where a run keeps its servers and their state, all of which end with it. */
export interface Workshop {
  /** A folder under the run's own. */
  folder(name: string): string;
  /** Stops the thing when the run ends; the last one kept is stopped first. */
  keep<T extends { stop(): void | Promise<void> } | null>(thing: T): T;
}

/** Does the work, and cleans up however it ends: also after Ctrl-C. */
export async function withWorkshop<T>(work: (workshop: Workshop) => Promise<T>): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'seatkeeper-bench-'));
  // PostgreSQL runs as another user, who must get through to its own folder.
  await chmod(root, 0o711);
  const kept: { stop(): void | Promise<void> }[] = [];
  const { promise: interrupted, reject: interrupt } = Promise.withResolvers<never>();
  try {
    const workshop: Workshop = {
      folder(name) {
        const path = join(root, name);
        mkdirSync(path, { recursive: true });
        return path;
      },
      keep(thing) {
        if (thing !== null) kept.push(thing);
        // Once the first server has its own listeners, which this replaces.
        if (kept.length === 1) whenAskedToStop(() => interrupt(new Failure('Interrupted.')));
        return thing;
      },
    };
    return await Promise.race([work(workshop), interrupted]);
  } finally {
    for (const thing of kept.toReversed()) await Promise.resolve(thing.stop()).catch((error) => console.error(error));
    await rm(root, { recursive: true, force: true });
  }
}
