import type { Passed } from '@millrace/core';

/** Positions that are passed between the batches of a transport, which may be silent for hours. */
export interface PassedPositions {
  add(passed: Passed): void;
  /** What the work brings, with the positions passed before it. Passes on what is added meanwhile. */
  mergedWith<T>(work: AsyncIterable<T>): AsyncGenerator<T | Passed>;
}

export function createPassedPositions(): PassedPositions {
  let waiting: Passed[] = [];
  let added = Promise.withResolvers<void>();

  return {
    add(passed) {
      waiting.push(passed);
      added.resolve();
    },
    async *mergedWith(work) {
      const iterator = work[Symbol.asyncIterator]();
      try {
        let next = iterator.next();
        // Whoever awaits it hears of an error; until then it is not unhandled.
        next.catch(() => {});
        for (;;) {
          await Promise.race([next.catch(() => {}), added.promise]);
          added = Promise.withResolvers();
          const passed = waiting;
          waiting = [];
          yield* passed;
          if (passed.length > 0) continue;
          const result = await next;
          if (result.done) return;
          yield result.value;
          next = iterator.next();
          next.catch(() => {});
        }
      } finally {
        await iterator.return?.();
      }
    },
  };
}
