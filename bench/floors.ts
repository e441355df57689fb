import { join } from 'node:path';
import { ROOT } from '../scripts/paths.ts';
import { newEventId } from '../src/http/ids.ts';
import { SECRET } from './seatkeeper.ts';
import { bundleWorker, startWorkerd, type Workerd } from './workerd.ts';

/** What the platform can do at most: the steps on the way of a reservation without the product's work. */
export class Floors {
  readonly #workerd: Workerd;

  private constructor(workerd: Workerd) {
    this.#workerd = workerd;
  }

  static async start(state: string): Promise<Floors> {
    const source = await bundleWorker('floors', join(ROOT, 'bench/floors/wrangler.toml'));
    return new Floors(await startWorkerd([source], state, { JWT_SECRET: SECRET }));
  }

  get port(): number {
    return this.#workerd.port('floors');
  }

  /** An actor that was never used. */
  fresh(): string {
    return newEventId();
  }

  /** Rows that an actor has, of those that insert bare `rows` or of those by which reservations are `written`. */
  async rows(actor: string, kind: 'rows' | 'written'): Promise<number> {
    const reply = await fetch(`http://127.0.0.1:${this.port}/api/${kind}/${actor}`);
    return ((await reply.json()) as { rows: number }).rows;
  }

  stop(): Promise<void> {
    return this.#workerd.stop();
  }
}
