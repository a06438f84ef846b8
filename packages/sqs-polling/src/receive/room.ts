import type { Clock, Demand } from '@millrace/core';
import { batchSize } from '../options.ts';

/** Gathers reserved places into a number worth a poll. */
export interface Room {
  /** How many messages to ask for now; 0 while too few places are free: `changed` is called when it is worth asking again. */
  take(): number;
  /** Gives back what is gathered, now and later. */
  close(): void;
}

/** Longest wait for more places once there is one, in milliseconds. */
const patience = 200;

/**
 * Handlers free places one by one. A poll for each would be ten times the calls, so polls wait for `enough` places,
 * while handlers live on what is prefetched.
 */
export function createRoom(demand: Demand, enough: number, clock: Clock, changed: () => void): Room {
  let gathered = 0;
  let reserving = false;
  let impatient = false;
  let closed = false;
  let cancelTimer: (() => void) | undefined;

  async function reserve() {
    reserving = true;
    const count = await demand.reserve(batchSize - gathered);
    reserving = false;
    if (closed) return demand.cancel(count);
    // Nothing at all means that the source stops.
    if (count === 0) return;
    gathered += count;
    changed();
  }

  function forget() {
    cancelTimer?.();
    cancelTimer = undefined;
    impatient = false;
    gathered = 0;
  }

  return {
    take() {
      const count = gathered;
      if (count >= enough || impatient) {
        forget();
        return count;
      }
      if (!reserving) void reserve();
      if (count > 0) {
        cancelTimer ??= clock.setTimeout(() => {
          impatient = true;
          changed();
        }, patience);
      }
      return 0;
    },
    close() {
      closed = true;
      const unused = gathered;
      forget();
      demand.cancel(unused);
    },
  };
}
