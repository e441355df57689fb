import type { Context } from 'hono';
import { inCurrentRole } from '../db/roles.ts';
import type { VenueRow } from '../db/tables.ts';
import { findVenue } from '../db/venues.ts';
import { database, freshDatabase, primary } from '../http/database.ts';
import { clientHas, ifMatchVersions } from '../http/etag.ts';
import { newVenueId } from '../http/ids.ts';
import { Problem } from '../http/problem.ts';
import { createRouter } from '../http/router.ts';
import * as contract from './contract.ts';
import { createVenue, deleteVenue, listVenues, updateVenue } from './queries.ts';
import { toVenueJson, type VenueInput, type WholeVenue } from './schema.ts';

/** The slice of venues. */
export const venues = createRouter()
  .openapi(contract.createVenue, async (c) => {
    const { userId, role } = await inCurrentRole(primary(c.env), c.get('principal'));
    if (role === 'customer') throw new Problem('organizer_required');
    const venue = await createVenue(freshDatabase(c), newVenueId(), userId, whole(c.req.valid('json')), Date.now());
    c.header('location', `/api/venues/${venue.id}`);
    return c.json(answered(c, venue), 201);
  })
  .openapi(contract.listVenues, async (c) => {
    const page = await listVenues(database(c), c.req.valid('query'), c.get('principal'));
    return c.json({ items: page.rows.map(toVenueJson), next_cursor: page.nextCursor }, 200);
  })
  .openapi(contract.getVenue, async (c) => {
    const venue = await findVenue(database(c), c.req.valid('param').id);
    if (venue === null || venue.deletedAt !== null) throw new Problem('venue_not_found');
    const json = answered(c, venue);
    if (clientHas(c.req.valid('header')['if-none-match'], tagOf(venue))) return c.body(null, 304);
    return c.json(json, 200);
  })
  .openapi(contract.replaceVenue, async (c) => {
    const versions = ifMatchVersions(c.req.valid('header')['if-match']);
    const { id } = c.req.valid('param');
    const changes = whole(c.req.valid('json'));
    return c.json(
      answered(c, await updateVenue(freshDatabase(c), id, c.get('principal'), changes, versions, Date.now())),
      200,
    );
  })
  .openapi(contract.editVenue, async (c) => {
    const versions = ifMatchVersions(c.req.valid('header')['if-match']);
    const { id } = c.req.valid('param');
    const changes = c.req.valid('json');
    return c.json(
      answered(c, await updateVenue(freshDatabase(c), id, c.get('principal'), changes, versions, Date.now())),
      200,
    );
  })
  .openapi(contract.deleteVenue, async (c) => {
    const versions = ifMatchVersions(c.req.valid('header')['if-match']);
    await deleteVenue(freshDatabase(c), c.req.valid('param').id, c.get('principal'), versions, Date.now());
    return c.body(null, 204);
  });

/** A whole venue, with the default for what the input leaves out. */
function whole({ facilities = [], ...rest }: VenueInput): WholeVenue {
  return { ...rest, facilities };
}

function tagOf(venue: VenueRow): string {
  return `"${venue.version}"`;
}

function answered(c: Pick<Context, 'header'>, venue: VenueRow) {
  c.header('etag', tagOf(venue));
  return toVenueJson(venue);
}
