/** From this age on an answer is made anew; while one request does that, others still get the old one. */
const FRESH_MS = 1_750;
/** No answer is older than this when it leaves. */
const AGE_MAX_MS = 2_000;
/** Characters of all answers that an isolate keeps, and of their addresses: readers choose how long these are. */
const CHARACTERS_MAX = 16_000_000;
/** More than the headers of an answer have. */
const HEADER_CHARACTERS = 2_000;
/** So often it is looked which answers about one thing still hold, all of them at once. */
const CONFIRM_EVERY_MS = 1_000;
/** Of those that somebody asked for in this time. */
const ASKED_WITHIN_MS = 5_000;
/** Answers that are looked through, whenever some are to be confirmed, for others that grew too old. */
const LOOKED_THROUGH = 100;
/** Then an answer is made anew even so, lest something that no mark shows stays for ever. */
const CONFIRMED_FOR_MS = 10 * 60_000;
/** Things of which it is remembered when they changed; when it would be more, everything is forgotten. */
const CHANGED_MAX = 1_000;

/** What an answer is about, if it is about one thing, and a mark that is another whenever the answer would be. */
export interface Subject {
  readonly id: string;
  readonly mark: string;
}

/** The marks of things as they are now; none for what is gone. */
export type MarksOf = (env: Env, ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/** An answer that others may get too. */
export interface Shareable {
  readonly body: string;
  /** When it stops being true by itself, epoch ms. */
  readonly until: number;
  /** Null: it may be about anything. */
  readonly subject: Subject | null;
}

/** An answer with its headers, as it is given again. */
export interface Kept extends Shareable {
  /** An object of the platform, which copies such headers at half the cost of a plain object's. */
  readonly headers: Headers;
  readonly tag: string;
  /** The `moment` before it was read. */
  readonly moment: number;
  readonly madeAt: number;
  /** When it was last known to be true. */
  since: number;
  askedAt: number;
  isRenewed: boolean;
}

/** An answer about one thing. */
export type About = Kept & { readonly subject: Subject };

/** Whether an answer is young enough to be given, and hasn't stopped being true by itself. */
export function isGood({ since, until, isRenewed }: Kept, now: number): boolean {
  const age = now - since;
  return now < until && (age < FRESH_MS || (isRenewed && age < AGE_MAX_MS));
}

/** Whether it is worth asking if an answer still holds. */
export function isConfirmable(kept: Kept, now: number): kept is About {
  return kept.subject !== null && now - kept.madeAt < CONFIRMED_FOR_MS;
}

/** Answers by their address. It forgets those that a change may have made untrue, and the oldest when there are many. */
export class KeptAnswers {
  readonly #kept = new Map<string, Kept>();
  #characters = 0;
  #confirmedAt = 0;
  /** How far they have been looked through. */
  #others: Iterator<Kept> = this.#kept.values();
  /** Counts what has changed. */
  #changes = 0;
  /** By which change each thing became another, and the last one that may have been of anything. */
  readonly #changed = new Map<string, number>();
  #allChanged = 0;

  /** The answer, unless a change may have made it untrue. */
  find(url: string): Kept | undefined {
    const kept = this.#kept.get(url);
    return kept !== undefined && this.#isUntouched(kept) ? kept : undefined;
  }

  /** A moment in the order of changes: what is read after it shows all of them until then. */
  get moment(): number {
    return this.#changes;
  }

  /** Keeps an answer, unless a change may have made it untrue already. */
  keep(url: string, kept: Kept): void {
    if (!this.#isUntouched(kept)) return;
    this.#drop(url);
    this.#kept.set(url, kept);
    this.#characters += sizeOf(url, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#characters <= CHARACTERS_MAX) return;
      this.#drop(oldest);
    }
  }

  #isUntouched({ moment, subject }: Kept): boolean {
    if (subject === null) return moment === this.#changes;
    return moment >= Math.max(this.#allChanged, this.#changed.get(subject.id) ?? 0);
  }

  #drop(url: string): void {
    const kept = this.#kept.get(url);
    if (kept === undefined) return;
    this.#characters -= sizeOf(url, kept);
    this.#kept.delete(url);
  }

  /**
   * Forgets what may have become untrue.
   * @param id of the one thing that has changed, which answers about other things don't show
   */
  forget(id: string): void {
    if (this.#changed.size === CHANGED_MAX) this.forgetAll();
    this.#changes += 1;
    this.#changed.set(id, this.#changes);
  }

  /** Forgets everything: any answer may have become untrue. */
  forgetAll(): void {
    this.#changes += 1;
    this.#allChanged = this.#changes;
    this.#changed.clear();
    this.#kept.clear();
    this.#characters = 0;
    this.#confirmedAt = 0;
  }

  /** Whether it is time to confirm what is asked for often. */
  isDue(now: number): boolean {
    return now - this.#confirmedAt >= CONFIRM_EVERY_MS;
  }

  /**
   * Makes those answers young again whose subjects have not changed; with them, when it is time, what is asked often, and
   * some of those that grew too old: to ask for many costs little more than to ask for one.
   * @throws what `marksOf` throws
   */
  async confirm(env: Env, marksOf: MarksOf, wanted: readonly About[]): Promise<void> {
    const now = Date.now();
    const often = this.isDue(now) ? this.#askedLately(now) : [];
    const judged = [...new Set([...wanted, ...often, ...(wanted.length > 0 ? this.#someTooOld(now) : [])])];
    if (judged.length === 0) return;
    const ids = judged.map(({ subject }) => subject.id);
    const marks = await marksOf(env, ids);
    for (const kept of judged) {
      if (marks.get(kept.subject.id) === kept.subject.mark) Object.assign(kept, { since: now, isRenewed: false });
    }
  }

  /** Looks on from where it stopped, and begins anew when it has seen all. */
  #someTooOld(now: number): About[] {
    const found: About[] = [];
    for (let seen = 0; seen < LOOKED_THROUGH; seen += 1) {
      const { value: kept, done } = this.#others.next();
      if (done) {
        this.#others = this.#kept.values();
        return found;
      }
      if (this.#mayHold(kept, now) && !isGood(kept, now)) found.push(kept);
    }
    return found;
  }

  /** Whether D1 is to say if it still holds. */
  #mayHold(kept: Kept, now: number): kept is About {
    return isConfirmable(kept, now) && this.#isUntouched(kept);
  }

  #askedLately(now: number): About[] {
    this.#confirmedAt = now;
    return [...this.#kept.values()]
      .filter((kept) => this.#mayHold(kept, now))
      .filter(({ since, askedAt }) => now - since < AGE_MAX_MS && now - askedAt < ASKED_WITHIN_MS);
  }
}

function sizeOf(url: string, { body }: Kept): number {
  return url.length + body.length + HEADER_CHARACTERS;
}
