import type { Load } from './load/job.ts';
import { type CpuTimes, cpuTimes } from './processes.ts';
import { spread } from './statistics.ts';

/** What else the machine did while something was measured, as shares of one core. */
export interface Others {
  readonly busy: number;
  readonly stolen: number;
}

/** Above these a measurement is called disturbed. They are wide: the bench is for whole factors, not for percents. */
const OTHERS_BUSY_MAX = 0.15;
const STOLEN_MAX = 0.05;
const GENERATOR_BUSY_MAX = 0.9;
const GENERATOR_LAG_MS_MAX = 25;
const SPREAD_MAX = 0.35;

/** Starts to watch what others do; the result stops. Null where the system doesn't tell. */
export function watchOthers(): () => Others | null {
  const before = cpuTimes();
  return () => {
    const after = cpuTimes();
    return before === null || after === null ? null : between(before, after);
  };
}

function between(before: CpuTimes, after: CpuTimes): Others {
  const seconds = Math.max(after.at - before.at, 0.01);
  const ours = after.ours - before.ours;
  const busy = Math.max(0, after.all - before.all - ours) / seconds;
  return { busy, stolen: (after.stolen - before.stolen) / seconds };
}

/** Why a measurement may be wrong, in words; empty if nothing speaks against it. */
export function disturbances(load: Load | null, others: Others | null): string[] {
  const found: string[] = [];
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  if (others !== null && others.busy > OTHERS_BUSY_MAX) found.push(`others used ${percent(others.busy)} of a core`);
  if (others !== null && others.stolen > STOLEN_MAX) found.push(`the host took ${percent(others.stolen)} of a core`);
  if (load === null) return found;
  if (load.generatorBusy > GENERATOR_BUSY_MAX) found.push(`the generator was ${percent(load.generatorBusy)} busy`);
  if (load.generatorLagMs > GENERATOR_LAG_MS_MAX)
    found.push(`the generator lagged ${Math.round(load.generatorLagMs)} ms`);
  if (load.broken > 0) found.push(`${load.broken} connections broke`);
  return found;
}

/** Whether the rounds lie too far apart for their median to say much. */
export function isUnsteady(values: readonly number[]): boolean {
  return spread(values) > SPREAD_MAX;
}
