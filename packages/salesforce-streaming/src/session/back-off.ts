import type { Pace } from './recovery.ts';

/** How long to wait before each further try. */
export interface BackOff {
  /** Milliseconds, `atLeast` or more. Longer from call to call. */
  next(pace: Pace, atLeast?: number): number;
  reset(): void;
}

const bounds = { normal: { first: 1_000, most: 60_000 }, busy: { first: 30_000, most: 300_000 } } as const;

/** Full jitter: anything up to a bound that doubles, because all clients of an org lose their sessions at the same time. */
export function createBackOff(random: () => number): BackOff {
  let tries = 0;
  return {
    next(pace, atLeast = 0) {
      const { first, most } = bounds[pace];
      const bound = Math.min(most, first * 2 ** tries);
      tries += 1;
      // Not next to nothing, which would be no waiting at all.
      return Math.round(Math.max(atLeast, bound / 10, random() * bound));
    },
    reset() {
      tries = 0;
    },
  };
}
