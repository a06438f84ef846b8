import type { Clock } from '@millrace/core';

/** Many waits of the same length, by one timer: those that end before their time cost next to nothing. */
export interface Deadlines {
  /** Calls back when the time is up; the returned function ends that. */
  start(passed: () => void): () => void;
  /** Nobody is called back any more. */
  close(): void;
}

interface Deadline {
  readonly ends: number;
  readonly passed: () => void;
}

export function createDeadlines(clock: Clock, milliseconds: number): Deadlines {
  /** In the order in which they end, for all have the same time. */
  const open = new Set<Deadline>();
  let cancelTimer: (() => void) | undefined;

  function look(): void {
    cancelTimer = undefined;
    const now = clock.monotonic();
    for (const deadline of open) {
      if (deadline.ends > now) {
        cancelTimer = clock.setTimeout(look, deadline.ends - now);
        return;
      }
      open.delete(deadline);
      deadline.passed();
    }
  }

  return {
    start(passed) {
      const deadline = { ends: clock.monotonic() + milliseconds, passed };
      open.add(deadline);
      // One that runs already ends no later.
      cancelTimer ??= clock.setTimeout(look, milliseconds);
      return () => void open.delete(deadline);
    },
    close() {
      open.clear();
      cancelTimer?.();
      cancelTimer = undefined;
    },
  };
}
