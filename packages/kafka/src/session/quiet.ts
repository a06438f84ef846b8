import type { Clock } from '@millrace/core';
import { wait } from '@millrace/core';
import type { Lots } from './lots.ts';

/** Milliseconds between two looks. */
const pace = 20;

/** Waits until all that was given to core is settled and committed, but no longer than `timeout` milliseconds. */
export async function untilQuiet(
  lots: Lots,
  clock: Clock,
  timeout: number,
  signal: AbortSignal,
): Promise<void> {
  const end = clock.monotonic() + timeout;
  const isQuiet = () =>
    lots.all().every(({ inCore, given, committed }) => inCore === 0 && (committed ?? 0n) >= given);
  while (!isQuiet() && clock.monotonic() < end && !signal.aborted) await wait(clock, pace, signal);
}
