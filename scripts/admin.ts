import { spawnSync } from 'node:child_process';
import { Failure, readArguments, runScript } from './command-line.ts';
import { ROOT, WRANGLER } from './paths.ts';
import { promotion } from './promotion.ts';

const USAGE = `Usage: npm run admin -- USERNAME_OR_EMAIL [--remote]

Makes an account an admin, in the local database, whether the server is running or not.

  --remote  in the database of the deployed server instead`;

interface Account {
  readonly username: string;
  readonly email: string;
}

/**
 * Runs the statements through wrangler, in one batch, and gives the rows of the last.
 * @throws Failure when that fails
 */
function execute(statements: readonly string[], remote: boolean): Account[] {
  const where = remote ? '--remote' : '--local';
  const args = [WRANGLER, 'd1', 'execute', 'DB', where, '--json', '--command', statements.join(';\n')];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  const answer = parse(stdout);
  if (Array.isArray(answer)) return answer.at(-1)?.results ?? [];
  const reason = answer?.error?.text ?? (stderr.trim() || stdout.trim());
  if (/no such table/.test(reason)) throw new Failure('The database is empty: start the server once, then sign up.');
  throw new Failure(`The database can't be reached: ${reason}`);
}

function parse(text: string): { results: Account[] }[] | { error?: { text?: string } } | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function main(args: readonly string[]): Promise<number> {
  const { values, operands } = readArguments(args, { remote: { type: 'boolean' } }, 'USERNAME_OR_EMAIL');
  const [name] = operands;
  const remote = values.remote ?? false;
  const [account] = execute(promotion(name, Date.now()), remote);
  if (!account) throw new Failure(`There is no account "${name}" in the ${remote ? 'remote' : 'local'} database.`);
  console.log(`${account.username} <${account.email}> is an admin now; the next login or refresh gives the role.`);
  return 0;
}

await runScript(USAGE, main);
