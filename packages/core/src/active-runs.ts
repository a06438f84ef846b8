import type { ActiveRun } from './active-run.ts';
import { createBag } from './bag.ts';
import type { Clock } from './clock.ts';
import { MillraceError } from './errors.ts';

/** Handlers at work, and the one timer that watches over their time. */
export interface ActiveRuns {
  add(run: ActiveRun): void;
  remove(run: ActiveRun): void;
  /** Aborts and, after the grace, gives up on those that match. */
  abort(reason: MillraceError, matching?: (run: ActiveRun) => boolean): void;
  /** From now on no handler may start. */
  refuse(): void;
  readonly accepts: boolean;
  readonly size: number;
  /** Stops the timer, which outlives the runs so that short ones don't each set and clear it. */
  close(): void;
}

export function createActiveRuns(clock: Clock, grace: number): ActiveRuns {
  const active = createBag<ActiveRun>();
  let cancelTimer: (() => void) | undefined;
  let timerAt = Infinity;
  let accepts = true;

  function watch(deadline: number): void {
    if (deadline >= timerAt) return;
    cancelTimer?.();
    timerAt = deadline;
    cancelTimer = clock.setTimeout(sweep, Math.max(0, deadline - clock.monotonic()));
  }

  function sweep(): void {
    timerAt = Infinity;
    const now = clock.monotonic();
    let earliest = Infinity;
    for (const run of active.snapshot()) {
      if (run.deadline <= now) step(run, now);
      if (run.deadline < earliest) earliest = run.deadline;
    }
    if (earliest < Infinity) watch(earliest);
  }

  function step(run: ActiveRun, now: number): void {
    if (run.abortedFor) {
      active.delete(run);
      run.deadline = Infinity;
      run.giveUp();
      return;
    }
    run.deadline = now + grace;
    run.abort(
      new MillraceError(
        'HANDLER_TIMEOUT',
        `Handler "${run.handler}" did not end within its timeout of ${run.run.plan.timeout} ms. Pass its signal to what it waits for, or raise "timeout".`,
      ),
    );
  }

  return {
    add(run) {
      active.add(run);
      if (run.deadline < Infinity) watch(run.deadline);
    },
    remove(run) {
      active.delete(run);
    },
    abort(reason, matching = () => true) {
      const deadline = clock.monotonic() + grace;
      for (const run of active.snapshot()) {
        if (run.abortedFor || !matching(run)) continue;
        run.deadline = deadline;
        run.abort(reason);
        watch(deadline);
      }
    },
    refuse() {
      accepts = false;
    },
    get accepts() {
      return accepts;
    },
    get size() {
      return active.size;
    },
    close() {
      cancelTimer?.();
      timerAt = Infinity;
    },
  };
}
