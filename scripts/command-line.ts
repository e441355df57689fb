import { getSystemErrorMessage, type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { type ApiClient, answers, Unanswered } from './api-client.ts';

/** A message for the person at the terminal; shown without a stack trace, with exit code 1. */
export class Failure extends Error {}

/** Something on the command line is wrong; the message says what. Shown in one line, with exit code 2. */
export class UsageError extends Error {}

/** Where `npm start` serves, unless it is told otherwise. */
export const DEFAULT_URL = 'http://localhost:8787';

/**
 * Runs a script: with `--help` it only prints the usage. What people can mend is told in one line; everything else is a
 * mistake of ours, and keeps its stack.
 * @param main takes the arguments and gives the exit code
 */
export async function runScript(usage: string, main: (args: readonly string[]) => Promise<number>): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    console.log(usage);
    return;
  }
  // Whoever reads no further, as `head`, has seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  try {
    process.exitCode = await main(args);
  } catch (error) {
    const message = messageOf(error);
    if (message === null) throw error;
    console.error(message);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

function messageOf(error: unknown): string | null {
  if (error instanceof UsageError) return `${error.message} See --help.`;
  if (error instanceof Failure) return error.message;
  if (error instanceof Unanswered) return `The server does not answer any more: ${error.message}`;
  return isFileError(error) ? `${error.path}: ${getSystemErrorMessage(error.errno)} (${error.code}).` : null;
}

function isFileError(error: unknown): error is Error & { path: string; errno: number; code: string } {
  return error instanceof Error && 'path' in error && 'errno' in error && 'code' in error;
}

/**
 * The options and the operands of a command line.
 * @param names what the usage calls the operands; each must be given, and no other
 * @throws UsageError when something is missing, unknown or empty, as "$UNSET" is
 */
export function readArguments<const Options extends ParseArgsOptionsConfig, const Names extends readonly string[] = []>(
  args: readonly string[],
  options: Options,
  ...names: Names
) {
  const { values, positionals } = parsed(args, options);
  const empty = Object.entries(values).find(([, value]) => [value].flat().includes(''));
  if (empty !== undefined) throw new UsageError(`--${empty[0]} must not be empty.`);
  const missing = names.find((_, index) => !positionals[index]);
  if (missing !== undefined) throw new UsageError(`${missing} is missing.`);
  const extra = positionals[names.length];
  if (extra !== undefined) throw new UsageError(`Unexpected argument '${extra}'.`);
  return { values, operands: positionals as { [Name in keyof Names]: string } };
}

function parsed<Options extends ParseArgsOptionsConfig>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: withNegativeNumbers(args, options), options, allowPositionals: true });
  } catch (error) {
    // The sentences after the first explain how to quote what looks like an option.
    const [problem] = (error as Error).message.split(/\.\s/);
    throw new UsageError(`${problem}.`);
  }
}

/** The arguments with `--option -3` as `--option=-3`: Node takes it for an option that lacks its value. */
function withNegativeNumbers(args: readonly string[], options: ParseArgsOptionsConfig): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const option = joined.at(-1);
    const isValue = /^-\d/.test(arg) && option?.startsWith('--') && options[option.slice(2)]?.type === 'string';
    if (isValue) joined.splice(-1, 1, `${option}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}

/**
 * An option's text as a whole number in a range, or the fallback when it wasn't given.
 * @throws UsageError when it is none
 */
export function wholeNumber(option: string, text: string | undefined, fallback: number, min: number, max: number) {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(`--${option} must be a whole number from ${min} to ${max}, not "${text}".`);
}

/**
 * The address of the server that `--url` names, without a path; the default when it wasn't given.
 * @throws UsageError when it is no address of a server
 */
export function serverUrl(text: string = DEFAULT_URL): string {
  const url = URL.parse(text);
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
  if (!isOrigin) throw new UsageError(`--url must be a server's address such as ${DEFAULT_URL}, not "${text}".`);
  return url.origin;
}

/** @throws Failure that tells how to start the server, when nothing answers */
export async function requireServer(client: ApiClient): Promise<void> {
  if (await answers(client)) return;
  throw new Failure(`Nothing answers at ${client.url}. Start the server with "npm start", or name it with --url.`);
}
