/** A Postman collection (format 2.1), as far as it is worked on here. */
export interface Collection {
  readonly info: { readonly name: string };
  readonly item: readonly Folder[];
  readonly [more: string]: unknown;
}

interface Folder {
  readonly name: string;
  readonly item: readonly Request[];
}

interface Request {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly url: {
      readonly path: readonly string[];
      readonly variable?: readonly { readonly key: string }[];
      readonly [more: string]: unknown;
    };
    readonly body?: { readonly mode?: string; readonly [more: string]: unknown };
    readonly [more: string]: unknown;
  };
  readonly [more: string]: unknown;
}

/** As much of the OpenAPI document as requests are wired by. */
export interface Api {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: object }>> };
  readonly responses: Readonly<Record<string, unknown>>;
}

/** What goes first, in this order: from nobody to a reservation. With the status that it must be answered with. */
const START: Readonly<Record<string, number>> = {
  signUp: 201,
  logIn: 200,
  refreshSession: 200,
  createVenue: 201,
  registerAttendee: 201,
  createEvent: 201,
  publishEvent: 200,
  createReservation: 201,
  getReservation: 200,
  listMyReservations: 200,
  listEventReservations: 200,
};

/** What goes last, because it takes away what the others need. */
const END: Readonly<Record<string, number>> = {
  cancelReservation: 200,
  deleteReservation: 204,
  cancelEvent: 200,
  deleteEvent: 204,
  deleteVenue: 204,
  deleteAttendee: 204,
  logOut: 204,
  deleteMe: 204,
};

/** Bodies that name what the collection itself made, in the place of these members of the document's examples. */
const BODIES: Readonly<Record<string, object>> = {
  signUp: { username: '{{username}}', email: '{{username}}@example.com', password: '{{password}}' },
  logIn: { username: '{{username}}', password: '{{password}}' },
  refreshSession: { refresh_token: '{{refresh_token}}' },
  logOut: { refresh_token: '{{refresh_token}}' },
  updateMe: { username: '{{username}}', email: '{{username}}@example.com' },
  changePassword: { current_password: '{{password}}', new_password: '{{password}}' },
  deleteMe: { password: '{{password}}' },
  offerTransfer: { username: '{{username}}' },
  registerAttendee: { email: '{{username}}-guest@example.com' },
  replaceAttendee: { email: '{{username}}-guest@example.com' },
  createEvent: { start_time: '{{start_time}}', end_time: '{{end_time}}', status: 'draft' },
  replaceEvent: { start_time: '{{start_time}}', end_time: '{{end_time}}' },
};

const KEEP_SESSION = `const session = pm.response.json();
pm.collectionVariables.set('access_token', session.access_token);
pm.collectionVariables.set('expires_at', Date.now() + session.expires_in * 1000);
pm.collectionVariables.set('user_id', session.user.id);
if (session.refresh_token) pm.collectionVariables.set('refresh_token', session.refresh_token);`;
const keepId = (name: string) => `pm.collectionVariables.set('${name}', pm.response.json().id);`;

/** What later requests need of the answers. */
const KEEPS: Readonly<Record<string, string>> = {
  signUp: KEEP_SESSION,
  logIn: KEEP_SESSION,
  refreshSession: KEEP_SESSION,
  changePassword: KEEP_SESSION,
  becomeOrganizer: KEEP_SESSION,
  createEvent: keepId('event_id'),
  createReservation: keepId('reservation_id'),
  createVenue: keepId('venue_id'),
  registerAttendee: keepId('attendee_id'),
};

/** Before each request: times of an event to come, a name for the account, and tokens before the old ones expire. */
const BEFORE_EACH = `const variables = pm.collectionVariables;
const inHours = (hours) => new Date(Date.now() + hours * 3600000).toISOString();
variables.set('start_time', inHours(48));
variables.set('end_time', inHours(50));
if (!variables.get('username')) variables.set('username', 'postman-' + Date.now().toString(36));
const expiresAt = Number(variables.get('expires_at'));
if (expiresAt > 0 && expiresAt < Date.now() + 30000) {
  pm.sendRequest({
    url: pm.variables.get('base_url') + '/api/auth/refresh',
    method: 'POST',
    header: { 'content-type': 'application/json' },
    body: { mode: 'raw', raw: JSON.stringify({ refresh_token: variables.get('refresh_token') }) },
  }, (error, response) => {
    if (error || response.code !== 200) return variables.set('expires_at', '');
    const session = response.json();
    variables.set('access_token', session.access_token);
    variables.set('refresh_token', session.refresh_token);
    variables.set('expires_at', Date.now() + session.expires_in * 1000);
  });
}`;

