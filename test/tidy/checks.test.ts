import { expect, it } from 'vitest';
import { importsOf, type SourceFile } from './source.ts';
import * as structure from './structure.ts';
import * as style from './style.ts';

/** Each check sees what it is for (the first texts, one complaint each) and leaves the rest alone. */
type Sample = readonly [path: string, text: string];

function check(
  rule: (files: readonly SourceFile[]) => string[],
  bad: readonly Sample[],
  good: readonly Sample[],
): void {
  const asFiles = (samples: readonly Sample[]) => samples.map(([path, text]) => ({ path, text }));
  for (const sample of asFiles(bad)) expect(rule([sample]), `${sample.path}: ${sample.text}`).toHaveLength(1);
  expect(rule(asFiles(good))).toEqual([]);
}

it('reads imports over several lines, re-exports and dynamic ones', () => {
  const text =
    "import {\n  a,\n  type B as C,\n} from './a.ts';\nexport { d } from './d.ts';\nawait IMPORT('./e.ts');\n".replace(
      'IMPORT',
      'import',
    );
  expect(importsOf({ path: 'x.ts', text })).toEqual([
    { specifier: './a.ts', names: ['a', 'B'], line: 1 },
    { specifier: './d.ts', names: ['d'], line: 5 },
    { specifier: './e.ts', names: ['*'], line: 6 },
  ]);
});

it('sees an import against the direction', () => {
  check(
    structure.importDirections,
    [
      ['src/domain/decide.ts', "import { z } from 'zod';"],
      ['src/domain/decide.ts', "import type { Row } from '../db/tables.ts';"],
      ['src/http/router.ts', "import { routes } from '../events/routes.ts';"],
      ['src/db/projection.ts', "import { Problem } from '../http/problem.ts';"],
      ['src/actor/store.ts', "import { Problem } from '../http/problem.ts';"],
      ['src/events/routes.ts', "import { view } from '../reservations/json.ts';"],
      ['src/events/routes.ts', "import { Store } from '../actor/store.ts';"],
      ['src/events/routes.ts', "import { app } from '../app.ts';"],
      ['src/app.ts', "import { decide } from './domain/decide.ts';"],
      ['src/worker.ts', "import { routes } from './events/routes.ts';"],
    ],
    [
      ['src/worker.ts', "import { app } from './app.ts';\nexport { EventActor } from './actor/event-actor.ts';"],
      ['src/worker.ts', "export { LiveHub } from './live/hub.ts';"],
      [
        'src/app.ts',
        "import { routes } from './events/routes.ts';\nimport { ActorUnavailable } from './actor/client.ts';",
      ],
      ['src/events/routes.ts', "import { z } from 'zod';\nimport { execute } from '../actor/client.ts';"],
      ['src/events/routes.ts', "import { events } from '../db/tables.ts';\nimport { a } from './schema.ts';"],
      ['src/actor/outbox.ts', "import { project } from '../db/projection.ts';\nimport { Store } from './store.ts';"],
      ['src/domain/decide.ts', "import { apply } from './apply.ts';"],
      ['src/docs/document.ts', "import { version } from '../../package.json';"],
    ],
  );
});

it('sees a refusal that no test meets', () => {
  const problems = { path: 'src/http/problem.ts', text: "  sold_out: { status: 409, title: 'Sold out' },\n" };
  const meets = { path: 'test/http/a.test.ts', text: "refusal(409, 'sold_out')" };
  for (const other of [
    { ...meets, path: 'test/domain/a.test.ts' },
    { ...meets, text: "action: 'sold_out'" },
  ]) {
    expect(structure.unmetProblems([problems, other])).toEqual([
      'src/http/problem.ts:1 No test in test/http meets "sold_out".',
    ]);
  }
  expect(structure.unmetProblems([problems, meets])).toEqual([]);
});

it('sees what is impure in the domain', () => {
  const impure = ['Date.now()', 'new Date()', 'Math.random()', 'crypto.randomUUID()', 'async () => 1', 'fetch(1)'];
  check(
    structure.domainPurity,
    [...impure, 'await x', 'Promise.all', 'console.log(1)', 'process.env', 'setTimeout(f)'].map(
      (code): Sample => ['src/domain/a.ts', `const a = ${code};`],
    ),
    [
      [
        'src/domain/a.ts',
        "// never await Date.now()\nconst a = 'fetch(1)'; const b = new Date(at); const c = x.process(1);",
      ],
      ['src/actor/a.ts', 'const now = Date.now();'],
    ],
  );
});

