/** How long to wait before each further try. */
export interface BackOff {
  /** Milliseconds, `atLeast` or more. The bound doubles from call to call. */
  next(atLeast?: number): number;
  reset(): void;
}

export interface BackOffOptions {
  /** The first bound, in milliseconds. */
  readonly delay: number;
  readonly maxDelay: number;
  readonly random: () => number;
}

/** Full jitter: anything up to the bound, because all consumers of a node lose it at the same time. */
export function createBackOff({ delay, maxDelay, random }: BackOffOptions): BackOff {
  let tries = 0;
  return {
    next(atLeast = 0) {
      const bound = Math.min(maxDelay, delay * 2 ** tries);
      tries += 1;
      // Not next to nothing, which would be no waiting at all.
      return Math.round(Math.max(atLeast, bound / 10, random() * bound));
    },
    reset() {
      tries = 0;
    },
  };
}
