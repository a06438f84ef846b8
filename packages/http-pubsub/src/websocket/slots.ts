/** So much at the same time, and the rest in the order in which it came. */
export interface Slots {
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when nothing runs or waits. */
  idle(): Promise<void>;
}

export function createSlots(limit: number): Slots {
  const waiting: (() => void)[] = [];
  const idle: (() => void)[] = [];
  let running = 0;

  return {
    async run(work) {
      if (running < limit) running += 1;
      // Whoever is done hands over the place.
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else running -= 1;
        if (running === 0) for (const resolve of idle.splice(0)) resolve();
      }
    },
    async idle() {
      if (running > 0) await new Promise<void>((resolve) => idle.push(resolve));
    },
  };
}
