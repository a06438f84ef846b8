import { setTimeout as pause } from 'node:timers/promises';
import type { ManualClock } from '@millrace/testing';

/** Waits until the condition holds. One that never holds ends with the test's own limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(2);
}

/** Moves time on in steps of `milliseconds` until the condition holds; what has to go over a socket gets through in between. */
export async function advanceUntil(
  clock: ManualClock,
  milliseconds: number,
  condition: () => boolean,
): Promise<void> {
  while (!condition()) {
    await clock.advance(milliseconds);
    await pause(2);
  }
}
