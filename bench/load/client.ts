import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { FromGenerator, Job, Load, ToGenerator } from './job.ts';

/** The load generator, in a process of its own: what the bench does beside must not slow the clock. */
export class Generator {
  readonly #child: ChildProcess;

  /** @param secret signs the customers' tokens; the servers know it too */
  constructor(secret: string) {
    this.#child = fork(join(import.meta.dirname, 'generator.ts'), { execArgv: ['--expose-gc'] });
    this.#send({ secret });
  }

  /** Does one job; jobs don't overlap. */
  run(job: Job): Promise<Load> {
    return new Promise((resolve, reject) => {
      const onExit = () => reject(new Error('the load generator died'));
      // As when somebody interrupts a run, which then goes on for a moment.
      if (!this.#child.connected) return onExit();
      this.#child.once('exit', onExit);
      this.#child.once('message', (message: FromGenerator) => {
        this.#child.off('exit', onExit);
        if ('load' in message) resolve(message.load);
        else reject(new Error(message.error));
      });
      this.#send({ job });
    });
  }

  stop(): void {
    this.#child.removeAllListeners('exit');
    this.#child.kill();
  }

  #send(message: ToGenerator): void {
    this.#child.send(message);
  }
}