/** Which variable an `{id}` stands for, by what comes before it in the path. */
const IDS: Readonly<Record<string, string>> = {
  events: '{{event_id}}',
  reservations: '{{reservation_id}}',
  venues: '{{venue_id}}',
  attendees: '{{attendee_id}}',
  users: '{{user_id}}',
};

interface Wired {
  readonly operationId: string;
  readonly folder: string;
  readonly request: Request;
}

/**
 * A converted collection made to run: requests in an order in which each has what it needs, with variables for what
 * the answers give, and a test that each answer is one of those that the document has.
 * @param options streams: whether to keep what answers for as long as somebody listens
 */
export function wire(collection: Collection, api: Api, options: { readonly streams: boolean }): object {
  const wired = collection.item
    .flatMap(({ name, item }) => item.map((request) => wireRequest(request, name, api)))
    .filter(({ request }) => options.streams || !JSON.stringify(request.request).includes('text/event-stream'));
  const named = (order: Readonly<Record<string, number>>) =>
    Object.keys(order).flatMap((id) => wired.filter(({ operationId }) => operationId === id));
  const between = wired.filter(({ operationId: id }) => !(id in START) && !(id in END));
  const folders = [...new Set(between.map(({ folder }) => folder))].map((folder) => ({
    name: folder,
    item: between.filter((one) => one.folder === folder).map(({ request }) => request),
  }));
  const requests = (all: readonly Wired[]) => all.map(({ request }) => request);
  const variables = ['access_token', 'refresh_token', 'expires_at', 'username', ...Object.values(IDS).map(unbraced)];
  return {
    ...collection,
    item: [
      { name: 'Start: sign up, publish, reserve', item: requests(named(START)) },
      ...folders,
      { name: 'End: cancel, delete, log out', item: requests(named(END)) },
    ],
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{access_token}}', type: 'string' }] },
    event: [script('prerequest', BEFORE_EACH)],
    variable: [
      { key: 'base_url', value: 'http://localhost:8787' },
      { key: 'password', value: 'correct horse battery' },
      ...variables.map((key) => ({ key, value: '' })),
    ],
  };
}

function unbraced(variable: string): string {
  return variable.replaceAll(/[{}]/g, '');
}

function wireRequest(item: Request, folder: string, api: Api): Wired {
  const { url, method, body, auth: _, ...request } = item.request;
  const operation = operationOf(api, method, url.path);
  const { operationId, security = [] } = operation;
  const example = operation.requestBody?.content['application/json']?.example;
  const raw = example && JSON.stringify({ ...example, ...BODIES[operationId] }, null, 2);
  const variable = (url.variable ?? []).map((one) => ({ ...one, value: variableOf(one.key, url.path) }));
  return {
    operationId,
    folder,
    request: {
      ...item,
      request: {
        ...request,
        method,
        url: { ...url, host: ['{{base_url}}'], variable },
        ...(raw !== undefined && { body: { ...body, mode: 'raw', raw } }),
        ...(security.length === 0 && { auth: { type: 'noauth' } }),
      },
      response: [],
      event: [script('test', testsOf(operation))],
    },
  };
}

function operationOf(api: Api, method: string, path: readonly string[]): Operation {
  const template = `/${path.map((part) => part.replace(/^:(.*)$/, '{$1}')).join('/')}`;
  const operation = api.paths[template]?.[method.toLowerCase()];
  if (operation === undefined) throw new Error(`The document has no ${method} ${template}`);
  return operation;
}

function variableOf(parameter: string, path: readonly string[]): string {
  if (parameter === 'code') return 'DE';
  return IDS[path[path.indexOf(`:${parameter}`) - 1] ?? ''] ?? '';
}

function testsOf({ operationId, responses }: Operation): string {
  const expected = START[operationId] ?? END[operationId];
  const documented = expected === undefined ? Object.keys(responses).map(Number) : [expected];
  const statuses = JSON.stringify(documented.filter((status) => status < 500));
  const test = `pm.test('is answered as documented', () => {
  pm.expect(pm.response.code, pm.response.text()).to.be.oneOf(${statuses});
});`;
  const keep = KEEPS[operationId];
  return keep === undefined ? test : `${test}\nif (pm.response.code < 300) {\n${keep.replace(/^/gm, '  ')}\n}`;
}

function script(listen: 'prerequest' | 'test', code: string) {
  return { listen, script: { type: 'text/javascript', exec: code.split('\n') } };
}
