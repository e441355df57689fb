import { bundleSize } from '../scripts/bundle.ts';
import { Floors } from './floors.ts';
import { growthLanes } from './growth.ts';
import { executeLane, floorLanes, type Lane, subjectLane } from './lanes.ts';
import { Generator } from './load/client.ts';
import { describeMachine, versions } from './machine.ts';
import type { Bench } from './measure.ts';
import type { Options } from './options.ts';
import { type Postgres, startPostgres } from './peers/postgres.ts';
import { type Redis, startRedis } from './peers/redis.ts';
import type { Report } from './report.ts';
import { type Results, runRounds } from './rounds.ts';
import { buildSeatkeeper, SECRET, Seatkeeper } from './seatkeeper.ts';
import { companions } from './targets.ts';
import { type Workshop, withWorkshop } from './workshop.ts';

type Log = (line: string) => void;

/** What is run, and what it was run on. */
interface Subjects {
  readonly seatkeeper: Seatkeeper;
  readonly floors: Floors;
  readonly postgres: Postgres | null;
  readonly redis: Redis | null;
}

/** Everything: starts the servers, measures in rounds, stops them. */
export async function runBench(options: Options, log: Log): Promise<Report> {
  return withWorkshop(async (workshop) => {
    const machine = describeMachine(workshop.folder('.'));
    log('bundling and starting the servers');
    const sources = await buildSeatkeeper();
    const subjects = await start(workshop, sources);
    const generator = workshop.keep(new Generator(SECRET));
    const bench: Bench = { generator, seconds: options.seconds, connections: options.connections };
    log('seeding the catalogue');
    await subjects.seatkeeper.seedCatalogue();
    const lanes = chosen(options, lanesOf(subjects));
    let results: Results = await runRounds(bench, lanes, options.rounds, log);
    if (options.only.length === 0 || options.only.includes('growth')) {
      const full = workshop.keep(await Seatkeeper.start(sources, workshop.folder('growth')));
      const growth = await growthLanes(full, subjects.seatkeeper, options.quick, log);
      results = { ...results, ...(await runRounds(bench, growth, options.rounds, log)) };
    }
    const { postgres, redis } = subjects;
    return {
      at: new Date().toISOString(),
      quick: options.quick,
      seconds: options.seconds,
      rounds: options.rounds,
      connections: options.connections,
      machine,
      versions: {
        ...versions(),
        ...(postgres !== null && { postgresql: postgres.version }),
        ...(redis !== null && { redis_server: redis.version }),
      },
      durability: durability(subjects),
      skipped: [
        ...(postgres === null ? ['PostgreSQL is not installed (Debian: apt-get install postgresql)'] : []),
        ...(redis === null ? ['Redis is not installed (Debian: apt-get install redis-server)'] : []),
      ],
      bundleGzipKb: (await bundleSize()).gzipped / 1_024,
      lanes: results,
    };
  });
}

async function start(workshop: Workshop, sources: Awaited<ReturnType<typeof buildSeatkeeper>>): Promise<Subjects> {
  const seatkeeper = workshop.keep(await Seatkeeper.start(sources, workshop.folder('seatkeeper')));
  const floors = workshop.keep(await Floors.start(workshop.folder('floors')));
  const postgres = workshop.keep(await startPostgres(workshop.folder('postgres'), SECRET));
  const redis = workshop.keep(await startRedis(workshop.folder('redis'), SECRET));
  return { seatkeeper, floors, postgres, redis };
}

function lanesOf({ seatkeeper, floors, postgres, redis }: Subjects): Lane[] {
  const own = seatkeeper.scenarios.map((name) => subjectLane(seatkeeper, name));
  const peers = [...(postgres?.subjects ?? []), ...(redis?.subjects ?? [])];
  const theirs = peers.flatMap((peer) => peer.scenarios.map((name) => subjectLane(peer, name)));
  return [...floorLanes(floors), ...own, executeLane(seatkeeper), ...theirs];
}

/** The lanes of the scenarios asked for, and those that their ratios need. */
function chosen({ only }: Options, lanes: readonly Lane[]): Lane[] {
  if (only.length === 0) return [...lanes];
  const isAsked = ({ key, scenario }: Lane) => only.includes(scenario) || only.includes(`${key.split('/')[0]}s`);
  const asked = new Set(lanes.filter(isAsked).map(({ key }) => key));
  const needed = companions((key) => asked.has(key));
  return lanes.filter(({ key }) => asked.has(key) || needed.has(key));
}

function durability({ postgres, redis }: Subjects): Record<string, string> {
  const settings = (of: Readonly<Record<string, string>>) =>
    Object.entries(of)
      .map(([name, value]) => `${name}=${value || "''"}`)
      .join(' ');
  return {
    seatkeeper: "workerd's SQLite on disk: write-ahead log, fsync at every commit; an answer waits for its commit",
    ...(postgres !== null && { postgres: settings(postgres.settings) }),
    ...(redis !== null && { redis: settings(redis.settings) }),
  };
}
