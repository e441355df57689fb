import { Problem } from './problem.ts';

/** The binding counts per minute; it doesn't say when the minute ends. */
const RETRY_AFTER_SECONDS = 60;
const IPV6_GROUPS = 8;
/** One customer of a provider usually has a whole /64 to himself. */
const IPV6_NETWORK_GROUPS = 4;

/**
 * The network that a request comes from: its IPv4 address, or the first 64 bits of its IPv6 address.
 * @param address the header `cf-connecting-ip`, which only Cloudflare sets; without it all callers are one
 */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const before = head.split(':').filter(Boolean);
  const after = tail?.split(':').filter(Boolean) ?? [];
  const zeros = Array<string>(Math.max(0, IPV6_GROUPS - before.length - after.length)).fill('0');
  return [...before, ...zeros, ...after].slice(0, IPV6_NETWORK_GROUPS).join(':');
}

/**
 * Counts one try against a limit.
 * @throws Problem `rate_limited` when the limit is used up
 */
export async function countAgainst(limit: RateLimit, key: string): Promise<void> {
  const { success } = await limit.limit({ key });
  if (success) return;
  throw new Problem('rate_limited', 'Try again in a minute.', {}, { 'retry-after': String(RETRY_AFTER_SECONDS) });
}
