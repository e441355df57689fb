import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ROOT } from '../../scripts/paths.ts';
import { SECRET, temporaryState } from '../support/child-server.ts';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly complaint: string;
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
/** Everything of package.json that runs a script of ours, by its name there. */
const COMMANDS = new Map(
  Object.entries(manifest.scripts).flatMap(([name, command]) =>
    command.startsWith('node ') ? [[name, command.split(' ').slice(1)] as const] : [],
  ),
);

/** Runs the script as npm does, until it ends. */
function run(name: string, ...args: string[]): Promise<Ended> {
  const command = [...(COMMANDS.get(name) ?? []), ...args];
  const options = { cwd: ROOT, timeout: 240_000, env: { ...process.env, JWT_SECRET: SECRET } };
  return new Promise((resolve) => {
    execFile(process.execPath, command, options, (error, out, complaint) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, complaint });
    });
  });
}

it.each([...COMMANDS.keys()])('%s explains itself, and refuses what it does not know', async (name) => {
  const [help, option, extra] = await Promise.all([
    run(name, '--help'),
    run(name, '--bogus'),
    run(name, 'one', 'one too many'),
  ]);
  expect(help).toMatchObject({ code: 0, complaint: '' });
  const called = name === 'start' ? 'npm start' : `npm run ${name}`;
  expect(help.out).toMatch(new RegExp(`^Usage: ${called}[ \\n]`));
  expect(option).toEqual({ code: 2, out: '', complaint: "Unknown option '--bogus'. See --help.\n" });
  expect(extra).toMatchObject({ code: 2, out: '' });
  expect(extra.complaint).toMatch(/^Unexpected argument '.*'\. See --help\.\n$/);
});

const WRONG: readonly (readonly [string, readonly string[], string])[] = [
  ['load', [], 'FILE.jsonl is missing.'],
  ['rebuild', [], 'EVENT_ID is missing.'],
  ['admin', [], 'USERNAME_OR_EMAIL is missing.'],
  ['demo', ['--url', 'nonsense'], '"nonsense"'],
  ['demo', ['--url', 'localhost:8787'], '"localhost:8787"'],
  ['load', ['file', '--url', 'ftp://localhost'], '"ftp://localhost"'],
  ['rebuild', ['evt_1', '--url', 'http://localhost:8787/docs'], '"http://localhost:8787/docs"'],
  ['start', ['--port', '65536'], '--port must be a whole number from 0 to 65535'],
  ['bench', ['--rounds', '0.5'], '--rounds must be a whole number'],
  ['bench:live', ['--rounds', 'x'], '--rounds must be a whole number'],
  ['demo', ['--customers', '-3'], '--customers must be a whole number from 1 to 100000, not "-3".'],
  ['bench', ['--seconds', '-1'], '--seconds must be a number above 0, not "-1".'],
  // As from variables that are not set.
  ['start', ['--state', ''], '--state must not be empty.'],
  ['lists', ['--state', ''], '--state must not be empty.'],
  ['admin', ['ada', '--state='], '--state must not be empty.'],
  ['load', ['file', '--url', ''], '--url must not be empty.'],
  ['bench', ['--json', ''], '--json must not be empty.'],
  ['bench', ['--only', 'reserve', '--only', ''], '--only must not be empty.'],
  ['admin', [''], 'USERNAME_OR_EMAIL is missing.'],
  ['rebuild', ['', '--url', 'http://localhost:1'], 'EVENT_ID is missing.'],
  ['lists', ['--state'], "Option '--state <value>' argument missing."],
];
it.each(WRONG)('%s %j is told what is wrong in one line', async (name, args, complaint) => {
  const ended = await run(name, ...args);
  expect(ended).toMatchObject({ code: 2, out: '' });
  expect(ended.complaint).toContain(complaint);
  expect(ended.complaint).toMatch(/^.* See --help\.\n$/);
});

const FILE = join(ROOT, 'package.json');
const nothing = await temporaryState();
afterAll(nothing.remove);
const HOPELESS: readonly (readonly [string, readonly string[], string])[] = [
  ['start', ['--port', '0', '--state', FILE], `${FILE} is not a folder.`],
  // Node's own recursive mkdir never ends here.
  ['start', ['--port', '0', '--state', '/proc/seatkeeper/state'], '/proc'],
  ['lists', ['--state', join(FILE, 'state')], FILE],
  ['lists', ['--state', join(nothing.path, 'typo')], 'start the server once'],
  ['lists', ['--state', nothing.path], 'start the server once'],
  ['admin', ['ada', '--state', join(nothing.path, 'typo')], 'start the server once'],
  ['admin', ['ada', '--state', nothing.path], 'start the server once'],
  ['load', ['no-such-file.jsonl'], 'no-such-file.jsonl'],
  ['load', [ROOT], ROOT],
  // None of its lines can be read, which is no news while there is nothing to load into.
  ['load', [FILE, '--url', 'http://localhost:1'], 'Nothing answers at http://localhost:1.'],
  ['postman', ['--out', join(FILE, 'collection.json')], `${FILE} is not a folder.`],
  ['postman', ['--out', '/proc/seatkeeper/collection.json'], '/proc'],
  // Before it has measured for minutes.
  ['bench', ['--json', ROOT], ROOT],
  ['bench', ['--json', join(nothing.path, 'no/folder.json')], 'no/folder.json'],
  ['demo', ['--url', 'http://localhost:1'], 'Nothing answers at http://localhost:1.'],
];
it.each(HOPELESS)('%s %j says in one line why it cannot', async (name, args, complaint) => {
  const ended = await run(name, ...args);
  expect(ended).toMatchObject({ code: 1, out: '' });
  expect(ended.complaint).toContain(complaint);
  expect(ended.complaint).toMatch(/^.*\n$/);
});

it('asking an empty folder for what it keeps leaves it empty', async () => {
  await Promise.all([run('lists', '--state', nothing.path), run('admin', 'ada', '--state', nothing.path)]);
  expect(readdirSync(nothing.path)).toEqual([]);
});

it('admin knows a database in which no server has made a table yet', async () => {
  const state = await temporaryState();
  await mkdir(join(state.path, 'd1'), { recursive: true });
  const ended = await run('admin', 'ada', '--state', state.path);
  await state.remove();
  const complaint = `The database in ${state.path} is empty: start the server once, then sign up.\n`;
  expect(ended).toEqual({ code: 1, out: '', complaint });
});
