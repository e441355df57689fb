/** An event of the catalogue, in the words that all peers share. */
export interface Listing {
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly startTime: number;
  readonly endTime: number;
  readonly capacity: number;
  readonly reserved: number;
}

/** As many events as a town of some size has in a year; the size that the replaced systems were measured with. */
const CATALOGUE_SIZE = 5_772;

const KINDS = ['Concert', 'Workshop', 'Lecture', 'Exhibition', 'Festival', 'Reading', 'Match', 'Tasting', 'Tour'];
const THEMES = ['jazz', 'pottery', 'history', 'painting', 'theatre', 'poetry', 'football', 'wine', 'gardens', 'robots'];
const PLACES = [
  'park',
  'harbour',
  'library',
  'museum',
  'cinema',
  'school',
  'market',
  'castle',
  'station',
  'tower',
  'mill',
];
const DAY_MS = 24 * 60 * 60 * 1_000;

/** The catalogue: the same at every run, but for the times, which lie within the year from `now` on. */
export function catalogue(now: number): Listing[] {
  return Array.from({ length: CATALOGUE_SIZE }, (_, index) => listing(index, now));
}

function listing(index: number, now: number): Listing {
  const kind = KINDS[index % KINDS.length] as string;
  const theme = THEMES[(index * 7) % THEMES.length] as string;
  const place = PLACES[(index * 3) % PLACES.length] as string;
  const startTime = now + DAY_MS + ((index * 7_919) % 364) * DAY_MS;
  const capacity = 50 + (index % 20) * 50;
  return {
    title: `${kind} of ${theme} at the ${place} ${index}`,
    description: `An evening of ${theme} for everybody who likes it, and for those who do not know it yet. `.repeat(4),
    tags: [theme, place],
    startTime,
    endTime: startTime + DAY_MS / 8,
    capacity,
    reserved: index % 10 === 0 ? capacity : index % capacity,
  };
}

/** Searches that visitors make: one theme, or a theme and a place. */
export function searches(): string[] {
  return THEMES.flatMap((theme) => [theme, ...PLACES.map((place) => `${theme} ${place}`)]);
}

/**
 * Which of `size` things each of `count` visitors looks at: few are popular and most are not (Zipf's law), the same at
 * every run.
 */
export function popular(size: number, count: number): number[] {
  const weights = Array.from({ length: size }, (_, index) => 1 / (index + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const cumulative: number[] = [];
  for (const weight of weights) cumulative.push((cumulative.at(-1) ?? 0) + weight / total);
  let seed = 1;
  return Array.from({ length: count }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    const wanted = seed / 2_147_483_647;
    return Math.max(
      0,
      cumulative.findIndex((share) => share >= wanted),
    );
  });
}
