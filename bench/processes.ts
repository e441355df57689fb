import { readdirSync, readFileSync } from 'node:fs';

/** A process as /proc shows it. */
interface ProcessInfo {
  readonly pid: number;
  readonly name: string;
  readonly parent: number;
  /** Processor time in clock ticks, of children that ended too. */
  readonly ticks: number;
}

/** The kernel tells /proc in hundredths of a second on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function processInfo(pid: number): ProcessInfo | null {
  const stat = read(`/proc/${pid}/stat`);
  const match = stat === null ? null : /^\d+ \((.*)\) (.*)$/s.exec(stat);
  if (match === null) return null;
  const fields = (match[2] as string).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
  return { pid, name: match[1] as string, parent: Number(fields[1]), ticks };
}

/** This process and all that descend from it; empty where there is no /proc. */
function family(): ProcessInfo[] {
  const entries = read('/proc/stat') === null ? [] : readdirSync('/proc');
  const all = entries.filter((name) => /^\d+$/.test(name)).flatMap((name) => processInfo(Number(name)) ?? []);
  const ours = new Map<number, ProcessInfo>();
  for (let before = -1; ours.size !== before; ) {
    before = ours.size;
    for (const one of all) if (one.pid === process.pid || ours.has(one.parent)) ours.set(one.pid, one);
  }
  return [...ours.values()];
}

/** Pids of our workerd processes. */
export function workerds(): number[] {
  return family()
    .filter(({ name }) => name === 'workerd')
    .map(({ pid }) => pid);
}

/** Resident memory of a process in MB, or null where the system doesn't tell. */
export function residentMb(pid: number): number | null {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) / 1024;
}

/** Processor time since the machine started, in seconds. */
export interface CpuTimes {
  readonly at: number;
  /** By us and all that we started. */
  readonly ours: number;
  /** By every process; interrupts are nobody's. */
  readonly all: number;
  /** Taken by the hypervisor for other guests. */
  readonly stolen: number;
}

/** Null where the system doesn't tell. */
export function cpuTimes(): CpuTimes | null {
  const line = /^cpu +(.*)$/m.exec(read('/proc/stat') ?? '')?.[1];
  if (line === undefined) return null;
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = line.split(' ').map(Number);
  const ours = family().reduce((sum, { ticks }) => sum + ticks, 0);
  const seconds = (ticks: number) => ticks / TICKS_PER_SECOND;
  const all = seconds(user + nice + system);
  return { at: performance.now() / 1_000, ours: seconds(ours), all, stolen: seconds(steal) };
}
