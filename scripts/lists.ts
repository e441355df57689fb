import { Failure, readArguments, runScript } from './command-line.ts';
import { commonest, costOf, listCases } from './list-cases.ts';
import { hasDatabase } from './local-database.ts';
import { stateFolder } from './paths.ts';
import { startServer } from './server.ts';

/** What no list may take of D1's time. */
const LIMIT_MS = 50;

const USAGE = `Usage: npm run lists -- [--state DIR]

Asks for every list in many ways, on the data that is there, and prints what D1 says that each took: the median of five
times, and the rows it read. Stop the server first. Exits with 1 if a list took ${LIMIT_MS} ms or more.

  --state DIR  folder that keeps the data (default .wrangler/state/v3)`;

async function main(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, { state: { type: 'string' } });
  const state = stateFolder(values.state);
  if (!hasDatabase(state)) throw new Failure(`There is no database in ${state}: start the server once.`);
  const server = await startServer({ state, advice: 'Stop it while its lists are measured.' });
  try {
    return await report(await server.database());
  } finally {
    await server.stop();
  }
}

async function report(database: D1Database): Promise<number> {
  const lists = [];
  for (const list of listCases(await commonest(database), Date.now())) {
    const { durationsMs, rowsRead, rows } = await costOf(database, list);
    const medianMs = durationsMs[Math.floor(durationsMs.length / 2)] ?? 0;
    lists.push({ name: list.name, medianMs, rowsRead, rows });
  }
  lists.sort((a, b) => b.medianMs - a.medianMs || b.rowsRead - a.rowsRead);
  console.log('  ms  rows read  rows  list');
  for (const { medianMs, rowsRead, rows, name } of lists) {
    console.log([`${medianMs}`.padStart(4), `${rowsRead}`.padStart(10), `${rows}`.padStart(5), name].join(' '));
  }
  return lists.some(({ medianMs }) => medianMs >= LIMIT_MS) ? 1 : 0;
}

await runScript(USAGE, main);
