import { finishClosing } from './accounts/closing.ts';
import { removeExpiredDevices } from './accounts/retention.ts';
import { pruneKeys } from './db/idempotency.ts';
import { removeOldHistory } from './history/retention.ts';
import { primary } from './http/database.ts';
import { describeError } from './http/router.ts';

/**
 * What the cron trigger of wrangler.toml starts: bounded work that no request waits for. One job that breaks keeps no
 * other from running.
 * @throws AggregateError of what broke, so that the run counts as failed; it comes again by itself
 */
export async function scheduled(controller: ScheduledController, env: Env): Promise<void> {
  const db = primary(env);
  const now = controller.scheduledTime;
  const results = await Promise.allSettled([
    finishClosing(env, db, now),
    removeExpiredDevices(db, now),
    pruneKeys(db, now),
    removeOldHistory(db, env.HISTORY_DAYS, now),
  ]);
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  for (const error of errors) {
    console.error(JSON.stringify({ error: 'a scheduled job broke', reason: describeError(error) }));
  }
  if (errors.length > 0) throw new AggregateError(errors, 'a scheduled job broke');
}
