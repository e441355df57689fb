import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { within } from '../calls/within.ts';
import { json } from '../http/bodies.ts';
import { databaseUnavailable } from '../http/database.ts';
import { ETAG_HEADER, ifNoneMatch, NOT_MODIFIED } from '../http/headers.ts';
import { Problem, problems } from '../http/problem.ts';
import { type AppEnv, createRouter, logError } from '../http/router.ts';
import { openApiDocument } from './document.ts';

const HEALTH_CHECK_MS = 2_000;
/** An ETag of a page. */
const EXAMPLE_TAG = '"5f1c8a9d0b7e4c3a2f6d8e9b1a0c4d7e"';

const healthz = createRoute({
  method: 'get',
  path: '/healthz',
  operationId: 'getHealth',
  tags: ['Docs'],
  summary: 'Health',
  description: 'Whether the API and its database answer.',
  security: [],
  responses: {
    200: {
      description: 'Both answer.',
      content: json(z.object({ status: z.literal('ok') }), { status: 'ok' }),
    },
    ...problems('database_unavailable'),
  },
});

const openApi = createRoute({
  method: 'get',
  path: '/openapi.json',
  operationId: 'getOpenApi',
  tags: ['Docs'],
  summary: 'OpenAPI document',
  description: 'This document: every route, status and error code that exists, and nothing else.',
  security: [],
  responses: {
    200: {
      description: 'OpenAPI 3.1.',
      content: json(z.looseObject({ openapi: z.string() }), { openapi: '3.1.0', info: { title: 'Seatkeeper' } }),
    },
    ...problems(),
  },
});

function page(path: '/' | '/docs' | '/redoc', operationId: string, summary: string, description: string) {
  return createRoute({
    method: 'get',
    path,
    operationId,
    tags: ['Docs'],
    summary,
    description,
    security: [],
    request: { headers: z.object(ifNoneMatch(EXAMPLE_TAG)) },
    responses: {
      200: {
        description: 'A page for people.',
        headers: ETAG_HEADER,
        content: { 'text/html': { schema: z.string() } },
      },
      304: NOT_MODIFIED,
      ...problems(),
    },
  });
}

const startPage = page('/', 'getStartPage', 'Start page', 'What this is and where to go from here.');
const swaggerPage = page('/docs', 'getSwaggerUi', 'Swagger UI', 'The API to try out in the browser.');
const redocPage = page('/redoc', 'getRedoc', 'ReDoc', 'The API to read on one page.');

async function asset(c: Context<AppEnv>): Promise<Response> {
  const found = await c.env.ASSETS.fetch(c.req.raw);
  if (found.status === 404) throw new Problem('route_not_found');
  // A fetched response's headers can't be changed, and middleware adds some.
  return new Response(found.body, found);
}

async function assertDatabaseAnswers(c: Context<AppEnv>): Promise<void> {
  try {
    await within(HEALTH_CHECK_MS, c.env.DB.prepare('SELECT 1').run());
  } catch (error) {
    logError(error, c.get('requestId'));
    throw databaseUnavailable();
  }
}

/** Paths of the pages for people. */
export const PAGES = [startPage.path, swaggerPage.path, redocPage.path] as const;

/** The documentation of the app, made from the app itself, and its health. */
export function docsRoutes(app: OpenAPIHono<AppEnv>): OpenAPIHono<AppEnv> {
  const docs = createRouter();
  docs.openAPIRegistry.registerComponent('securitySchemes', 'bearerAuth', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The `access_token` of sign-up, log-in or refresh; valid for 15 minutes.',
  });
  let document: object | undefined;
  docs.openapi(healthz, async (c) => {
    await assertDatabaseAnswers(c);
    return c.json({ status: 'ok' as const }, 200, { 'cache-control': 'no-store' });
  });
  docs.openapi(openApi, (c) => {
    // Made at the first request, when every slice is mounted; the app never changes after that.
    document ??= openApiDocument(app);
    return c.json(document as { openapi: string }, 200);
  });
  for (const route of [startPage, swaggerPage, redocPage]) {
    docs.openapi(route, (c) => asset(c) as never);
  }
  docs.get('/assets/*', asset);
  return docs;
}
