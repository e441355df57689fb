import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Answer, type ApiClient, awaitServer, pauseMs, problemOf, Unanswered } from './api-client.ts';

const RETRIES_MAX = 20;

/** One who wants seats of the event. */
export interface Customer {
  readonly userId: string;
  readonly token: string;
  readonly quantity: number;
}

/** A promise that the server gave: 201. */
export interface Acknowledged {
  readonly reservationId: string;
  readonly userId: string;
  readonly quantity: number;
}

/** A `sold_out` that the server gave. */
export interface SoldOut {
  readonly quantity: number;
  readonly availableSlots: number;
}

/** Everything that the crowd was told. */
export interface Told {
  readonly acknowledged: Acknowledged[];
  readonly soldOut: SoldOut[];
  /** Other answers, by code. */
  readonly other: Map<string, number>;
  /** Their requests went out and no answer came back: they may have a reservation or not. */
  readonly unanswered: Customer[];
  readonly latenciesMs: number[];
}

export interface RushOptions {
  readonly connections: number;
  /** How long to wait for a server that went away. */
  readonly patienceMs: number;
  /** Called after each answer or failure. */
  readonly onStep?: (told: Told) => void;
  /** Called when the server went away, and when it is back. */
  readonly onServer?: (isBack: boolean) => void;
}

/** Nobody has been told anything. */
function nothingTold(): Told {
  return { acknowledged: [], soldOut: [], other: new Map(), unanswered: [], latenciesMs: [] };
}

/**
 * Lets a crowd race for an event: each customer asks once for its seats, `connections` of them at a time. It asks again
 * only when it was turned away (429, 503) or never reached the server; a request without an answer stays unanswered.
 */
export async function rush(
  client: ApiClient,
  eventId: string,
  customers: readonly Customer[],
  options: RushOptions,
): Promise<Told> {
  const told = nothingTold();
  const queue = customers.values();
  const ask = (customer: Customer) => {
    const { token, quantity } = customer;
    return client.send('POST', `/api/events/${eventId}/reservations`, { token, body: { quantity } });
  };
  let returning: Promise<boolean> | null = null;
  const serverReturns = () => {
    // All connections break at once; one of them looks for the server on behalf of all.
    returning ??= (async () => {
      options.onServer?.(false);
      const isBack = await awaitServer(client, options.patienceMs);
      returning = null;
      if (isBack) options.onServer?.(true);
      return isBack;
    })();
    return returning;
  };
  const serve = async (customer: Customer) => {
    try {
      const { answer, attempt } = await persistWhenTurnedAway(() => ask(customer), serverReturns);
      note(told, customer, answer, attempt > 0);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      told.unanswered.push(customer);
      await serverReturns();
    }
    options.onStep?.(told);
  };
  const worker = async () => {
    for (const customer of queue) await serve(customer);
  };
  await Promise.all(Array.from({ length: options.connections }, worker));
  return told;
}

async function persistWhenTurnedAway(ask: () => Promise<Answer>, serverReturns: () => Promise<boolean>) {
  for (let attempt = 0; ; attempt++) {
    let answer: Answer | null = null;
    try {
      answer = await ask();
      const isTurnedAway = answer.status === 429 || answer.status === 503;
      if (!isTurnedAway || attempt === RETRIES_MAX) return { answer, attempt };
    } catch (error) {
      const isLost = !(error instanceof Unanswered && error.neverSent) || attempt === RETRIES_MAX;
      if (isLost || !(await serverReturns())) throw error;
    }
    await sleep(pauseMs(answer, attempt));
  }
}

const reservationSchema = z.object({ id: z.string(), quantity: z.number() });

function note(told: Told, customer: Customer, answer: Answer, isRetry: boolean): void {
  told.latenciesMs.push(answer.tookMs);
  const { userId } = customer;
  const { code, available_slots: availableSlots, reservation_id: existing } = problemOf(answer);
  if (answer.status === 201) {
    const { id, quantity } = reservationSchema.parse(answer.body);
    told.acknowledged.push({ reservationId: id, userId, quantity });
  } else if (code === 'already_reserved' && existing !== undefined && isRetry) {
    // A 503 may come too late to undo what was done; asking again tells.
    told.acknowledged.push({ reservationId: existing, userId, quantity: customer.quantity });
  } else if (code === 'sold_out' && availableSlots !== undefined) {
    told.soldOut.push({ quantity: customer.quantity, availableSlots });
  } else {
    const kind = code ?? `HTTP ${answer.status}`;
    told.other.set(kind, (told.other.get(kind) ?? 0) + 1);
    // The other side gave up on it; it may still have been done.
    if (answer.status >= 500) told.unanswered.push(customer);
  }
}

/** The value below which a share of the numbers lies (nearest rank); 0 of none. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
