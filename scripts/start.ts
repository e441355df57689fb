import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { STATE } from './paths.ts';
import { ensureSecret } from './secret.ts';
import { type Server, StartError, startServer } from './server.ts';

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
    if (!(port <= 65_535)) throw new StartError(`--port wants a number from 0 to 65535, not "${values.port}".`);
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

const ORPHAN_CHECK_MS = 300;

/** Stops on the usual signals, and when the shell that `npm start` put between npm and us dies without passing one on. */
function stopWhenAsked(server: Server): void {
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await server.stop();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Miniflare's own listener would exit at once, with an error code, before it has stopped.
    process.removeAllListeners(signal).on(signal, stop);
  }
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event !== undefined) {
    setInterval(() => process.ppid !== parent && stop(), ORPHAN_CHECK_MS);
  }
}

const { port, state } = readFlags();
try {
  const secretIsNew = await ensureSecret();
  const server = await startServer({ port, state });
  stopWhenAsked(server);
  greet(server.url, state, secretIsNew);
} catch (error) {
  console.error(error instanceof StartError ? error.message : error);
  process.exit(1);
}
