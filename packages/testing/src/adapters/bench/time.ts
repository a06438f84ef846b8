import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';

/** Time as a property sees it: the clock's, whether it turns by itself or not. */
export interface Time {
  readonly clock: Clock;
  /** Whether time passes only when it is told to, and costs nothing. */
  readonly manual: boolean;
  /** Waits for a condition; fails, saying what did not come, when there is no hope left. */
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void>;
  pass(milliseconds: number): Promise<void>;
  /** Waits for a promise, and lets time pass meanwhile. */
  outlast<T>(what: string, promise: Promise<T>): Promise<T>;
}

/** How long to hope, in milliseconds of the clock: no measure of speed, only the end of a wait for what never comes. */
const patience = { manual: 90_000, system: 20_000 };
const steps = { manual: 20, system: 10 };

export function benchTime({
  clock = systemClock,
  advance,
}: {
  readonly clock?: Clock;
  readonly advance?: (milliseconds: number) => Promise<void>;
}): Time {
  const kind = advance ? 'manual' : 'system';
  const pass = advance ?? ((milliseconds: number) => sleep(milliseconds));

  async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const end = clock.monotonic() + patience[kind];
    // What is ready to run comes first, before time is spent.
    await pass(0);
    while (!(await condition())) {
      assert.ok(clock.monotonic() < end, `waited for ${what}, and it did not come`);
      await pass(steps[kind]);
    }
  }

  return {
    clock,
    manual: advance !== undefined,
    pass,
    until,
    async outlast(what, promise) {
      let over = false;
      const end = () => {
        over = true;
      };
      promise.then(end, end);
      await until(what, () => over);
      return await promise;
    },
  };
}
