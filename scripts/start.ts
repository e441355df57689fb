import { relative } from 'node:path';
import { DEFAULT_URL, readArguments, runScript, wholeNumber } from './command-line.ts';
import { HOST } from './door.ts';
import { ROOT, STATE, stateFolder } from './paths.ts';
import { ensureSecret } from './secret.ts';
import { startServer } from './server.ts';
import { whenAskedToStop } from './stop-signals.ts';

const USAGE = `Usage: npm start -- [--port N] [--state DIR]

  --port N     port to listen on (default 8787; 0: any free one)
  --state DIR  folder that keeps the data (default .wrangler/state/v3)`;

/** An option with a folder, as npm, which runs scripts in the project's folder, and a shell have to get it. */
function stateOption(state: string): string {
  if (state === STATE) return '';
  const inside = relative(ROOT, state);
  const path = inside === '' || inside.startsWith('..') ? state : inside;
  return ` --state ${/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`}`;
}

function greet(url: string, state: string, secretIsNew: boolean): void {
  const there = url === DEFAULT_URL ? '' : ` --url ${url}`;
  console.log(`
  Seatkeeper is ready: ${url}

  Read and try the API   ${url}/docs
  Sign up                curl ${url}/api/auth/signup -H 'content-type: application/json' \\
                           -d '{"username":"ada","email":"ada@example.com","password":"correct horse battery"}'
  Watch a crowd race     npm run demo${there && ` --${there}`}
  Load real events       npm run load -- examples/conferences.jsonl${there}
  Become an admin        npm run admin -- ada${stateOption(state)}

  The data is kept in ${relative(process.cwd(), state) || '.'}.${
    secretIsNew ? '\n  A secret for signing tokens was made for you and put in .dev.vars.' : ''
  } Ctrl-C stops the server.
`);
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, { port: { type: 'string' }, state: { type: 'string' } });
  const port = wholeNumber('port', values.port, 8787, 0, 65_535);
  const state = stateFolder(values.state);
  const secretIsNew = await ensureSecret();
  const server = await startServer({ port, state });
  whenAskedToStop(() => void server.stop().then(() => process.exit(0)));
  greet(server.url.replace(HOST, 'localhost'), state, secretIsNew);
  return 0;
}

await runScript(USAGE, main);
