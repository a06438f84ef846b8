/** Which way bytes go through a proxy. */
export type Direction = 'to-target' | 'to-client';

export interface Latency {
  readonly milliseconds: number;
  /** Up to so many milliseconds more, drawn anew for each chunk. */
  readonly jitter: number;
}

export interface Slicing {
  /** Pieces of 1 to `size` bytes, drawn anew for each. */
  readonly size: number;
  /** Milliseconds between two pieces. */
  readonly pause: number;
}

export interface Cut {
  readonly after: number;
  /** How many connections are still to be cut. */
  left: number;
}

/** What is wrong in one direction. Connections look at it for each chunk, so a change is felt at once. */
export interface DirectionFaults {
  latency: Latency | undefined;
  slicing: Slicing | undefined;
  /** While it is there nothing goes through; it resolves when the direction heals. */
  blackHole: PromiseWithResolvers<void> | undefined;
  cut: Cut | undefined;
}

export function noFaults(): DirectionFaults {
  return { latency: undefined, slicing: undefined, blackHole: undefined, cut: undefined };
}

export function heal(faults: DirectionFaults): void {
  faults.blackHole?.resolve();
  Object.assign(faults, noFaults());
}
