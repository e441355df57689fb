import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Complaint, projectFiles, type SourceFile } from './source.ts';
import * as structure from './structure.ts';
import * as style from './style.ts';

const files = projectFiles(join(import.meta.dirname, '../..'));
const written = files.filter((file) => !['package-lock.json', 'worker-configuration.d.ts'].includes(file.path));

/** House rules that no linter knows; what each is for stands with the check. */
const RULES: readonly (readonly [string, (files: readonly SourceFile[]) => Complaint[], readonly SourceFile[]])[] = [
  ['imports run one way', structure.importDirections, written],
  ['the domain is pure', structure.domainPurity, written],
  ['the actor has its SQL in one place', structure.actorSql, written],
  ['only the projection writes the read model', structure.projectedWrites, written],
  ['every refusal is met by a test', structure.unmetProblems, written],
  ['files are small', style.fileSizes, written],
  ['nothing is left unfinished', style.unfinished, written],
  ['no code is commented out', style.commentedOutCode, written],
  ['imports name a file with its ending', style.importPaths, files],
  ['there are no barrels', style.barrels, written],
  ['nothing depends on one machine', style.foreignNames, files],
  ['packages are pinned', style.pinnedPackages, files],
  ['what is exported is explained', style.missingDocs, written],
  ['what is exported is imported', style.deadExports, written],
];

it('sees the project', () => {
  expect(files.map((file) => file.path)).toEqual(
    expect.arrayContaining(['src/worker.ts', 'package-lock.json', '.ci/run']),
  );
});

it.each(RULES)('%s', (_, check, judged) => {
  expect(check(judged)).toEqual([]);
});
