import type { Demand } from '@millrace/core';

export interface TestDemand extends Demand {
  /** Places that are neither reserved nor taken by a message. */
  readonly available: number;
  /** The places of messages that are settled. */
  free(count: number): void;
}

/** The least that fulfils the contract: a number, and whoever waits for it to rise. */
export function demandOf(limit: number): TestDemand {
  let available = limit;
  let waiting: (() => void)[] = [];
  const take = (max: number) => {
    const count = Math.min(max, available);
    available -= count;
    return count;
  };
  const free = (count: number) => {
    available += count;
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };
  return {
    get available() {
      return available;
    },
    async reserve(max) {
      while (available === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      return take(max);
    },
    tryReserve: take,
    cancel: free,
    free,
  };
}
