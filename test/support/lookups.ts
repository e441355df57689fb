import { join } from 'node:path';

/** Writes the name of each host that Node looks up to stderr. */
const TELL = `
  import dns from 'node:dns';
  const { lookup } = dns;
  dns.lookup = Object.assign((name, ...rest) => {
    console.error('looked up ' + name);
    return lookup(name, ...rest);
  }, lookup);
`;

/**
 * The environment of a script that tells on stderr which hosts it looks up, as on a machine where nothing was served
 * before: Miniflare asks Cloudflare where it runs unless it has kept the answer, and never under NODE_ENV=test.
 * @param folder where no answer is kept
 */
export function tellingLookups(folder: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    NODE_ENV: '',
    CLOUDFLARE_CF_FETCH_ENABLED: undefined,
    CLOUDFLARE_CF_FETCH_PATH: join(folder, 'cf.json'),
    NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(TELL)}`,
  };
}

/** The hosts that such a script has looked up, by what it said. */
export function lookedUp(said: string): string[] {
  return [...said.matchAll(/^looked up (.*)$/gm)].map(([, name]) => name as string);
}
