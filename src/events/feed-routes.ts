import { readChanges, rebuild } from '../actor/client.ts';
import { currentRole } from '../db/roles.ts';
import type { Principal } from '../domain/model.ts';
import { primary } from '../http/database.ts';
import { Problem } from '../http/problem.ts';
import { rejectionProblem } from '../http/rejection.ts';
import { createRouter } from '../http/router.ts';
import { toChangeJson } from './changes.ts';
import * as contract from './contract-feed.ts';

const DEFAULT_LIMIT = 25;

/** The log of an event's facts, and what is made of it. */
export const feed = createRouter()
  .openapi(contract.getChanges, async (c) => {
    const { after_seq: afterSeq = 0, limit = DEFAULT_LIMIT } = c.req.valid('query');
    const read = await readChanges(c.env, c.req.valid('param').id, c.get('principal'), afterSeq, limit);
    if (!read.ok) throw rejectionProblem(read.rejection);
    const items = read.value.map(toChangeJson);
    return c.json({ items, next_after_seq: items.at(-1)?.seq ?? afterSeq }, 200);
  })
  .openapi(contract.rebuildEvent, async (c) => {
    const { id } = c.req.valid('param');
    await assertAdmin(c.env, c.get('principal'));
    const done = await rebuild(c.env, id);
    if (done === null) throw new Problem('event_not_found');
    return c.json({ event_id: id, ...done }, 200);
  });

/** Looks the role up before refusing: the token keeps the one of its birth. */
async function assertAdmin(env: Env, { userId, role }: Principal): Promise<void> {
  if (role === 'admin' || (await currentRole(primary(env), userId)) === 'admin') return;
  throw new Problem('admin_required');
}
