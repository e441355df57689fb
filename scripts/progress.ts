import { performance } from 'node:perf_hooks';

const REDRAW_EVERY_MS = 80;
const BAR_CELLS = 30;

/** Lines that stand still and are redrawn in place; nothing but `print` where the output is no terminal. */
export interface Screen {
  readonly live: boolean;
  /** Shows these lines instead of the last ones; on a terminal only, and not more often than the eye needs. */
  draw(lines: () => readonly string[]): void;
  /** Prints a line that stays, above the redrawn ones. */
  print(line: string): void;
  /** Draws the last state for good. */
  finish(lines: () => readonly string[]): void;
}

/** A screen over a terminal, or over a pipe or file, where only `print` has an effect. */
export function createScreen(output: NodeJS.WriteStream = process.stdout): Screen {
  let drawn = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  const erase = () => (drawn === 0 ? '' : `\x1b[${drawn}A\x1b[J`);
  const show = (lines: readonly string[]) => {
    const fitting = lines.map((line) => line.slice(0, Math.max(20, (output.columns || 80) - 1)));
    output.write(`${erase()}${fitting.map((line) => `${line}\n`).join('')}`);
    drawn = lines.length;
    lastMs = performance.now();
  };
  const live = output.isTTY === true;
  return {
    live,
    draw: (lines) => {
      if (live && performance.now() - lastMs >= REDRAW_EVERY_MS) show(lines());
    },
    print: (line) => {
      output.write(`${erase()}${line}\n`);
      drawn = 0;
      lastMs = Number.NEGATIVE_INFINITY;
    },
    finish: (lines) => {
      if (live) show(lines());
      drawn = 0;
    },
  };
}

/** `1 seat`, `2 seats`. */
export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

/** `[██████░░░░] 12/20`. */
export function bar(done: number, total: number): string {
  const full = total === 0 ? BAR_CELLS : Math.round((BAR_CELLS * Math.min(done, total)) / total);
  return `[${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)}] ${done}/${total}`;
}
