import {
  at,
  type Complaint,
  importsOf,
  isCode,
  lineAt,
  resolveImport,
  type SourceFile,
  withoutProse,
} from './source.ts';

/** Where a file of src stands in the house; every slice stands apart. */
function placeOf(path: string): string {
  if (path === 'src/worker.ts') return 'worker';
  if (path === 'src/app.ts') return 'app';
  if (path === 'src/scheduled.ts') return 'scheduled';
  if (path === 'src/actor/client.ts') return 'actor/client';
  // The one object beside the actor; the worker has to export it.
  if (path === 'src/live/hub.ts') return 'live/hub';
  const folder = path.split('/')[1] ?? '';
  return ['domain', 'actor', 'db', 'http', 'calls'].includes(folder) ? folder : `slice ${folder}`;
}

/** What may be imported from each place, besides its own. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  worker: ['app', 'scheduled', 'actor', 'live/hub'],
  app: ['slice', 'http', 'actor/client'],
  scheduled: ['slice', 'http', 'db'],
  slice: ['http', 'db', 'actor/client', 'domain', 'calls'],
  http: ['domain', 'calls'],
  db: ['domain'],
  actor: ['domain', 'db', 'calls'],
  'actor/client': ['actor', 'domain', 'calls'],
  'live/hub': ['slice', 'actor/client', 'domain'],
  calls: [],
  domain: [],
};

/** Imports run one way: worker → app → slices → {http, db, actor/client} → domain; actor → domain, db. */
export function importDirections(files: readonly SourceFile[]): Complaint[] {
  return files.filter(inSrc).flatMap((file) =>
    importsOf(file).flatMap(({ specifier, line }) => {
      const complaint = judgeImport(file.path, specifier);
      return complaint === null ? [] : [`${at(file, line)} ${complaint}`];
    }),
  );
}

function judgeImport(path: string, specifier: string): string | null {
  const from = placeOf(path);
  if (!specifier.startsWith('.')) {
    return from === 'domain' ? `The domain imports nothing outside itself, not even ${specifier}.` : null;
  }
  const target = resolveImport(path, specifier);
  if (!/^src\/.*\.ts$/.test(target)) return null;
  const to = placeOf(target);
  if (from === to || MAY_IMPORT[kindOf(from)]?.includes(kindOf(to))) return null;
  return `${from} may not import ${to} (${specifier}): move what both need to a place that both may import.`;
}

function kindOf(place: string): string {
  return place.startsWith('slice ') ? 'slice' : place;
}

function inSrc(file: SourceFile): boolean {
  return file.path.startsWith('src/') && file.path.endsWith('.ts');
}

/** What would make a decision depend on anything but its input, or take time. */
const IMPURE: readonly (readonly [RegExp, string])[] = [
  [
    /\bDate\s*\.\s*now\b|\bnew Date\s*\(\s*\)|(?<!new )\bDate\s*\(|\bTemporal\s*\.\s*Now\b/g,
    'the time comes in the command',
  ],
  [/\bMath\s*\.\s*random\b|\bcrypto\b/g, 'ids and codes come in the command'],
  [/\basync\b|\bawait\b|\bPromise\b/g, 'a decision is made at once'],
  [
    /(?<![.\w])(?:fetch|setTimeout|setInterval|queueMicrotask|performance|process|globalThis|console|navigator|caches|scheduler|Buffer|WebSocket)\s*[.(]/g,
    'it knows no platform',
  ],
];

/** The domain is pure: no clock, no chance, no waiting, no platform. */
export function domainPurity(files: readonly SourceFile[]): Complaint[] {
  return files
    .filter((file) => file.path.startsWith('src/domain/'))
    .flatMap((file) => {
      const code = withoutProse(file.text);
      return IMPURE.flatMap(([pattern, why]) =>
        [...code.matchAll(pattern)].map(
          (match) => `${at(file, lineAt(code, match.index))} "${match[0].trim()}" has no place in the domain: ${why}.`,
        ),
      );
    });
}

const SQL = /['"`]\s*(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH|CREATE|DROP|ALTER|PRAGMA)\s|\bsql\s*\.\s*exec\b/g;

const ACTOR_STORE = /^src\/actor\/(?:store(?:-[a-z]+)?|schema)\.ts$/;

/** In the actor, SQL is in the store, which is store.ts and its parts store-*.ts, and the migrations in schema.ts. */
export function actorSql(files: readonly SourceFile[]): Complaint[] {
  return files
    .filter((file) => file.path.startsWith('src/actor/') && !ACTOR_STORE.test(file.path))
    .flatMap((file) =>
      [...file.text.matchAll(SQL)].map(
        (match) =>
          `${at(file, lineAt(file.text, match.index))} Move this SQL to the store, src/actor/store.ts or a store-*.ts.`,
      ),
    );
}

const PROJECTED = '(?:events|reservations|event_tags|events_fts|eventTags)';
const WRITES = new RegExp(
  `\\b(?:INSERT\\s+(?:OR\\s+\\w+\\s+)?INTO|REPLACE\\s+INTO|UPDATE|DELETE\\s+FROM)\\s+"?${PROJECTED}\\b` +
    `|\\.(?:insert|update|delete)\\(\\s*(?:\\w+\\.)?${PROJECTED}\\s*\\)`,
  'gi',
);

/** D1's rows of events and reservations have one writer, the projection; the actor's tables are its own. */
export function projectedWrites(files: readonly SourceFile[]): Complaint[] {
  return files
    .filter((file) => /^(?:src|scripts)\//.test(file.path) && isCode(file))
    .filter(({ path }) => path !== 'src/db/projection.ts' && !ACTOR_STORE.test(path))
    .flatMap((file) =>
      [...file.text.matchAll(WRITES)].map(
        (match) =>
          `${at(file, lineAt(file.text, match.index))} Only src/db/projection.ts writes this table: send the actor a command.`,
      ),
    );
}

const PROBLEM_CODE = /^ {2}([a-z_]+): \{ status: \d/gm;

/** How tests expect a code; elsewhere the same word may name an action of the history. */
const asProblem = (code: string) => new RegExp(`(?:\\bcode: |\\.code\\)\\.toBe\\(|\\brefusal\\(\\d+, )'${code}'`);

/** Every refusal that the API knows is met over HTTP by some test. */
export function unmetProblems(files: readonly SourceFile[]): Complaint[] {
  const tests = files.filter(({ path }) => path.startsWith('test/http/') && path.endsWith('.test.ts'));
  return files
    .filter(({ path }) => path === 'src/http/problem.ts')
    .flatMap((file) =>
      [...file.text.matchAll(PROBLEM_CODE)]
        .filter(([, code]) => !tests.some(({ text }) => asProblem(code ?? '').test(text)))
        .map((match) => `${at(file, lineAt(file.text, match.index))} No test in test/http meets "${match[1]}".`),
    );
}