it('sees SQL outside its file, and a second writer of the read model', () => {
  check(
    structure.actorSql,
    [
      ['src/actor/outbox.ts', "const q = 'SELECT 1';"],
      ['src/actor/outbox.ts', 'this.ctx.storage.sql.exec(q);'],
    ],
    [
      ['src/actor/store.ts', "const q = 'SELECT 1';"],
      ['src/actor/store-answers.ts', "const q = 'SELECT 1';"],
      ['src/actor/outbox.ts', "const q = 'select a seat';"],
    ],
  );
  check(
    structure.projectedWrites,
    [
      ['src/events/queries.ts', "const q = 'UPDATE events SET seq = 1';"],
      ['src/events/queries.ts', "const q = 'insert or replace into reservations values (1)';"],
      ['src/events/queries.ts', 'await db.delete(events).where(x);'],
      ['scripts/admin.ts', "const q = 'DELETE FROM reservations';"],
    ],
    [
      ['src/db/projection.ts', "const q = 'UPDATE events SET seq = 1';"],
      ['src/accounts/queries.ts', "const q = 'UPDATE users SET role = ?'; await db.update(users);"],
      ['src/events/queries.ts', "const q = 'SELECT * FROM events';"],
    ],
  );
});

it('sees a file that is too long', () => {
  const lines = (count: number) => 'a();\n'.repeat(count);
  check(
    style.fileSizes,
    [
      ['src/a.ts', lines(301)],
      ['test/a.test.ts', lines(501)],
    ],
    [
      ['src/a.ts', lines(300)],
      ['test/a.test.ts', lines(500)],
      ['README.md', lines(999)],
    ],
  );
});

it('sees what was left behind', () => {
  const notes = ['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'];
  check(
    style.unfinished,
    notes.map((note): Sample => ['a.md', `- ${note}: more`]),
    [['a.md', 'a todo list']],
  );
  const dead = [
    'const a = 1;',
    'return a;',
    'if (a) {',
    '}',
    "import { a } from './a.ts';",
    'save(state);',
    'a.map((b) => {',
  ];
  check(
    style.commentedOutCode,
    dead.map((code): Sample => ['src/a.ts', `  // ${code}`]),
    [['src/a.ts', "// If it is late, return the seat.\n// For a list of them (see below).\nconst u = 'http://a;';"]],
  );
});

it('sees imports without an ending, of nothing, and barrels', () => {
  check(
    style.importPaths,
    [
      ['src/a.ts', "import { b } from './b';"],
      ['src/a.ts', "import { b } from './b.ts';"],
    ],
    [
      ['src/a.ts', "import { b } from '../src/b.ts';"],
      ['src/b.ts', "import { z } from 'zod';"],
    ],
  );
  check(
    style.barrels,
    [
      ['src/a.ts', "export * from './b.ts';"],
      ['src/index.ts', 'const a = 1;'],
      ['src/a.ts', "export { b } from './b.ts';\nexport type { C } from './c.ts';\n"],
    ],
    [['src/worker.ts', "export { b } from './b.ts';\n"]],
  );
});

it('sees what belongs to one machine, and versions that float', () => {
  const host = ['https://', 'registry', '.example.org/a'].join('');
  const folder = ['', 'home', 'ada', 'seatkeeper'].join('/');
  check(
    style.foreignNames,
    [
      ['README.md', `See ${host}.`],
      ['src/a.ts', `const a = '${folder}';`],
    ],
    [['README.md', `https://example.org/${['home', 'x'].join('/')} and .${folder}`]],
  );
  check(
    style.pinnedPackages,
    [
      ['package.json', '{"dependencies":{"a":"^1.0.0"}}'],
      ['package.json', '{"devDependencies":{"a":"latest"}}'],
      ['package-lock.json', '{"packages":{"node_modules/a":{"resolved":"x"}}}'],
    ],
    [['package.json', '{"dependencies":{"a":"1.0.0-beta.1","b":"npm:c@1.2.3"}}']],
  );
});

it('sees exports that are not explained or not needed', () => {
  check(
    style.missingDocs,
    [
      ['src/a.ts', 'export function a() {}'],
      ['src/a.ts', '/** B. */\nconst b = 1;\nexport const a = 1;'],
      ['src/a.ts', 'export class A {}'],
    ],
    [
      ['src/a.ts', '/** A. */\nexport async function a() {}\n\nexport interface B {}'],
      ['src/a.ts', '/** A. */\nexport function a(b: 1): 1;\nexport function a(b: 2): 2;'],
      ['src/a.ts', 'export const a = createRoute({});'],
      ['test/a.ts', 'export function a() {}'],
    ],
  );
  check(
    style.deadExports,
    [
      ['src/a.ts', 'export function a() {\n  a();\n}'],
      ['src/a.ts', 'export type A = 1;'],
      ['scripts/a.ts', 'export const a = 1;'],
      ['bench/a.ts', 'export class A {}'],
    ],
    [
      ['src/a.ts', 'export type A = 1;\nexport const a: A = 1;\nexport const b = 1;'],
      ['src/b.ts', "import { a } from './a.ts';"],
      ['test/b.ts', "import * as all from '../src/a.ts';"],
      ['test/c.ts', 'export const c = 1;'],
    ],
  );
});
