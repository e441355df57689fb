import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

/** A file of the project, or a made-up one in a test of a check. */
export interface SourceFile {
  /** From the project's folder, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** What a check found; it names file and line, and says what to do. */
export type Complaint = string;

const NOT_OURS = new Set(['node_modules', '.git', '.wrangler', '.assets', 'dist', '.dev.vars']);
const TEXT = new Set([
  '.ts',
  '.js',
  '.json',
  '.md',
  '.sql',
  '.toml',
  '.html',
  '.css',
  '.svg',
  '.yml',
  '.yaml',
  '.sh',
  '',
]);

/** Every text file of the project that people wrote, and those that are generated and kept. */
export function projectFiles(root: string): SourceFile[] {
  return [...walk(root)].map((file) => ({
    path: relative(root, file).replaceAll(sep, '/'),
    text: readFileSync(file, 'utf8'),
  }));
}

function* walk(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (NOT_OURS.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (entry.isFile() && TEXT.has(extname(entry.name))) yield path;
  }
}

/** Whether people write code in it: TypeScript and JavaScript, without what is generated. */
export function isCode(file: SourceFile): boolean {
  return /\.[jt]s$/.test(file.path) && !/(?:^worker-configuration|\.generated)\.d\.ts$/.test(file.path);
}

export interface Import {
  /** As written: a package, or a path. */
  readonly specifier: string;
  /** Names that it takes from there; `*` for all of it. */
  readonly names: readonly string[];
  readonly line: number;
}

const IMPORT = /^(?:import|export)\b([^'";=()]*?)\bfrom\s*'([^']+)'|^import '([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm;

/** What a file imports or re-exports. Formatted code only: a statement starts its line and quotes are single. */
export function importsOf(file: SourceFile): Import[] {
  return [...file.text.matchAll(IMPORT)].map((match) => ({
    specifier: match[2] ?? match[3] ?? match[4] ?? '',
    names: namesIn(match[1]),
    line: lineAt(file.text, match.index),
  }));
}

function namesIn(clause: string | undefined): string[] {
  const braced = /\{([^}]*)\}/.exec(clause ?? '')?.[1];
  if (braced === undefined) return ['*'];
  return braced
    .split(',')
    .map((name) =>
      name
        .trim()
        .replace(/^type /, '')
        .replace(/ as .*/, ''),
    )
    .filter((name) => name !== '');
}

/** The project's file that a relative import names. */
export function resolveImport(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** The code alone: comments and the insides of strings and templates are blanked, lines stay where they are. */
export function withoutProse(text: string): string {
  const prose = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
  return text.replace(prose, (match) => match.replace(/[^\n]/g, ' '));
}

/** The line, counted from 1, of a position in the text. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** `path:line`, which terminals and editors can follow. */
export function at(file: SourceFile, line: number): string {
  return `${file.path}:${line}`;
}
