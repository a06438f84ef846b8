import type { Clock } from '@millrace/core';

export interface FastTime {
  /** Milliseconds since 1970, in the past: from then on the time runs faster. */
  readonly since: number;
  /** How many times faster. */
  readonly speed: number;
}

/** Back-offs of minutes pass in seconds, on each side of the wire alike: the same time in all processes that are given the same. */
export function fastClock({ since, speed }: FastTime): Clock {
  return {
    now: () => Math.round(since + (Date.now() - since) * speed),
    monotonic: () => performance.now() * speed,
    setTimeout(callback, milliseconds) {
      const timer = setTimeout(callback, milliseconds / speed);
      return () => clearTimeout(timer);
    },
  };
}
