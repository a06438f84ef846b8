import type { Clock } from '@millrace/core';
import { systemClock, wait } from '@millrace/core';

/** Milliseconds. */
const longest = 1_000;

/**
 * Disposes of a client. It cancels its calls at once and then waits for each to end, which a stream of appends that the
 * server has ended never does: its other half stays open, and nobody but the client can close it. Then there is nothing
 * left to wait for.
 */
export async function dispose(
  client: { dispose(): Promise<void> },
  clock: Clock = systemClock,
): Promise<void> {
  const done = new AbortController();
  try {
    await Promise.race([client.dispose(), wait(clock, longest, done.signal)]);
  } finally {
    done.abort();
  }
}
