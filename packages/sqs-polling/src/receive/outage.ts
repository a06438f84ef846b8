import type { Clock } from '@millrace/core';
import type { FailureKind } from '../aws-failures.ts';

/** Keeps count of failing polls: how long to wait before the next one, and when to give up. */
export interface Outage {
  /** A poll failed. Answers the milliseconds to wait, or `give-up`. */
  failed(kind: FailureKind): number | 'give-up';
  /** A poll succeeded. */
  over(): void;
}

const firstDelay = { transient: 1_000, lasting: 5_000 };
const maxDelay = 30_000;

/**
 * Delays double from a second (five where only a change outside helps) to half a minute, the upper half of each
 * drawn by chance. Giving up is for failures that trying again does not mend: network trouble and throttling never end it.
 */
export function createOutage({
  clock,
  random,
  giveUpAfter,
}: {
  readonly clock: Clock;
  readonly random: () => number;
  readonly giveUpAfter: number;
}): Outage {
  let failures = 0;
  let lastingSince: number | undefined;

  return {
    failed(kind) {
      const lasting = kind !== 'transient' && kind !== 'throttle';
      if (lasting) {
        lastingSince ??= clock.monotonic();
        if (clock.monotonic() - lastingSince >= giveUpAfter) return 'give-up';
      }
      const bound = Math.min(maxDelay, (lasting ? firstDelay.lasting : firstDelay.transient) * 2 ** failures);
      failures += 1;
      return (bound / 2) * (1 + random());
    },
    over() {
      failures = 0;
      lastingSince = undefined;
    },
  };
}
