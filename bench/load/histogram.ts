/** Values below this have a bucket each; above, every power of two has half as many, so a value is known to 1 in 64. */
const SUB_BUCKETS = 128;
const SUB_BITS = Math.log2(SUB_BUCKETS);
const POWERS = 32;

/** Counts of whole microseconds in buckets that grow with the value, so that recording costs a few instructions. */
export class Histogram {
  readonly #counts = new Uint32Array(SUB_BUCKETS * POWERS);
  #total = 0;
  #max = 0;

  get total(): number {
    return this.#total;
  }

  /** Adds one value in µs; what is beyond 2³¹ counts as that. */
  record(micros: number): void {
    const value = Math.min(Math.max(0, Math.round(micros)), 2 ** 31 - 1);
    const index = indexOf(value);
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.#total += 1;
    this.#max = Math.max(this.#max, value);
  }

  /** The value, in µs, that a share of all values does not exceed; NaN if there are none. */
  quantile(share: number): number {
    if (this.#total === 0) return Number.NaN;
    const wanted = Math.max(1, Math.ceil(share * this.#total));
    let seen = 0;
    for (const [index, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= wanted) return Math.min(upperOf(index), this.#max);
    }
    return this.#max;
  }
}

function indexOf(value: number): number {
  if (value < SUB_BUCKETS) return value;
  const shift = 31 - Math.clz32(value) - SUB_BITS + 1;
  return shift * (SUB_BUCKETS / 2) + (value >>> shift);
}

/** The highest value of a bucket. */
function upperOf(index: number): number {
  if (index < SUB_BUCKETS) return index;
  const shift = Math.floor(index / (SUB_BUCKETS / 2)) - 1;
  const start = index - shift * (SUB_BUCKETS / 2);
  return (start + 1) * 2 ** shift - 1;
}
