import { at, type Complaint, importsOf, isCode, lineAt, resolveImport, type SourceFile } from './source.ts';

const LINES_MAX = 300;
const TEST_LINES_MAX = 500;

/** Files stay small enough to be read at one sitting. */
export function fileSizes(files: readonly SourceFile[]): Complaint[] {
  return files.filter(isCode).flatMap((file) => {
    const lines = file.text.trimEnd().split('\n').length;
    const most = file.path.startsWith('test/') ? TEST_LINES_MAX : LINES_MAX;
    return lines > most ? [`${file.path} has ${lines} lines, more than ${most}: split it by what it does.`] : [];
  });
}

// Put together, so that this file doesn't contain them.
const UNFINISHED = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`);

/** What isn't done is an issue, not a comment. */
export function unfinished(files: readonly SourceFile[]): Complaint[] {
  return everyLine(files, (line) =>
    UNFINISHED.test(line) ? 'Do it, or file an issue: a note in the code is read by nobody.' : null,
  );
}

const STATEMENT =
  /^(?:import |export |const |let |return\b.*;$|if \(.*\) |for \(.*\) |while \(.*\) |await \w+.*;$|\}|\/\/ ?@ts-)|[;{]$|=> [{(]$|^\w[\w.]*\(.*\)[;,]?$/;

/** Code that is switched off is dead: the history of the repository keeps it. */
export function commentedOutCode(files: readonly SourceFile[]): Complaint[] {
  return everyLine(files.filter(isCode), (line) => {
    const comment = /^\s*\/\/\s*(.*?)\s*$/.exec(line)?.[1];
    return comment !== undefined && STATEMENT.test(comment)
      ? 'This comment looks like code: delete it, or say in words what it is for.'
      : null;
  });
}

/** Imports name the file that has the thing, with its ending. */
export function importPaths(files: readonly SourceFile[]): Complaint[] {
  const paths = new Set(files.map((file) => file.path));
  return files.filter(isCode).flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .flatMap(({ specifier, line }) => {
        if (!/\.(?:ts|js|json)$/.test(specifier)) return [`${at(file, line)} Write the ending: '${specifier}.ts'.`];
        const target = resolveImport(file.path, specifier);
        return paths.has(target) ? [] : [`${at(file, line)} There is no ${target}.`];
      }),
  );
}

/** No file only passes on what others export: importers name the file that has it. src/worker.ts has to. */
export function barrels(files: readonly SourceFile[]): Complaint[] {
  return files.filter(isCode).flatMap((file) => {
    const isBarrel = /(?:^|\/)index\.ts$/.test(file.path) || /^export \*/m.test(file.text);
    const statements = file.text.match(/^[a-z].*$/gm) ?? [];
    const passesOn = statements.length > 0 && statements.every((line) => /^export (?:type )?\{/.test(line));
    return file.path !== 'src/worker.ts' && (isBarrel || passesOn)
      ? [`${file.path} passes on what other files export: import from those.`]
      : [];
  });
}

const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [
    /https?:\/\/(?:[\w-]+\.)*(?:registry|npm|pkg|artifactory|nexus)\.[\w.-]+/,
    'Name no package registry: each place has its own.',
  ],
  [/(?<![\w.:/~-])\/(?:home|root|Users|mnt|work|workspaces?)\/[\w.-]+/, 'Name no folder of one machine.'],
  [/\b[A-Z]:\\\\?Users\\/, 'Name no folder of one machine.'],
];

/** Nothing in the project depends on the machine where it was written. */
export function foreignNames(files: readonly SourceFile[]): Complaint[] {
  return everyLine(files, (line) => FORBIDDEN.find(([pattern]) => pattern.test(line))?.[1] ?? null);
}

interface Manifest {
  readonly packages?: Readonly<Record<string, { readonly resolved?: string; readonly link?: boolean }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Versions are exact, and the lockfile doesn't say from where: every machine has its own registry. */
export function pinnedPackages(files: readonly SourceFile[]): Complaint[] {
  const read = (path: string) => JSON.parse(files.find((file) => file.path === path)?.text ?? '{}') as Manifest;
  const { dependencies, devDependencies } = read('package.json');
  const loose = Object.entries({ ...dependencies, ...devDependencies })
    .filter(([, version]) => !/^(?:npm:.+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
    .map(([name, version]) => `package.json: pin ${name} to an exact version instead of "${version}".`);
  const resolved = Object.entries(read('package-lock.json').packages ?? {})
    .filter(([, entry]) => entry.resolved !== undefined && entry.link !== true)
    .map(([name]) => `package-lock.json: remove "resolved" of ${name}; .npmrc keeps npm from writing it.`);
  return [...loose, ...resolved];
}

const EXPORTED =
  /^export (?:declare )?(?:async )?(?:abstract )?(function\*?|class|const|let|interface|type|enum) (\w+)/gm;

/** Whoever imports something learns from one sentence what it is. A route says it in its summary. */
export function missingDocs(files: readonly SourceFile[]): Complaint[] {
  return files
    .filter((file) => file.path.startsWith('src/') && file.path.endsWith('.ts'))
    .flatMap((file) => {
      const explained = new Set<string>();
      return [...file.text.matchAll(EXPORTED)].flatMap(({ 1: kind = '', 2: name = '', index }) => {
        const isRoute = file.text.startsWith(`export const ${name} = createRoute(`, index);
        const isExplained = /\*\/\s*(?:\/\/[^\n]*\n)*$/.test(file.text.slice(0, index));
        // The first of an overloaded function's signatures speaks for all.
        if (isRoute || isExplained || explained.has(name) || /^(?:interface|type)$/.test(kind)) {
          explained.add(name);
          return [];
        }
        return [`${at(file, lineAt(file.text, index))} Say in one sentence of JSDoc what ${name} is.`];
      });
    });
}

/** What nobody imports need not be exported; what nobody uses need not be. Types may be there for their own file. */
export function deadExports(files: readonly SourceFile[]): Complaint[] {
  const code = files.filter(isCode);
  const imported = new Set(
    code.flatMap((file) =>
      importsOf(file).flatMap(({ specifier, names }) =>
        names.map((name) => `${resolveImport(file.path, specifier)} ${name}`),
      ),
    ),
  );
  return code
    .filter((file) => /^(?:src|scripts|bench)\//.test(file.path) && file.path !== 'src/worker.ts')
    .flatMap((file) =>
      [...file.text.matchAll(EXPORTED)].flatMap((match) => {
        const [, kind = '', name = ''] = match;
        const uses = file.text.match(new RegExp(`\\b${name}\\b`, 'g'))?.length ?? 0;
        const isUsedHere = uses > 1 && /^(?:interface|type)$/.test(kind);
        if (imported.has(`${file.path} ${name}`) || imported.has(`${file.path} *`) || isUsedHere) return [];
        return [`${at(file, lineAt(file.text, match.index))} Nobody imports ${name}: don't export it, or delete it.`];
      }),
    );
}

function everyLine(files: readonly SourceFile[], judge: (line: string) => string | null): Complaint[] {
  return files.flatMap((file) =>
    file.text.split('\n').flatMap((line, index) => {
      const complaint = judge(line);
      return complaint === null ? [] : [`${at(file, index + 1)} ${complaint}`];
    }),
  );
}
