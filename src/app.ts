import { accounts } from './accounts/routes.ts';
import { ActorUnavailable } from './actor/client.ts';
import { attendees } from './attendees/routes.ts';
import { countries } from './countries/routes.ts';
import { docsRoutes, PAGES } from './docs/routes.ts';
import { marksOfEvents } from './events/looks.ts';
import { events } from './events/routes.ts';
import { history } from './history/routes.ts';
import { databaseUnavailable, isDatabaseUnavailable } from './http/database.ts';
import { useMiddleware } from './http/middleware.ts';
import { Problem } from './http/problem.ts';
import { publicAnswers } from './http/public-cache.ts';
import { createRouter, logError, onError, onNotFound } from './http/router.ts';
import { pageHeaders } from './http/security.ts';
import { live } from './live/routes.ts';
import { reports } from './reports/routes.ts';
import { reservations } from './reservations/routes.ts';
import { venues } from './venues/routes.ts';

/** The whole API: middleware for every request, then one mount per slice. */
export const app = createRouter();

for (const path of ['/api/events', '/api/events/:id']) app.use(path, publicAnswers(marksOfEvents));
// The outer one has the last word: pages may do more than answers of the API.
for (const path of PAGES) app.use(path, pageHeaders);
useMiddleware(app);
app.onError((error, c) => {
  if (error instanceof ActorUnavailable) {
    return onError(new Problem('overloaded', undefined, {}, { 'retry-after': '1' }), c);
  }
  if (!isDatabaseUnavailable(error)) return onError(error, c);
  logError(error, c.get('requestId'));
  return onError(databaseUnavailable(), c);
});
app.notFound(onNotFound);

app.route('/api', accounts);
app.route('/api', events);
app.route('/api', reservations);
app.route('/api', live);
app.route('/api', reports);
app.route('/api', countries);
app.route('/api', venues);
app.route('/api', attendees);
app.route('/api', history);
app.route('/', docsRoutes(app));
