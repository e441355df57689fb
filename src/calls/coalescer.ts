import { env, waitUntil } from 'cloudflare:workers';

/** A call that is on its way, or about to be made by whom it was handed to. */
interface Call {
  readonly since: number;
}

/** What one who waits is told: the outcome of the call that took the question along, or to make the next call. */
type Turn<A> =
  | { readonly kind: 'answered'; readonly answer: A }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'lead'; readonly call: Call }
  | { readonly kind: 'late' };

interface Waiting<Q, A> {
  readonly question: Q;
  readonly tell: (turn: Turn<A>) => void;
}

/** What goes to one destination. */
interface Lane<Q, A> {
  readonly calls: Set<Call>;
  readonly queue: Waiting<Q, A>[];
  /** How long the last call was on its way. */
  tookMs: number;
}

const CALLS_IN_FLIGHT = Number(env.CALLS_IN_FLIGHT) || 1;
const SLOW_MS = 20;
/** Calls to one destination that are on their way at once when they are slow. */
const SLOW_CALLS_MAX = 4;
const GATHER_MS = 4;
const PATIENCE_MS = 2_000;

/** Asks several questions in one call; the answers come in the same order. */
export type Send<Q, A> = (questions: readonly Q[]) => Promise<readonly A[]>;

export interface CoalescerLimits {
  /**
   * Calls to one destination that are on their way at once; who comes then goes along with the next one. Default: what
   * the variable `CALLS_IN_FLIGHT` says.
   */
  readonly inFlight?: number;
  /** A call that takes longer is slow, and some others needn't wait for its return. Default: 20 ms. */
  readonly slowMs?: number;
  /**
   * How long a call that others wait for waits for more of them: as long as the last call took, for what takes long is
   * worth sharing with more, but no longer than this. Default: 4 ms.
   */
  readonly gatherMs?: number;
  /** Questions that one call carries at most. */
  readonly batch: number;
  /** How long one waits for another's call before asking alone. Default: 2 s. */
  readonly patienceMs?: number;
}

/**
 * Lets requests that ask the same destination at the same time share calls to it. The first go at once, alone; who
 * comes while those are on their way waits and shares the next call, which whoever is first in the queue makes in its
 * own request, after a moment in which a crowd gathers. A request whose client hangs up goes on until it has its
 * answer; should one be cut off all the same, those who rely on it ask for themselves after a while. So a destination
 * must know a question that it was asked before.
 */
export class Coalescer<Q, A> {
  readonly #limits: Required<CoalescerLimits>;
  readonly #lanes = new Map<string, Lane<Q, A>>();

  constructor(limits: CoalescerLimits) {
    const usual = { inFlight: CALLS_IN_FLIGHT, slowMs: SLOW_MS, gatherMs: GATHER_MS, patienceMs: PATIENCE_MS };
    this.#limits = { ...usual, ...limits };
  }

  /**
   * The answer to a question.
   * @throws what `send` throws, for all whose questions it carried
   */
  ask(destination: string, question: Q, send: Send<Q, A>): Promise<A> {
    const answer = this.#ask(destination, question, send);
    waitUntil(answer.catch(() => undefined));
    return answer;
  }

  async #ask(destination: string, question: Q, send: Send<Q, A>): Promise<A> {
    const lane = this.#laneTo(destination);
    const turn = this.#isFree(lane) ? lead(lane) : await this.#queueUp(lane, question);
    switch (turn.kind) {
      case 'answered':
        return turn.answer;
      case 'failed':
        throw turn.error;
      case 'late':
        return (await send([question]))[0] as A;
      case 'lead':
        return this.#call(destination, lane, turn.call, question, send);
    }
  }

  #laneTo(destination: string): Lane<Q, A> {
    const known = this.#lanes.get(destination);
    if (known !== undefined) return known;
    const lane = { calls: new Set<Call>(), queue: [], tookMs: 0 };
    this.#lanes.set(destination, lane);
    return lane;
  }

  /** A call that nobody has patience for any more doesn't count: the request that makes it may be gone. */
  #isFree({ calls }: Lane<Q, A>): boolean {
    if (calls.size < this.#limits.inFlight) return true;
    const now = Date.now();
    let latest = 0;
    for (const call of calls) {
      if (call.since < now - this.#limits.patienceMs) calls.delete(call);
      else latest = Math.max(latest, call.since);
    }
    return calls.size < this.#limits.inFlight || (calls.size < SLOW_CALLS_MAX && latest <= now - this.#limits.slowMs);
  }

  /**
   * The timers are set and cleared in the request's own context: those of others can't be touched. Who is first in the
   * queue looks whether the calls under way have become slow.
   */
  async #queueUp(lane: Lane<Q, A>, question: Q): Promise<Turn<A>> {
    const { promise, resolve: tell } = Promise.withResolvers<Turn<A>>();
    const waiting = { question, tell };
    lane.queue.push(waiting);
    const { slowMs, patienceMs } = this.#limits;
    const giveUp = () => {
      leave(lane, waiting);
      tell({ kind: 'late' });
    };
    const goAhead = () => {
      if (this.#isFree(lane) && leave(lane, waiting)) tell(lead(lane));
      else timer = setTimeout(giveUp, patienceMs - slowMs);
    };
    const looks = lane.queue.length === 1 && slowMs < patienceMs;
    let timer = looks ? setTimeout(goAhead, slowMs) : setTimeout(giveUp, patienceMs);
    const turn = await promise;
    clearTimeout(timer);
    return turn;
  }

  async #call(destination: string, lane: Lane<Q, A>, call: Call, question: Q, send: Send<Q, A>): Promise<A> {
    const gatherMs = Math.min(this.#limits.gatherMs, lane.tookMs);
    if (lane.queue.length > 0 && gatherMs > 0) await scheduler.wait(gatherMs);
    const left = Date.now();
    const others = lane.queue.splice(0, this.#limits.batch - 1);
    try {
      const answers = await send([question, ...others.map((other) => other.question)]);
      for (const [index, { tell }] of others.entries()) tell({ kind: 'answered', answer: answers[index + 1] as A });
      return answers[0] as A;
    } catch (error) {
      for (const { tell } of others) tell({ kind: 'failed', error });
      throw error;
    } finally {
      lane.tookMs = Date.now() - left;
      lane.calls.delete(call);
      // One that came back when it didn't count any more has no place to hand on, and the lane may be another by now.
      if (this.#isFree(lane)) lane.queue.shift()?.tell(lead(lane));
      if (lane.calls.size === 0 && this.#lanes.get(destination) === lane) this.#lanes.delete(destination);
    }
  }
}

/** Whether one was still in the queue, and is no more. */
function leave<Q, A>({ queue }: Lane<Q, A>, waiting: Waiting<Q, A>): boolean {
  const place = queue.indexOf(waiting);
  if (place < 0) return false;
  queue.splice(place, 1);
  return true;
}

/** Takes a place among the calls. */
function lead<Q, A>({ calls }: Lane<Q, A>): Turn<A> & { readonly kind: 'lead' } {
  const call = { since: Date.now() };
  calls.add(call);
  return { kind: 'lead', call };
}
