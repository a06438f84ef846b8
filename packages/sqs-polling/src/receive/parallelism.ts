/** How many polls may be under way: one when the queue is idle, more while polls come back full. */
export interface Parallelism {
  readonly limit: number;
  answered(received: number, asked: number): void;
  failed(): void;
}

/** Doubles with every full answer; falls back to one poll with an empty answer or a failure, step by step with a small one. */
export function createParallelism(max: number): Parallelism {
  let limit = 1;
  return {
    get limit() {
      return limit;
    },
    answered(received, asked) {
      if (received >= asked) limit = Math.min(max, limit * 2);
      else if (received === 0) limit = 1;
      else if (received < asked / 2) limit = Math.max(1, limit - 1);
    },
    failed() {
      limit = 1;
    },
  };
}
