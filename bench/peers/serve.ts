import cluster from 'node:cluster';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { authRequired } from '../../src/http/auth.ts';
import { Problem, type ProblemCode, problemResponse } from '../../src/http/problem.ts';
import type { AppEnv } from '../../src/http/router.ts';
import { newReservation } from '../../src/reservations/schema.ts';

/** What a peer's process is told by its environment. */
export interface PeerEnv {
  readonly PORT: string;
  readonly PROCESSES: string;
  readonly JWT_SECRET: string;
  /** Where its database is. */
  readonly DATABASE: string;
}

/** A reservation as a peer hands it out. */
export interface PeerReservation {
  readonly id: string;
  readonly event_id: string;
  readonly user_id: string;
  readonly quantity: number;
  readonly status: string;
  readonly ticket_code: string;
  readonly created_at: string;
}

/** Decides a reservation in the peer's own way: what was made, or why not. */
export type Reserve = (
  eventId: string,
  userId: string,
  quantity: number,
) => Promise<PeerReservation | Extract<ProblemCode, 'sold_out' | 'already_reserved' | 'event_not_found'>>;

/** An app with Seatkeeper's own answers to what goes wrong. */
export function createPeer(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError((error, c) => {
    if (error instanceof Problem) return problemResponse(error, c.req.path, '');
    console.error(error);
    return problemResponse(new Problem('internal_error'), c.req.path, '');
  });
  return app;
}

/** `POST …/reservations` under a prefix, behind Seatkeeper's own token check and with its own schema for the body. */
export function addReservations(app: Hono<AppEnv>, prefix: string, reserve: Reserve): void {
  app.post(`${prefix}/api/events/:id/reservations`, authRequired, async (c) => {
    const body = newReservation.safeParse(await c.req.json());
    if (!body.success) throw new Problem('validation_failed');
    const made = await reserve(c.req.param('id') ?? '', c.get('principal').userId, body.data.quantity ?? 1);
    if (typeof made === 'string') throw new Problem(made);
    return c.json(made, 201);
  });
}

/** Serves the app in as many processes as the environment says; they share the port. Tells the bench when it is up. */
export async function servePeer(create: (env: PeerEnv) => Promise<Hono<AppEnv>>): Promise<void> {
  // Without the bench nobody needs it.
  if (cluster.isPrimary) process.on('disconnect', () => process.exit());
  const env = process.env as unknown as PeerEnv;
  const processes = Number(env.PROCESSES);
  if (cluster.isPrimary && processes > 1) {
    let listening = 0;
    cluster.on('listening', () => {
      listening += 1;
      if (listening === processes) process.send?.('up');
    });
    for (let index = 0; index < processes; index += 1) cluster.fork();
    return;
  }
  const app = await create(env);
  const bindings = { JWT_SECRET: env.JWT_SECRET } as Env;
  const fetch = (request: Request) => app.fetch(request, bindings);
  serve({ fetch, port: Number(env.PORT), hostname: '127.0.0.1' }, () => cluster.isPrimary && process.send?.('up'));
}
