import { createRoute, z } from '@hono/zod-openapi';
import { authOptional, authRequired } from '../http/auth.ts';
import { json, noBody, optionalBody, type PartOf, requiredBody } from '../http/bodies.ts';
import { EXAMPLE_CHANGE, ifMatchHeader, venueIdPath } from '../http/fields.ts';
import {
  BOOKMARK_HEADER,
  BOOKMARK_INPUT,
  ETAG_HEADER,
  ifNoneMatch,
  LOCATION_HEADER,
  NOT_MODIFIED,
  noStore,
} from '../http/headers.ts';
import { IDEMPOTENCY_INPUT, REPLAYED_HEADER } from '../http/idempotency.ts';
import { BODY_PROBLEMS, problems } from '../http/problem.ts';
import { venueInput, venueJson, venueList, venuePatch, venueQuery } from './schema.ts';

const tags = ['Venues'];
const signedIn = { tags, security: [{ bearerAuth: [] }], middleware: authRequired };
const params = z.object({ id: venueIdPath });
const headers = { ...ETAG_HEADER, ...BOOKMARK_HEADER };
/** A venue, with what of the example is otherwise. */
const shown = (example?: PartOf<z.output<typeof venueJson>>) => ({
  description: 'The venue.',
  headers,
  content: json(venueJson, example),
});

export const createVenue = createRoute({
  ...signedIn,
  method: 'post',
  path: '/venues',
  operationId: 'createVenue',
  summary: 'Create a venue',
  description: 'For organizers and admins. Whoever creates it owns it; any organizer may hold events there.',
  request: { headers: IDEMPOTENCY_INPUT, body: requiredBody(venueInput) },
  responses: {
    201: { ...shown(), headers: { ...headers, ...LOCATION_HEADER, ...REPLAYED_HEADER } },
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'organizer_required',
      'idempotency_key_reused',
      'database_unavailable',
    ),
  },
});

export const listVenues = createRoute({
  method: 'get',
  path: '/venues',
  operationId: 'listVenues',
  summary: 'List and search venues',
  description: 'For everybody, by name unless `sort` says otherwise.',
  tags,
  security: [{ bearerAuth: [] }, {}],
  middleware: [authOptional, noStore] as const,
  request: { query: venueQuery, headers: BOOKMARK_INPUT },
  responses: {
    200: {
      description: 'A page of venues.',
      headers: BOOKMARK_HEADER,
      content: json(venueList),
    },
    ...problems('unauthorized', 'validation_failed', 'database_unavailable'),
  },
});

/** Of a venue that is read. */
const CACHE_HEADER = {
  'Cache-Control': {
    description: 'Keep it, and ask each time whether it still holds.',
    schema: { type: 'string' as const, enum: ['no-cache'] },
  },
};

export const getVenue = createRoute({
  method: 'get',
  path: '/venues/{id}',
  operationId: 'getVenue',
  summary: 'Read a venue',
  description: 'For everybody.',
  tags,
  security: [],
  request: {
    params,
    headers: BOOKMARK_INPUT.extend(ifNoneMatch()),
  },
  responses: {
    200: { ...shown(), headers: { ...headers, ...CACHE_HEADER } },
    304: { ...NOT_MODIFIED, headers: { ...ETAG_HEADER, ...CACHE_HEADER } },
    ...problems('venue_not_found', 'validation_failed', 'database_unavailable'),
  },
});

const EDIT_PROBLEMS = [
  ...BODY_PROBLEMS,
  'unauthorized',
  'venue_not_found',
  'not_venue_owner',
  'capacity_below_events',
  'version_mismatch',
  'database_unavailable',
] as const;

export const replaceVenue = createRoute({
  ...signedIn,
  method: 'put',
  path: '/venues/{id}',
  operationId: 'replaceVenue',
  summary: 'Replace what a venue says',
  description: 'For its owner and admins. Its events show the change at once, a new country included.',
  request: { params, headers: ifMatchHeader, body: requiredBody(venueInput) },
  responses: { 200: shown(EXAMPLE_CHANGE), ...problems(...EDIT_PROBLEMS) },
});

export const editVenue = createRoute({
  ...signedIn,
  method: 'patch',
  path: '/venues/{id}',
  operationId: 'editVenue',
  summary: 'Change part of a venue',
  description: 'For its owner and admins. The capacity may not go below that of an upcoming event there.',
  request: { params, headers: ifMatchHeader, body: optionalBody(venuePatch) },
  responses: { 200: shown({ ...EXAMPLE_CHANGE, capacity: 4000 }), ...problems(...EDIT_PROBLEMS) },
});

export const deleteVenue = createRoute({
  ...signedIn,
  method: 'delete',
  path: '/venues/{id}',
  operationId: 'deleteVenue',
  summary: 'Delete a venue',
  description: 'For its owner and admins, while no upcoming event takes place there, drafts of its owner included.',
  request: { params, headers: ifMatchHeader, body: noBody },
  responses: {
    204: { description: 'It is gone.', headers: BOOKMARK_HEADER },
    ...problems(
      ...BODY_PROBLEMS,
      'unauthorized',
      'venue_not_found',
      'not_venue_owner',
      'venue_has_events',
      'version_mismatch',
      'database_unavailable',
    ),
  },
});
