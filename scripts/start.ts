import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Failure } from './command-line.ts';
import { STATE } from './paths.ts';
import { ensureSecret } from './secret.ts';
import { startServer } from './server.ts';
import { whenAskedToStop } from './stop-signals.ts';

const USAGE = `Usage: npm start -- [--port N] [--state DIR]

  --port N     port to listen on (default 8787; 0: any free one)
  --state DIR  folder that keeps the data (default .wrangler/state/v3)
  --help       this text`;

interface Flags {
  readonly port: number;
  readonly state: string;
}

function readFlags(): Flags {
  try {
    const { values } = parseArgs({
      options: { port: { type: 'string' }, state: { type: 'string' }, help: { type: 'boolean' } },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    const port = /^\d{1,5}$/.test(values.port ?? '8787') ? Number(values.port ?? '8787') : Number.NaN;
    if (!(port <= 65_535)) throw new Failure(`--port wants a number from 0 to 65535, not "${values.port}".`);
    return { port, state: values.state === undefined ? STATE : resolve(values.state) };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

function greet(url: string, state: string, secretIsNew: boolean): void {
  console.log(`
  Seatkeeper is ready: ${url}

  Read and try the API   ${url}/docs
  Sign up                curl ${url}/api/auth/signup -H 'content-type: application/json' \\
                           -d '{"username":"ada","email":"ada@example.com","password":"correct horse battery"}'
  Watch a crowd race     npm run demo
  Load real events       npm run load -- FILE.jsonl

  The data is kept in ${relative(process.cwd(), state) || '.'}.${
    secretIsNew ? '\n  A secret for signing tokens was made for you and put in .dev.vars.' : ''
  } Ctrl-C stops the server.
`);
}

const { port, state } = readFlags();
try {
  const secretIsNew = await ensureSecret();
  const server = await startServer({ port, state });
  whenAskedToStop(() => void server.stop().then(() => process.exit(0)));
  greet(server.url, state, secretIsNew);
} catch (error) {
  console.error(error instanceof Failure ? error.message : error);
  process.exit(1);
}
