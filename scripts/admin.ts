import { spawnSync } from 'node:child_process';
import { Failure, readArguments, runScript, UsageError } from './command-line.ts';
import { databaseId, hasDatabase, withLocalDatabase } from './local-database.ts';
import { ROOT, stateFolder, WRANGLER } from './paths.ts';
import { promotion } from './promotion.ts';

const USAGE = `Usage: npm run admin -- USERNAME_OR_EMAIL [--state DIR | --remote]

Makes an account an admin, in the local database, whether the server is running or not.

  --state DIR  folder that keeps the data (default .wrangler/state/v3)
  --remote     in the database of the deployed server instead`;

interface Account {
  readonly username: string;
  readonly email: string;
}

/**
 * Runs the statements on the local database, in one batch, and gives the rows of the last. Nothing else is asked: D1
 * locks its file for a moment with every question, reads too, and a server that wants to write then answers 503.
 * @throws Failure when there is no such database
 */
async function executeLocally(statements: readonly string[], state: string): Promise<Account[]> {
  const empty = new Failure(`The database in ${state} is empty: start the server once, then sign up.`);
  if (!hasDatabase(state)) throw empty;
  try {
    return await withLocalDatabase(state, databaseId(), async (database) => {
      const answers = await database.batch<Account>(statements.map((sql) => database.prepare(sql)));
      return answers.at(-1)?.results ?? [];
    });
  } catch (error) {
    throw String(error).includes('no such table') ? empty : error;
  }
}

/**
 * Runs the statements on the deployed database, in one batch, and gives the rows of the last.
 * @throws Failure when that fails
 */
function executeRemotely(statements: readonly string[]): Account[] {
  const args = [WRANGLER, 'd1', 'execute', 'DB', '--remote', '--json', '--command', statements.join(';\n')];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  const answer = parse(stdout);
  if (Array.isArray(answer)) return answer.at(-1)?.results ?? [];
  throw new Failure(`The database can't be reached: ${answer?.error?.text ?? (stderr.trim() || stdout.trim())}`);
}

function parse(text: string): { results: Account[] }[] | { error?: { text?: string } } | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function main(args: readonly string[]): Promise<number> {
  const options = { remote: { type: 'boolean' }, state: { type: 'string' } } as const;
  const { values, operands } = readArguments(args, options, 'USERNAME_OR_EMAIL');
  const { remote = false } = values;
  if (remote && values.state !== undefined) throw new UsageError('Give either --state or --remote.');
  const [name] = operands;
  const statements = promotion(name, Date.now());
  const state = stateFolder(values.state);
  const [account] = remote ? executeRemotely(statements) : await executeLocally(statements, state);
  if (!account) throw new Failure(`There is no account "${name}" in ${remote ? 'the remote database' : state}.`);
  const who = `${account.username} <${account.email}>`;
  console.log(`${who} is an admin now: some rights count at once, all with the next login or refresh.`);
  return 0;
}

await runScript(USAGE, main);
