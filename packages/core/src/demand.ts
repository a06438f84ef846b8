import type { Demand } from './source.ts';

export interface BoundedDemand extends Demand {
  /** A message left core: its place is free again. */
  free(count: number): void;
  /** No more reservations; those that wait resolve with 0. */
  close(): void;
}

/** Gives out room for at most `limit` messages, first come first served: whoever waits gets what comes free at once. */
export function createDemand(limit: number): BoundedDemand {
  let available = limit;
  let closed = false;
  const waiting: { readonly max: number; readonly resolve: (count: number) => void }[] = [];

  function take(max: number): number {
    const count = closed ? 0 : Math.min(max, available);
    available -= count;
    return count;
  }

  function free(count: number): void {
    available += count;
    while (available > 0 && waiting.length > 0) {
      const next = waiting.shift();
      next?.resolve(take(next.max));
    }
  }

  return {
    reserve(max) {
      const count = take(max);
      if (count > 0 || closed) return Promise.resolve(count);
      return new Promise((resolve) => waiting.push({ max, resolve }));
    },
    tryReserve: take,
    cancel: free,
    free,
    close() {
      closed = true;
      for (const { resolve } of waiting.splice(0)) resolve(0);
    },
  };
}
