/** One thing to debug behind an inspector: an isolate of workerd. */
export interface InspectorTarget {
  readonly id: string;
  readonly title: string;
}

/** A profile as V8 gives it and `.cpuprofile` files hold it. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const SAMPLE_MICROS = 200;

/** Isolates behind an inspector. */
export async function inspectorTargets(inspector: URL): Promise<InspectorTarget[]> {
  const reply = await fetch(new URL('/json', inspector.href.replace('ws:', 'http:')));
  return (await reply.json()) as InspectorTarget[];
}

/** Starts to sample what an isolate's processor time goes to; the result stops and gives the profile. */
export async function startProfile(inspector: URL, target: InspectorTarget): Promise<() => Promise<CpuProfile>> {
  const socket = new WebSocket(new URL(`/${target.id}`, inspector).href);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', () => reject(new Error(`no inspector for ${target.title}`)), { once: true });
  });
  const waiting = new Map<number, (result: unknown) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
    if (id !== undefined) waiting.get(id)?.(result);
  });
  let sent = 0;
  const call = (method: string, params: object = {}) =>
    new Promise<unknown>((resolve) => {
      sent += 1;
      waiting.set(sent, resolve);
      socket.send(JSON.stringify({ id: sent, method, params }));
    });
  await call('Profiler.enable');
  await call('Profiler.setSamplingInterval', { interval: SAMPLE_MICROS });
  await call('Profiler.start');
  return async () => {
    const { profile } = (await call('Profiler.stop')) as { profile: CpuProfile };
    socket.close();
    return profile;
  };
}

/** One function's own time. */
export interface SelfTime {
  readonly name: string;
  readonly ms: number;
}

/** Where the time went, by function, longest first; callees are not counted in. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): SelfTime[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const micros = new Map<string, number>();
  for (const [index, sample] of samples.entries()) {
    const name = names.get(sample) ?? '?';
    micros.set(name, (micros.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  }
  return [...micros].map(([name, total]) => ({ name, ms: total / 1_000 })).sort((a, b) => b.ms - a.ms);
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const file = url.split('/').at(-1) ?? '';
  const name = functionName === '' ? '(anonymous)' : functionName;
  return file === '' ? name : `${name} ${file}:${lineNumber + 1}`;
}
