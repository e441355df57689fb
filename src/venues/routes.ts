import type { BatchItem } from 'drizzle-orm/batch';
import type { Context } from 'hono';
import { once } from '../db/idempotency.ts';
import { inCurrentRole } from '../db/roles.ts';
import type { NewVenue } from '../db/tables.ts';
import { findVenue } from '../db/venues.ts';
import type { Principal, VenueId } from '../domain/model.ts';
import { database, freshDatabase, primary } from '../http/database.ts';
import { clientHas, ifMatchVersions } from '../http/etag.ts';
import { answerOnce, idempotencyKeyOf } from '../http/idempotency.ts';
import { newVenueId } from '../http/ids.ts';
import { Problem } from '../http/problem.ts';
import { forgetPublicAnswers } from '../http/public-cache.ts';
import { createRouter } from '../http/router.ts';
import * as contract from './contract.ts';
import { createVenue, deleteVenue, listVenues, newVenue, updateVenue } from './queries.ts';
import { toVenueJson, type VenueInput, type VenuePatch, type WholeVenue } from './schema.ts';

/** The slice of venues. */
export const venues = createRouter()
  .openapi(contract.createVenue, async (c) => {
    const { userId, role } = await inCurrentRole(primary(c.env), c.get('principal'));
    if (role === 'customer') throw new Problem('organizer_required');
    const asked = whole(c.req.valid('json'));
    const key = idempotencyKeyOf(c, 'createVenue', userId, asked);
    const db = freshDatabase(c);
    const now = Date.now();
    const venue = newVenue(newVenueId(), userId, asked, now);
    const answer = answered(c, venue);
    const commit = (keep: readonly BatchItem<'sqlite'>[]) => createVenue(db, venue, keep);
    const made = await once<typeof answer>(db, c.env.JWT_SECRET, key, now, answer, commit);
    const json = answerOnce(c, made);
    c.header('location', `/api/venues/${json.id}`);
    return c.json(json, 201);
  })
  .openapi(contract.listVenues, async (c) => {
    const page = await listVenues(database(c), c.req.valid('query'), c.get('principal'));
    return c.json({ items: page.rows.map(toVenueJson), next_cursor: page.nextCursor }, 200);
  })
  .openapi(contract.getVenue, async (c) => {
    const venue = await findVenue(database(c), c.req.valid('param').id);
    if (venue === null || venue.deletedAt !== null) throw new Problem('venue_not_found');
    const json = answered(c, venue);
    c.header('cache-control', 'no-cache');
    if (clientHas(c.req.valid('header')['if-none-match'], tagOf(venue))) return c.body(null, 304);
    return c.json(json, 200);
  })
  .openapi(contract.replaceVenue, async (c) => {
    const versions = ifMatchVersions(c.req.valid('header')['if-match']);
    const changes = whole(c.req.valid('json'));
    return c.json(await change(c, c.req.valid('param').id, c.get('principal'), changes, versions), 200);
  })
  .openapi(contract.editVenue, async (c) => {
    const versions = ifMatchVersions(c.req.valid('header')['if-match']);
    const changes = c.req.valid('json');
    return c.json(await change(c, c.req.valid('param').id, c.get('principal'), changes, versions), 200);
  })
  .openapi(contract.deleteVenue, async (c) => {
    const versions = ifMatchVersions(c.req.valid('header')['if-match']);
    await deleteVenue(freshDatabase(c), c.req.valid('param').id, c.get('principal'), versions, Date.now());
    forgetPublicAnswers();
    return c.body(null, 204);
  });

/** Changes a venue, as `updateVenue` does, and answers it; events that show it are read anew. */
async function change(
  c: Parameters<typeof freshDatabase>[0] & Pick<Context, 'header'>,
  id: VenueId,
  principal: Principal,
  changes: VenuePatch,
  versions: readonly number[] | null,
) {
  const venue = await updateVenue(freshDatabase(c), id, principal, changes, versions, Date.now());
  forgetPublicAnswers();
  return answered(c, venue);
}

/** A whole venue, with the default for what the input leaves out. */
function whole({ facilities = [], ...rest }: VenueInput): WholeVenue {
  return { ...rest, facilities };
}

function tagOf(venue: NewVenue): string {
  return `"${venue.version}"`;
}

function answered(c: Pick<Context, 'header'>, venue: NewVenue) {
  c.header('etag', tagOf(venue));
  return toVenueJson(venue);
}
