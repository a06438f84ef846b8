import type { Clock } from '@millrace/core';
import { wait } from '@millrace/core';
import type { SubscribeRetry } from '../options.ts';

/** How long a pause is at most: the first, in milliseconds, and how that grows up to the longest. */
export interface Pace {
  readonly first: number;
  readonly factor: number;
  readonly most: number;
}

export const shortPauses: Pace = { first: 1_000, factor: 2, most: 60_000 };

/** For limits of the org, and for what somebody has to set right there. */
export function longPauses({ delay, factor, maxDelay }: SubscribeRetry): Pace {
  const first = Math.max(30_000, delay);
  return { first, factor, most: Math.max(first, maxDelay) };
}

/** Pauses between tries, each longer than the one before, with full jitter, so that many clients come back spread out. */
export interface Pauses {
  wait(pace: Pace, signal: AbortSignal): Promise<void>;
  /** No pause when this is the first failure. */
  waitAgain(pace: Pace, signal: AbortSignal): Promise<void>;
  /** A try has succeeded: the next pause is a first one. */
  reset(): void;
  /** Since the last success. */
  readonly failures: number;
}

export function createPauses(clock: Clock, random: () => number): Pauses {
  let failures = 0;

  async function pause({ first, factor, most }: Pace, signal: AbortSignal): Promise<void> {
    const bound = Math.min(most, first * factor ** failures);
    failures += 1;
    await wait(clock, random() * bound, signal);
  }

  return {
    wait: pause,
    async waitAgain(pace, signal) {
      if (failures === 0) failures = 1;
      else await pause(pace, signal);
    },
    reset() {
      failures = 0;
    },
    get failures() {
      return failures;
    },
  };
}
