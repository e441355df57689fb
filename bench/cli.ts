import { open, writeFile } from 'node:fs/promises';
import { runScript } from '../scripts/command-line.ts';
import { readOptions, USAGE } from './options.ts';
import { profile } from './profile.ts';
import { failuresOf, toJson, toText } from './report.ts';
import { runBench } from './run.ts';

/** `npm run bench`: see bench/options.ts. Ends with 1 if a result was wrong. */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.profile !== null) {
    await profile(options, options.profile);
    return 0;
  }
  // Now, rather than when the measurements are lost. What an earlier run wrote stays until this one has results.
  if (options.json !== null) await (await open(options.json, 'a')).close();
  const report = await runBench(options, (line) => console.error(line));
  console.log(toText(report));
  if (options.json !== null) await writeFile(options.json, toJson(report));
  return failuresOf(report.lanes).length > 0 ? 1 : 0;
}

await runScript(USAGE, main);
