import type { Command } from '../domain/commands.ts';
import { LIMITS } from '../domain/model.ts';
import type { Outcome } from '../domain/outcomes.ts';
import { weightOf } from './execute.ts';

interface Waiting {
  readonly command: Command;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/** Rows that one transaction may have to load. */
const BATCH_WEIGHT_MAX = 5_000;

/**
 * Gathers the commands that arrive while a commit is being flushed, and executes them together in the next one: under
 * load many share one transaction and one flush, and a lone command waits for nobody.
 */
export class GroupCommit {
  readonly #execute: (commands: readonly Command[]) => readonly Outcome[];
  readonly #flushed: () => Promise<void>;
  readonly #waiting: Waiting[] = [];
  #draining = false;

  /**
   * @param execute executes a batch in one transaction; a throw means that nothing of it happened
   * @param flushed resolves when what was executed is on disk
   */
  constructor(execute: (commands: readonly Command[]) => readonly Outcome[], flushed: () => Promise<void>) {
    this.#execute = execute;
    this.#flushed = flushed;
  }

  /** Executes one command; rejects only if executing it breaks. */
  submit(command: Command): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ command, resolve, reject });
      if (!this.#draining) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    while (this.#waiting.length > 0) {
      this.#executeTogether(this.#takeBatch());
      // A failed flush breaks the whole object, and every call on it with it; there is nothing to do here.
      await this.#flushed().catch(() => undefined);
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

  #executeTogether(batch: readonly Waiting[]): void {
    try {
      const outcomes = this.#execute(batch.map(({ command }) => command));
      for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index] as Outcome);
    } catch (error) {
      // One bad command must not take its neighbours with it: alone, only it fails.
      if (batch.length === 1) batch[0]?.reject(error);
      else for (const one of batch) this.#executeTogether([one]);
    }
  }
}
