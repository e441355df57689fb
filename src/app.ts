import { accounts } from './accounts/routes.ts';
import { bookmark, createRouter, jsonBody, onError, onNotFound, requestId } from './http/router.ts';

/** The whole API: middleware for every request, then one mount per slice. */
export const app = createRouter();

app.use(requestId);
app.use('/api/*', jsonBody);
app.use('/api/*', bookmark);
app.route('/api', accounts);
app.onError(onError);
app.notFound(onNotFound);
