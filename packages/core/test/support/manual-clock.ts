import type { Clock } from '../../src/clock.ts';

export interface ManualClock extends Clock {
  /** Moves time on, firing what becomes due in order and letting what follows from it run. */
  advance(milliseconds: number): Promise<void>;
  /** Time goes by and no timer fires, as while the event loop is blocked or the process is stopped. */
  stall(milliseconds: number): void;
  /** Timers that are set and not due. */
  readonly pending: number;
}

export function manualClock(start = 1_700_000_000_000): ManualClock {
  let now = 0;
  let nextId = 0;
  const timers = new Map<number, { readonly at: number; readonly callback: () => void }>();

  /** Until promises that follow from each other have run: a turn of the event loop runs them all. */
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

  return {
    now: () => start + now,
    monotonic: () => now,
    setTimeout(callback, milliseconds) {
      const id = (nextId += 1);
      timers.set(id, { at: now + Math.max(0, milliseconds), callback });
      return () => timers.delete(id);
    },
    async advance(milliseconds) {
      const until = now + milliseconds;
      await settled();
      for (;;) {
        const [due] = [...timers]
          .filter(([, { at }]) => at <= until)
          .sort(([a, one], [b, other]) => one.at - other.at || a - b);
        if (due === undefined) break;
        const [id, { at, callback }] = due;
        timers.delete(id);
        now = Math.max(now, at);
        callback();
        await settled();
      }
      now = until;
      await settled();
    },
    stall(milliseconds) {
      now += milliseconds;
    },
    get pending() {
      return timers.size;
    },
  };
}
