import fc from 'fast-check';
import { vi } from 'vitest';
import { LIMITS } from '../../src/domain/model.ts';
import { type Bounds, type Decided, histories, play, QUANTITY_MAX, withLimits } from './histories.ts';

/** Random histories take as long as the machine is busy, and nothing could cut them short, for they await nothing. */
vi.setConfig({ testTimeout: 0 });

/** Histories for the promises that matter most; the others get by with fewer, to stay within seconds. */
export const HISTORIES = 10_000;

const { settlePerStep, waitlistWindow, expiriesForWaitlist } = LIMITS;
/** The bounds as in production, which short histories never meet. */
export const WIDE: Bounds = { settlePerStep, waitlistWindow, expiriesForWaitlist };
/** So low that they do. A step settles at least as many holds as a reservation has seats, as in production. */
export const TIGHT: Bounds = { settlePerStep: QUANTITY_MAX, waitlistWindow: 2, expiriesForWaitlist: 1 };

type Look = (decided: Decided) => void;

/**
 * Checks what must hold after each command of random histories.
 * @param begin makes the check of one history, which may remember what it saw
 */
export function alwaysIn(bounds: readonly Bounds[], begin: () => Look, runs = 3_000): void {
  fc.assert(
    fc.property(histories(), fc.constantFrom(...bounds), (history, chosen) => {
      withLimits(chosen, () => play(history, begin()));
    }),
    { numRuns: runs },
  );
}

/** Checks what must hold after each command, under bounds wide and tight. */
export function always(look: Look, runs?: number): void {
  alwaysIn([WIDE, TIGHT], () => look, runs);
}

/** A bare comparison, because millions of `expect` calls would take minutes. */
export function must(holds: boolean, promise: string, ...seen: unknown[]): asserts holds {
  if (!holds) throw new Error(`${promise}: ${seen.map((one) => JSON.stringify(one)).join(' ')}`);
}
