import type { OpenAPIHono } from '@hono/zod-openapi';
import { version } from '../../package.json';
import type { AppEnv } from '../http/router.ts';
import { describeDefaults } from './defaults.ts';
import { addExamples } from './examples.ts';

const DESCRIPTION = `Takes reservations for events and never oversells.

- **Errors** are \`application/problem+json\`, each a \`Problem\` (RFC 9457). Its schema lists every \`code\` that there is;
  each operation names its own. Unknown paths and methods answer 404 \`route_not_found\`.
- **Lists** answer \`{items, next_cursor}\`. Send \`next_cursor\` back as \`cursor\` for the next page; it is null on the last.
- **Your own writes**: send the \`X-D1-Bookmark\` of an answer back, and lists are at least as fresh as it.
- **Without a token** reads of events may be up to two seconds old. A token or a bookmark reads past that cache, and
  \`/availability\` is always as of now.
- **Tracing**: every answer carries an \`X-Request-Id\`.`;

const LICENSE = { name: 'MIT', identifier: 'MIT' };

const TAGS = [
  { name: 'Accounts', description: 'Sign up, log in, and everything about yourself.' },
  {
    name: 'Events',
    description: 'What people attend. Organizers publish events; everybody may browse published ones.',
  },
  { name: 'Reservations', description: 'Seats held or confirmed at an event. No two people get the same seat.' },
  { name: 'Venues', description: 'Where events take place, shared by all organizers.' },
  { name: 'Attendees', description: 'People who come without an account of their own. Their data is for few eyes.' },
  { name: 'Countries', description: 'The countries of ISO 3166-1.' },
  { name: 'History', description: 'Who did what when.' },
  { name: 'Docs', description: 'This documentation and the health of the service.' },
] as const;

/** A header of every answer, from a middleware that no route knows of. */
const REQUEST_ID = {
  description: 'Names the request in the logs of the server; the `request_id` of a `Problem`.',
  schema: { type: 'string', format: 'uuid' },
} as const;
const REQUEST_ID_REF = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };

/** As much of an operation as is looked into here. */
interface Operation {
  readonly tags?: readonly string[];
  readonly responses?: Readonly<Record<string, { headers?: object }>>;
}

/** The OpenAPI 3.1 document of the app, from the routes that are mounted on it. */
export function openApiDocument(app: OpenAPIHono<AppEnv>) {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Seatkeeper', version, description: DESCRIPTION, license: LICENSE },
    servers: [{ url: '/', description: 'This server' }],
  });
  addExamples(document);
  describeDefaults(document);
  const operations = Object.values(document.paths ?? {}).flatMap(operationsOf);
  for (const response of operations.flatMap(({ responses = {} }) => Object.values(responses))) {
    response.headers = { ...response.headers, ...REQUEST_ID_REF };
  }
  const used = new Set(operations.flatMap(({ tags }) => tags));
  return {
    ...document,
    tags: TAGS.filter((tag) => used.has(tag.name)),
    components: { ...document.components, headers: { RequestId: REQUEST_ID } },
  };
}

function operationsOf(path: object): Operation[] {
  return Object.values(path).filter((member) => typeof member === 'object');
}
