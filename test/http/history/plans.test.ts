import { expect, it } from 'vitest';
import { listHistory, listMyHistory } from '../../../src/history/queries.ts';
import { historyQuery } from '../../../src/history/schema.ts';
import { newEventId, newUserId } from '../../../src/http/ids.ts';
import { planOf } from '../../support/plans.ts';

const user = `user_id=${newUserId()}`;
const event = `event_id=${newEventId()}`;

it.each([
  ['', 'PRIMARY KEY|SCAN history$'],
  ['from=2027-01-01T00:00:00Z&to=2028-01-01T00:00:00Z', 'PRIMARY KEY'],
  [user, 'history_by_user'],
  [event, 'history_by_event'],
  ['action=logged_in', 'history_by_action'],
  [`${user}&${event}&action=logged_in&from=2027-01-01T00:00:00Z`, 'history_by_event'],
  [`${user}&action=logged_in`, 'history_by_user'],
])('the list with ?%s is read in its order from an index', async (text, index) => {
  const query = historyQuery.parse(Object.fromEntries(new URLSearchParams(text)));
  const plan = await planOf((db) => listHistory(db, query));
  expect(plan.join('\n')).toMatch(new RegExp(index, 'm'));
  expect(plan.join('\n')).not.toContain('TEMP B-TREE');
});

it('one’s own history is a page of each of two indexes', async () => {
  const query = historyQuery.parse({ action: 'logged_in', from: '2027-01-01T00:00:00Z' });
  const plan = (await planOf((db) => listMyHistory(db, newUserId(), query))).join('\n');
  expect(plan).toContain('history_by_user (user_id=? AND id>?)');
  expect(plan).toContain('history_by_owner (owner_id=? AND id>?)');
  expect(plan).not.toMatch(/SCAN history/);
});
