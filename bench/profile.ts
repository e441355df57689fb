import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../scripts/paths.ts';
import { inspectorTargets, selfTimes, startProfile } from './inspector.ts';
import { Generator } from './load/client.ts';
import type { Bench } from './measure.ts';
import type { Options } from './options.ts';
import { table } from './report.ts';
import { SCENARIOS, type ScenarioName } from './scenarios.ts';
import { buildReadableSeatkeeper, SECRET, Seatkeeper } from './seatkeeper.ts';
import { format } from './statistics.ts';
import { withWorkshop } from './workshop.ts';

const FOLDER = join(ROOT, '.wrangler/bench');
const SHOWN = 25;
const IDLE = '(idle)';

/**
 * Samples the Worker (with its actors, which live in the same isolate) and D1 under a load, prints where the time goes
 * and leaves `.cpuprofile` files for a browser's developer tools. Time in native code (SQLite, HTTP) is in the
 * function that called it, or in `(program)`.
 */
export async function profile(options: Options, scenario: ScenarioName): Promise<void> {
  await withWorkshop(async (workshop) => {
    const sources = await buildReadableSeatkeeper();
    const seatkeeper = workshop.keep(await Seatkeeper.start(sources, workshop.folder('seatkeeper'), 0));
    await seatkeeper.seedCatalogue();
    const generator = workshop.keep(new Generator(SECRET));
    const bench: Bench = { generator, seconds: options.seconds, connections: options.connections };
    await SCENARIOS[scenario](bench, seatkeeper);
    const inspector = await seatkeeper.inspector();
    const targets = (await inspectorTargets(inspector)).filter(({ id }) => /seatkeeper|d1/i.test(id));
    const stops = await Promise.all(targets.map((target) => startProfile(inspector, target)));
    const { values } = await SCENARIOS[scenario](bench, seatkeeper);
    console.log(`${scenario} under the profiler: ${format(values.per_s ?? 0)}/s, p50 ${format(values.p50_ms ?? 0)} ms`);
    await mkdir(FOLDER, { recursive: true });
    for (const [index, stop] of stops.entries()) {
      const taken = await stop();
      const name = (targets[index]?.id ?? '').replaceAll(/\W+/g, '-');
      const file = join(FOLDER, `${scenario}-${name}.cpuprofile`);
      await writeFile(file, JSON.stringify(taken));
      console.log(`\n${name}: ${file}\n${topOf(selfTimes(taken))}`);
    }
  });
}

function topOf(times: ReturnType<typeof selfTimes>): string {
  const busy = times.filter(({ name }) => name !== IDLE);
  const total = busy.reduce((sum, { ms }) => sum + ms, 0);
  const rows = busy
    .slice(0, SHOWN)
    .map(({ name, ms }) => [name, `${Math.round(ms)} ms`, `${format((ms / total) * 100)} %`]);
  return table([['own time', `${Math.round(total)} ms`, ''], ...rows]);
}
