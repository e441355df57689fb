import type { OpenAPIHono } from '@hono/zod-openapi';
import { crossOrigin } from './cors.ts';
import { type AppEnv, bookmark, jsonBody, requestId } from './router.ts';
import { apiHeaders } from './security.ts';

/** What every request passes through on its way to a route. */
export function useMiddleware(app: OpenAPIHono<AppEnv>): void {
  app.use(requestId);
  app.use(apiHeaders);
  app.use(crossOrigin);
  app.use('/api/*', jsonBody);
  app.use('/api/*', bookmark);
}
