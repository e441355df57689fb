import { readChanges } from '../actor/client.ts';
import { rejectionProblem } from '../http/rejection.ts';
import { createRouter } from '../http/router.ts';
import { toChangeJson } from './changes.ts';
import * as contract from './contract-feed.ts';

/** The log of an event's facts. */
export const feed = createRouter().openapi(contract.getChanges, async (c) => {
  const { after_seq: afterSeq = 0, limit } = c.req.valid('query');
  const read = await readChanges(c.env, c.req.valid('param').id, c.get('principal'), afterSeq, limit);
  if (!read.ok) throw rejectionProblem(read.rejection);
  const items = read.value.map(toChangeJson);
  return c.json({ items, next_after_seq: items.at(-1)?.seq ?? afterSeq }, 200);
});
