import { monitorEventLoopDelay } from 'node:perf_hooks';
import { drive } from './connection.ts';
import { Histogram } from './histogram.ts';
import type { FromGenerator, Job, Load, ToGenerator } from './job.ts';
import { prepare, type Requests } from './requests.ts';

/** The load generator's process: it does one job after the other, as told by the bench. */

const LAG_RESOLUTION_MS = 1;
const MICROS = 1_000_000;

async function run(job: Job, secret: string): Promise<Load> {
  const requests = await prepare(job.plan, secret);
  globalThis.gc?.();
  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  lag.enable();
  const cpu = process.cpuUsage();
  const load = await drain(job, requests);
  lag.disable();
  const { user, system } = process.cpuUsage(cpu);
  const lagMs = Math.max(0, lag.percentile(99) / MICROS - LAG_RESOLUTION_MS);
  return { ...load, generatorBusy: (user + system) / MICROS / load.seconds, generatorLagMs: lagMs };
}

async function drain(job: Job, requests: Requests): Promise<Omit<Load, 'generatorBusy' | 'generatorLagMs'>> {
  const latencies = new Histogram();
  const statuses: Record<number, number> = {};
  const start = performance.now();
  const end = start + job.seconds * 1_000;
  let [lastAnswer, lastCreated, exhausted] = [start, start, false];
  const connection = (index: number) => {
    let sentAt = start;
    return drive(job.port, {
      next() {
        sentAt = performance.now();
        const request = sentAt < end ? requests.next(index) : null;
        if (request === null && sentAt < end) exhausted = true;
        return request;
      },
      answered(status, body) {
        lastAnswer = performance.now();
        latencies.record((lastAnswer - sentAt) * 1_000);
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status === 201) lastCreated = lastAnswer;
        if (requests.readsBodies) requests.answered(index, status, body);
      },
      readsBodies: requests.readsBodies,
    });
  };
  const ended = await Promise.all(Array.from({ length: job.connections }, (_, index) => connection(index)));
  return {
    seconds: (lastAnswer - start) / 1_000,
    statuses,
    broken: ended.filter((well) => !well).length,
    p50Ms: latencies.quantile(0.5) / 1_000,
    p99Ms: latencies.quantile(0.99) / 1_000,
    maxMs: latencies.quantile(1) / 1_000,
    lastCreatedSeconds: (lastCreated - start) / 1_000,
    exhausted,
  };
}

let secret = '';
process.on('disconnect', () => process.exit());
process.on('message', (message: ToGenerator) => {
  if ('secret' in message) {
    secret = message.secret;
    return;
  }
  run(message.job, secret).then(
    (load) => process.send?.({ load } satisfies FromGenerator),
    (error) => process.send?.({ error: `${error?.stack ?? error}` } satisfies FromGenerator),
  );
});
