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
}

const CALLS_IN_FLIGHT = Number(env.CALLS_IN_FLIGHT) || 2;

/** Asks several questions in one call; the answers come in the same order. */
export type Send<Q, A> = (questions: readonly Q[]) => Promise<readonly A[]>;

export interface CoalescerLimits {
  /**
   * Calls to one destination that are on their way at once; who comes then goes along with the next one. Default: what
   * the variable `CALLS_IN_FLIGHT` says.
   */
  readonly inFlight?: number;
  /** Questions that one call carries at most. */
  readonly batch: number;
  /** How long one waits for another's call before asking alone. */
  readonly patienceMs: number;
}

/**
 * Lets requests that ask the same destination at the same time share calls to it. The first go at once, alone; who
 * comes while those are on their way waits and shares the next call, which whoever is first in the queue makes in its
 * own request. A request whose client hangs up goes on until it has its answer; should one be cut off all the same,
 * those who rely on it ask for themselves after a while. So a destination must know a question that it was asked
 * before.
 */
export class Coalescer<Q, A> {
  readonly #limits: Required<CoalescerLimits>;
  readonly #lanes = new Map<string, Lane<Q, A>>();

  constructor(limits: CoalescerLimits) {
    this.#limits = { inFlight: CALLS_IN_FLIGHT, ...limits };
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
    const lane = { calls: new Set<Call>(), queue: [] };
    this.#lanes.set(destination, lane);
    return lane;
  }

  /** A call that nobody has patience for any more doesn't count: the request that makes it may be gone. */
  #isFree({ calls }: Lane<Q, A>): boolean {
    if (calls.size < this.#limits.inFlight) return true;
    const oldest = Date.now() - this.#limits.patienceMs;
    for (const call of calls) if (call.since < oldest) calls.delete(call);
    return calls.size < this.#limits.inFlight;
  }

  /** The timer is set and cleared in the request's own context: those of others can't be touched. */
  async #queueUp({ queue }: Lane<Q, A>, question: Q): Promise<Turn<A>> {
    const { promise, resolve: tell } = Promise.withResolvers<Turn<A>>();
    const waiting = { question, tell };
    queue.push(waiting);
    const timer = setTimeout(() => {
      const place = queue.indexOf(waiting);
      if (place >= 0) queue.splice(place, 1);
      tell({ kind: 'late' });
    }, this.#limits.patienceMs);
    const turn = await promise;
    clearTimeout(timer);
    return turn;
  }

  async #call(destination: string, lane: Lane<Q, A>, call: Call, question: Q, send: Send<Q, A>): Promise<A> {
    const others = lane.queue.splice(0, this.#limits.batch - 1);
    try {
      const answers = await send([question, ...others.map((other) => other.question)]);
      for (const [index, { tell }] of others.entries()) tell({ kind: 'answered', answer: answers[index + 1] as A });
      return answers[0] as A;
    } catch (error) {
      for (const { tell } of others) tell({ kind: 'failed', error });
      throw error;
    } finally {
      lane.calls.delete(call);
      // One that came back when it didn't count any more has no place to hand on, and the lane may be another by now.
      if (this.#isFree(lane)) lane.queue.shift()?.tell(lead(lane));
      if (lane.calls.size === 0 && this.#lanes.get(destination) === lane) this.#lanes.delete(destination);
    }
  }
}

/** Takes a place among the calls. */
function lead<Q, A>({ calls }: Lane<Q, A>): Turn<A> & { readonly kind: 'lead' } {
  const call = { since: Date.now() };
  calls.add(call);
  return { kind: 'lead', call };
}
