/**
 * Makes an account an admin: npm run admin -- USERNAME_OR_EMAIL [--remote]
 *
 * Works on the local database, whether the server is running or not, or with --remote on the deployed one. Exits with
 * 0 when the account is an admin, 1 when there is no such account or database, 2 when called wrongly.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { ROOT, WRANGLER } from './paths.ts';
import { promotion } from './promotion.ts';

const USAGE = 'Usage: npm run admin -- USERNAME_OR_EMAIL [--remote]';

interface Account {
  readonly username: string;
  readonly email: string;
}

function fail(message: string, exitCode: 1 | 2): never {
  console.error(message);
  process.exit(exitCode);
}

function readArguments(): { readonly name: string; readonly remote: boolean } {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { remote: { type: 'boolean' } } });
    const [name, ...rest] = positionals;
    if (name && rest.length === 0) return { name, remote: values.remote ?? false };
  } catch (error) {
    fail(`${error instanceof Error ? error.message : error}\n${USAGE}`, 2);
  }
  return fail(USAGE, 2);
}

/** Runs the statements through wrangler, in one batch, and gives the rows of the last; ends the program when that fails. */
function execute(statements: readonly string[], remote: boolean): Account[] {
  const where = remote ? '--remote' : '--local';
  const args = [WRANGLER, 'd1', 'execute', 'DB', where, '--json', '--command', statements.join(';\n')];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  const answer = parse(stdout);
  if (Array.isArray(answer)) return answer.at(-1)?.results ?? [];
  const reason = answer?.error?.text ?? (stderr.trim() || stdout.trim());
  if (/no such table/.test(reason)) fail('The database is empty: start the server once, then sign up.', 1);
  return fail(`The database can't be reached: ${reason}`, 1);
}

function parse(text: string): { results: Account[] }[] | { error?: { text?: string } } | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const { name, remote } = readArguments();
const [account] = execute(promotion(name, Date.now()), remote);
if (!account) fail(`There is no account "${name}" in the ${remote ? 'remote' : 'local'} database.`, 1);
console.log(`${account.username} <${account.email}> is an admin now; the next login or refresh gives the role.`);
