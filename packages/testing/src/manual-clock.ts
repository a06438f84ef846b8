import { setImmediate } from 'node:timers/promises';
import type { Clock } from '@millrace/core';

/** A clock that stands still until it is told. */
export interface ManualClock extends Clock {
  /**
   * Moves time on by `milliseconds` and fires the timers that fall due, in the order of their times. Before each one,
   * and at the end, everything that is ready to run runs: promises that were resolved, and timers of 0 milliseconds.
   */
  advance(milliseconds: number): Promise<void>;
  /** Sets the wall clock forward or back, as an operator or NTP does. Monotonic time and timers do not notice. */
  jump(milliseconds: number): void;
  /** Timers that wait. */
  readonly pending: number;
}

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** `start` is what the wall clock shows at first, in milliseconds since 1970. Monotonic time starts at 0. */
export function manualClock(start: number = Date.UTC(2026, 0, 1)): ManualClock {
  let elapsed = 0;
  let offset = start;
  const timers = new Set<Timer>();

  function nextDue(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.due <= until && (next === undefined || timer.due < next.due)) next = timer;
    }
    return next;
  }

  return {
    now: () => offset + elapsed,
    monotonic: () => elapsed,
    setTimeout(callback, milliseconds) {
      const timer = { due: elapsed + Math.max(0, milliseconds), callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(milliseconds) {
      const until = elapsed + milliseconds;
      await setImmediate();
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        elapsed = Math.max(elapsed, timer.due);
        timers.delete(timer);
        timer.callback();
        await setImmediate();
      }
      elapsed = until;
      await setImmediate();
    },
    jump(milliseconds) {
      offset += milliseconds;
    },
    get pending() {
      return timers.size;
    },
  };
}
