import { readManagedEvent, readStats } from '../actor/client.ts';
import { isAdminNow } from '../db/roles.ts';
import { database, primary } from '../http/database.ts';
import { Problem } from '../http/problem.ts';
import { rejectionProblem } from '../http/rejection.ts';
import { createRouter } from '../http/router.ts';
import * as contract from './contract.ts';
import { exportOf } from './export.ts';
import { toStatsJson } from './json.ts';

/** The slice of what organizers want to know of their events as a whole. */
export const reports = createRouter()
  .openapi(contract.getStats, async (c) => {
    const read = await readStats(c.env, c.req.valid('param').id, c.get('principal'));
    if (!read.ok) throw rejectionProblem(read.rejection);
    return c.json(toStatsJson(read.value), 200);
  })
  .openapi(contract.exportReservations, async (c) => {
    const { id } = c.req.valid('param');
    const principal = c.get('principal');
    const read = await readManagedEvent(c.env, id, principal);
    if (!read.ok) throw rejectionProblem(read.rejection);
    const { event } = read.value;
    const isOwn = event.organizerId === principal.userId;
    if (!isOwn && !(await isAdminNow(primary(c.env), principal))) throw new Problem('not_organizer');
    const file = await exportOf(database(c), event, Date.now());
    return new Response(file, {
      headers: {
        'content-type': 'text/csv; charset=utf-8; header=present',
        'content-disposition': `attachment; filename="${id}-reservations.csv"`,
      },
    });
  });
