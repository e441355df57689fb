import { type ApiClient, answers, Unanswered } from './api-client.ts';

/** A message for the person at the terminal; shown without a stack trace, with exit code 1. */
export class Failure extends Error {}

export const DEFAULT_URL = 'http://localhost:8787';

/** Runs a script's main function; what it throws as a Failure, or for a wrong option, is told in one line. */
export async function runScript(main: () => Promise<number>, usage: string): Promise<void> {
  if (process.argv.includes('--help')) {
    console.log(usage);
    return;
  }
  try {
    process.exitCode = await main();
  } catch (error) {
    if (isUsageError(error)) console.error(`${error.message}\n\n${usage}`);
    else if (error instanceof Failure) console.error(error.message);
    else if (error instanceof Unanswered) console.error(`The server does not answer any more: ${error.message}`);
    else throw error;
    process.exitCode = 1;
  }
}

function isUsageError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

/** An option's text as a whole number in a range, or the fallback when it wasn't given. */
export function wholeNumber(option: string, text: string | undefined, fallback: number, min: number, max: number) {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new Failure(`--${option} must be a whole number from ${min} to ${max}, not "${text}".`);
}

/** @throws Failure that tells how to start the server, when nothing answers */
export async function requireServer(client: ApiClient): Promise<void> {
  if (await answers(client)) return;
  throw new Failure(`Nothing answers at ${client.url}. Start the server with "npm start", or name it with --url.`);
}
