import { accounts } from './accounts/routes.ts';
import { ActorUnavailable } from './actor/client.ts';
import { Problem } from './http/problem.ts';
import { bookmark, createRouter, jsonBody, onError, onNotFound, requestId } from './http/router.ts';

/** The whole API: middleware for every request, then one mount per slice. */
export const app = createRouter();

app.use(requestId);
app.use('/api/*', jsonBody);
app.use('/api/*', bookmark);
app.onError((error, c) => {
  const busy = error instanceof ActorUnavailable;
  return onError(busy ? new Problem('overloaded', undefined, {}, { 'retry-after': '1' }) : error, c);
});
app.route('/api', accounts);
app.notFound(onNotFound);
