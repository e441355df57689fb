/** What the requests of a load are. All POSTs of reservations carry the token of a customer who never came before. */
export type Plan =
  /** The same anonymous GETs over and over. */
  | { readonly kind: 'get'; readonly paths: readonly string[] }
  /** One POST a customer, over the paths in turn, until the customers or the time run out. */
  | { readonly kind: 'reserve'; readonly paths: readonly string[]; readonly customers: number }
  /** Every customer reserves, cancels and is done. */
  | { readonly kind: 'reserve_and_cancel'; readonly path: string; readonly customers: number };

/** A load on one server: closed loop, every connection sends its next request when it has its answer. */
export interface Job {
  readonly port: number;
  readonly connections: number;
  /** When to send no more; what is under way is waited for. */
  readonly seconds: number;
  readonly plan: Plan;
}

/** What came of a load. */
export interface Load {
  /** From the first request to the last answer. */
  readonly seconds: number;
  /** Answers by status code. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Connections that broke; their requests have no answer. */
  readonly broken: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** From the first request to the last answer 201. */
  readonly lastCreatedSeconds: number;
  /** Whether the customers ran out before the time did. */
  readonly exhausted: boolean;
  /** How busy the generator's process was, as a share of one core. */
  readonly generatorBusy: number;
  /** How late the generator's timers came, 99th percentile: above some ms, latencies are the generator's. */
  readonly generatorLagMs: number;
}

/** Messages between the bench and the generator's process. */
export type ToGenerator = { readonly secret: string } | { readonly job: Job };
export type FromGenerator = { readonly load: Load } | { readonly error: string };
