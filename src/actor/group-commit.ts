import type { Command } from '../domain/commands.ts';
import { LIMITS } from '../domain/model.ts';
import type { Outcome } from '../domain/outcomes.ts';
import { type Executed, weightOf } from './execute.ts';

/** What became of a command: its outcome, or why executing it broke. */
export type Settled = { readonly outcome: Outcome } | { readonly error: unknown };

interface Waiting {
  readonly command: Command;
  readonly settle: (settled: Settled) => void;
}

/** Rows that one load may have to bring. */
const BATCH_WEIGHT_MAX = 5_000;

/**
 * Gathers the commands that arrive while a commit is being flushed, and executes them together in the next one: under
 * load many share one transaction and one flush, and a lone command waits for nobody.
 */
export class GroupCommit {
  readonly #execute: (commands: readonly Command[]) => Executed;
  readonly #flushed: () => Promise<void>;
  readonly #waiting: Waiting[] = [];
  #draining = false;

  /**
   * @param execute executes the first of a batch, mostly all, in one transaction; a throw means that nothing happened
   * @param flushed resolves when what was executed is on disk
   */
  constructor(execute: (commands: readonly Command[]) => Executed, flushed: () => Promise<void>) {
    this.#execute = execute;
    this.#flushed = flushed;
  }

  /** Executes commands that came together, in their order; never rejects. */
  submit(commands: readonly Command[]): Promise<readonly Settled[]> {
    const settled = commands.map(
      (command) => new Promise<Settled>((settle) => this.#waiting.push({ command, settle })),
    );
    if (!this.#draining) void this.#drain();
    return Promise.all(settled);
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    while (this.#waiting.length > 0) {
      const added = this.#executeTogether(this.#takeBatch());
      // A failed flush breaks the whole object, and every call on it with it; there is nothing to do here.
      if (added > 0) await this.#flushed().catch(() => undefined);
    }
    this.#draining = false;
  }

  #takeBatch(): Waiting[] {
    let weight = 0;
    let size = 0;
    for (const { command } of this.#waiting) {
      weight += weightOf(command);
      if (size > 0 && (weight > BATCH_WEIGHT_MAX || size === LIMITS.batchMax)) break;
      size += 1;
    }
    return this.#waiting.splice(0, size);
  }

  /** @returns how many facts were added */
  #executeTogether(batch: readonly Waiting[]): number {
    try {
      const { outcomes, added } = this.#execute(batch.map(({ command }) => command));
      for (const [index, outcome] of outcomes.entries()) batch[index]?.settle({ outcome });
      this.#waiting.unshift(...batch.slice(outcomes.length));
      return added;
    } catch (error) {
      // One bad command must not take its neighbours with it: alone, only it fails.
      if (batch.length > 1) return batch.reduce((added, one) => added + this.#executeTogether([one]), 0);
      batch[0]?.settle({ error });
      return 0;
    }
  }
}
