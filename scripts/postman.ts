/**
 * Writes a Postman collection of the API: npm run postman [-- --out FILE]
 *
 * It is converted from the OpenAPI document and wired so that it runs from the top: sign-up and log-in keep the tokens,
 * what creates something keeps its id. Set `base_url` to the server's address.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import converter from 'openapi-to-postmanv2';
import { Failure, readArguments, runScript } from './command-line.ts';
import { isMain, makeFolder, ROOT } from './paths.ts';
import { type Collection, wire } from './postman-collection.ts';

const USAGE = `Usage: npm run postman [-- --out FILE]

Writes a Postman collection of the API, ready to run from the top.

  --out FILE  where to (default dist/seatkeeper.postman_collection.json)`;

/** The reviewed document, which a test holds equal to what /openapi.json answers. */
const DOCUMENT = join(ROOT, 'test/http/docs/openapi.snapshot.json');

/**
 * The collection of the API as it is documented.
 * @param options streams: whether to keep what answers for as long as somebody listens
 */
export async function postmanCollection(options = { streams: true }): Promise<object> {
  const document = JSON.parse(await readFile(DOCUMENT, 'utf8'));
  const converted = await new Promise<Collection>((done, failed) => {
    const options = { folderStrategy: 'Tags', enableOptionalParameters: false, parametersResolution: 'Example' };
    converter.convertV2({ type: 'json', data: structuredClone(document) }, options, (error, conversion) => {
      const collection = conversion?.output?.[0]?.data;
      if (collection === undefined) failed(error ?? new Failure(`It could not be converted: ${conversion.reason}`));
      else done(collection);
    });
  });
  return wire(converted, document, options);
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, { out: { type: 'string' } });
  const out = resolve(values.out ?? join(ROOT, 'dist/seatkeeper.postman_collection.json'));
  makeFolder(dirname(out));
  await writeFile(out, `${JSON.stringify(await postmanCollection(), null, 2)}\n`);
  console.log(`Import ${relative(process.cwd(), out)} into Postman, set base_url, and run it from the top.`);
  return 0;
}

if (isMain(import.meta)) await runScript(USAGE, main);
