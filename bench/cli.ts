import { writeFile } from 'node:fs/promises';
import { help, parseOptions, UsageError } from './options.ts';
import { profile } from './profile.ts';
import { failuresOf, toJson, toText } from './report.ts';
import { runBench } from './run.ts';

/** `npm run bench`: see bench/options.ts. Ends with 1 if a result was wrong, 2 if the command line was. */
async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === null) {
    console.log(help());
    return 0;
  }
  if (options.profile !== null) {
    await profile(options, options.profile);
    return 0;
  }
  const report = await runBench(options, (line) => console.error(line));
  console.log(toText(report));
  if (options.json !== null) await writeFile(options.json, toJson(report));
  return failuresOf(report.lanes).length > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${help()}` : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
