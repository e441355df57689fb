import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { copyAssets } from '../scripts/assets.ts';
import { BUNDLE, bundle } from '../scripts/bundle.ts';
import { ROOT } from '../scripts/paths.ts';
import { signAccessToken } from '../src/http/auth.ts';
import { newUserId } from '../src/http/ids.ts';
import { residentMb } from './processes.ts';
import { SCENARIOS, type ScenarioName } from './scenarios.ts';
import type { Counts, Subject } from './subject.ts';
import { bundleWorker, startWorkerd, type Workerd, type WorkerSource } from './workerd.ts';

/** Signs the tokens of this run only; nothing of it is kept. */
export const SECRET = randomBytes(32).toString('hex');

const DAY_MS = 24 * 60 * 60 * 1_000;
const CREATED_AT_ONCE = 16;
const SETTLE_LIMIT_MS = 300_000;

/** What `fill` did. */
export interface Filled {
  readonly accepted: number;
  readonly seconds: number;
}

const CONFIG = join(ROOT, 'wrangler.toml');
const DRIVER = join(ROOT, 'bench/driver/wrangler.toml');

/** Bundles the Worker as a deploy does, and the bench's driver that runs beside it. */
export async function buildSeatkeeper(): Promise<WorkerSource[]> {
  const [driver] = await Promise.all([bundleWorker('driver', DRIVER), bundle()]);
  return [{ name: 'seatkeeper', config: CONFIG, bundle: BUNDLE }, driver];
}

/** The same, with the names that the source has, for profiles to be read. */
export async function buildReadableSeatkeeper(): Promise<WorkerSource[]> {
  await copyAssets();
  return Promise.all([bundleWorker('seatkeeper', CONFIG, '--no-minify'), bundleWorker('driver', DRIVER)]);
}

/** The product on workerd, with its state in a folder of its own. */
export class Seatkeeper implements Subject {
  readonly name = 'seatkeeper';
  readonly variant = '1 workerd';
  readonly prefix = '';
  readonly scenarios = Object.keys(SCENARIOS) as ScenarioName[];
  readonly #workerd: Workerd;
  #catalogueIds: readonly string[] = [];

  private constructor(workerd: Workerd) {
    this.#workerd = workerd;
  }

  static async start(sources: readonly WorkerSource[], state: string, inspectorPort?: number): Promise<Seatkeeper> {
    return new Seatkeeper(await startWorkerd(sources, state, { JWT_SECRET: SECRET }, inspectorPort));
  }

  get port(): number {
    return this.#workerd.port('seatkeeper');
  }

  get catalogueIds(): readonly string[] {
    return this.#catalogueIds;
  }

  async seedCatalogue(): Promise<void> {
    this.#catalogueIds = await this.#drive<string[]>('POST', '/catalogue');
  }

  async createEvents(count: number, capacity: number): Promise<string[]> {
    const token = await signAccessToken(SECRET, { userId: newUserId(), role: 'organizer' });
    const startTime = Date.now() + 30 * DAY_MS;
    const event = {
      title: 'Opening night',
      start_time: new Date(startTime).toISOString(),
      end_time: new Date(startTime + DAY_MS).toISOString(),
      capacity,
      status: 'published',
    };
    const create = async () => {
      const reply = await this.request('POST', '/api/events', token, event);
      if (reply.status !== 201) throw new Error(`no event was created: ${reply.status} ${await reply.text()}`);
      return ((await reply.json()) as { id: string }).id;
    };
    const ids: string[] = [];
    while (ids.length < count) {
      const size = Math.min(CREATED_AT_ONCE, count - ids.length);
      ids.push(...(await Promise.all(Array.from({ length: size }, create))));
    }
    return ids;
  }

  /** One request as a client sends it. */
  request(method: string, path: string, token: string | null, body?: unknown): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  async settle(eventId: string): Promise<void> {
    const { seq: wanted } = await this.#availability(eventId);
    const deadline = Date.now() + SETTLE_LIMIT_MS;
    for (;;) {
      const { seq } = await this.#drive<{ seq: number }>('GET', `/read-model/${eventId}/seq`);
      if (seq >= wanted) return;
      if (Date.now() > deadline) throw new Error(`the read model is at ${seq} of ${wanted} facts`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async counts(eventId: string): Promise<Counts> {
    await this.settle(eventId);
    const { capacity, reserved_slots: reserved } = await this.#availability(eventId);
    const { n } = await this.#drive<{ n: number }>('GET', `/read-model/${eventId}/reservations`);
    return { capacity, reserved, stored: n };
  }

  async #availability(eventId: string) {
    const reply = await this.request('GET', `/api/events/${eventId}/availability`, null);
    return (await reply.json()) as { seq: number; capacity: number; reserved_slots: number };
  }

  /** Reserves for fresh holders through the actor's own verb, in batches of 1,000; if told so, cancels all of it again. */
  fill(eventId: string, count: number, parallel: number, cancel = false): Promise<Filled> {
    return this.#drive('POST', '/fill', { eventId, count, parallel, cancel });
  }

  async #drive<T>(method: string, path: string, body?: unknown): Promise<T> {
    const url = `http://127.0.0.1:${this.#workerd.port('driver')}${path}`;
    const reply = await fetch(url, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
    if (!reply.ok) throw new Error(`the driver failed: ${await reply.text()}`);
    return (await reply.json()) as T;
  }

  /** Unloads the event's actor. */
  evict(eventId: string): Promise<void> {
    return this.#workerd.evict('seatkeeper', 'EventActor', eventId);
  }

  /** Where a profiler attaches. */
  inspector(): Promise<URL> {
    return this.#workerd.inspector();
  }

  memoryMb(): number | null {
    return residentMb(this.#workerd.pid);
  }

  stop(): Promise<void> {
    return this.#workerd.stop();
  }
}
