import { readArguments, UsageError, wholeNumber } from '../scripts/command-line.ts';
import { SCENARIOS, type ScenarioName } from './scenarios.ts';

/** Scenarios that are no subject's: `execute` and `growth` look into the actor, `floors` into the platform. */
const OTHERS = ['execute', 'growth', 'floors'] as const;
const NAMES: readonly string[] = [...Object.keys(SCENARIOS), ...OTHERS];

/** What `--help` prints. */
export const USAGE = `Usage: npm run bench -- [options]

Measures Seatkeeper on workerd, floors of the platform, and peers (Hono on Node with PostgreSQL and with Redis) in turn.

  --quick              two minutes: short measurements, 3 rounds, growth up to 100,000 reservations
  --only SCENARIO      one scenario, and what its ratios are divided by; may be repeated
  --connections N      connections of all scenarios that don't name their own (default 64)
  --seconds N          length of one measurement (default 4, quick 0.5)
  --rounds N           measurements of every line (default 5, quick 3)
  --json FILE          write every median, and the ratios
  --profile SCENARIO   no figures: a CPU profile of the Worker and of D1 under this load

Scenarios: ${NAMES.join(', ')}`;

export interface Options {
  readonly quick: boolean;
  /** Empty: all. */
  readonly only: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly json: string | null;
  readonly profile: ScenarioName | null;
}

/**
 * The options of a command line.
 * @throws UsageError when one of them is wrong
 */
export function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const { values } = readArguments(args, {
    quick: { type: 'boolean' },
    only: { type: 'string', multiple: true },
    connections: text,
    seconds: text,
    rounds: text,
    json: text,
    profile: text,
  });
  const quick = values.quick ?? false;
  for (const name of values.only ?? []) known(name, NAMES);
  return {
    quick,
    only: values.only ?? [],
    connections: wholeNumber('connections', values.connections, 64, 1, 10_000),
    seconds: positive('seconds', values.seconds, quick ? 0.5 : 4),
    rounds: wholeNumber('rounds', values.rounds, quick ? 3 : 5, 1, 1_000),
    json: values.json ?? null,
    profile: values.profile === undefined ? null : (known(values.profile, Object.keys(SCENARIOS)) as ScenarioName),
  };
}

function known(name: string, names: readonly string[]): string {
  if (!names.includes(name)) throw new UsageError(`There is no scenario "${name}". There are: ${names.join(', ')}.`);
  return name;
}

function positive(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new UsageError(`--${name} must be a number above 0, not "${text}".`);
}
