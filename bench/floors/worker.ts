import { createRoute } from '@hono/zod-openapi';
import { Coalescer } from '../../src/calls/coalescer.ts';
import type { EventId, UserId } from '../../src/domain/model.ts';
import { useMiddleware } from '../../src/http/middleware.ts';
import { createRouter, onError } from '../../src/http/router.ts';
import { createReservation } from '../../src/reservations/contract.ts';
import type { BareActor } from './bare-actor.ts';
import type { WritingActor } from './writing-actor.ts';

export { BareActor } from './bare-actor.ts';
export { WritingActor } from './writing-actor.ts';

interface FloorsEnv extends Env {
  readonly BARE_ACTOR: DurableObjectNamespace<BareActor>;
  readonly WRITING_ACTOR: DurableObjectNamespace<WritingActor>;
}

/** The contract's POST under another prefix: same middleware, same token check, same validation. */
const post = <P extends string>(prefix: P) => ({
  ...createReservation,
  path: `${prefix}${createReservation.path}` as const,
});
const nothing = createRoute({ method: 'get', path: '/nothing', responses: { 200: { description: 'Nothing.' } } });

function bareActor(env: Env, name: string): DurableObjectStub<BareActor> {
  const { BARE_ACTOR } = env as FloorsEnv;
  return BARE_ACTOR.get(BARE_ACTOR.idFromName(name));
}

function writingActor(env: Env, name: string): DurableObjectStub<WritingActor> {
  const { WRITING_ACTOR } = env as FloorsEnv;
  return WRITING_ACTOR.get(WRITING_ACTOR.idFromName(name));
}

const calls = new Coalescer<UserId, null>({ batch: 1_000 });

/** Makes a call to an actor for a holder, shared with other requests as the real app does, with nothing to answer. */
function share(actor: string, holder: UserId, call: (holders: readonly UserId[]) => Promise<void>): Promise<null> {
  return calls.ask(actor, holder, async (holders) => {
    await call(holders);
    return holders.map(() => null);
  });
}

/** The same app as the real one, with routes that stop at each step on the way of a reservation. */
const app = createRouter();
useMiddleware(app);
app.onError(onError);

const floors = createRouter()
  .openapi(nothing, (c) => c.json({ ok: true }, 200))
  .openapi(post('/request'), (c) => {
    c.req.valid('json');
    return c.json({ ok: true } as never, 201);
  })
  .openapi(post('/noop'), async (c) => {
    c.req.valid('json');
    await bareActor(c.env, c.req.valid('param').id).nothing();
    return c.json({ ok: true } as never, 201);
  })
  .openapi(post('/row'), async (c) => {
    c.req.valid('json');
    await bareActor(c.env, c.req.valid('param').id).insert([c.get('principal').userId]);
    return c.json({ ok: true } as never, 201);
  })
  .openapi(post('/shared'), async (c) => {
    c.req.valid('json');
    const { id } = c.req.valid('param');
    await share(id, c.get('principal').userId, () => bareActor(c.env, id).nothing());
    return c.json({ ok: true } as never, 201);
  })
  .openapi(post('/shared-row'), async (c) => {
    c.req.valid('json');
    const { id } = c.req.valid('param');
    await share(id, c.get('principal').userId, (holders) => bareActor(c.env, id).insert(holders));
    return c.json({ ok: true } as never, 201);
  })
  .openapi(post('/written'), async (c) => {
    c.req.valid('json');
    const { id } = c.req.valid('param');
    await share(id, c.get('principal').userId, (holders) => writingActor(c.env, id).insert(id, holders));
    return c.json({ ok: true } as never, 201);
  });
floors.get('/rows/:name', async (c) => c.json({ rows: await bareActor(c.env, c.req.param('name')).count() }));
floors.get('/written/:name', async (c) => {
  const name = c.req.param('name') as EventId;
  return c.json({ rows: await writingActor(c.env, name).count(name) });
});
app.route('/api', floors);

export default app;
