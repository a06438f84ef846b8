import type { BenchHandler } from './bench-consumer.ts';

/** A handler whose runs wait until the property lets them go on. */
export interface Gate {
  readonly handle: BenchHandler;
  /** Names of the events whose runs wait now, in order. */
  waiting(): readonly string[];
  /** Lets these end, those that wait and those that come; all, when none are named. */
  open(...events: readonly string[]): void;
}

/** Runs that are told to stop end with an error, as a handler that heeds its signal does. */
export function gate(): Gate {
  const waiting = new Map<string, () => void>();
  const passes = new Set<string>();
  let openToAll = false;
  return {
    async handle({ event, context: { signal } }) {
      if (openToAll || passes.has(event)) return;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.set(event, resolve);
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      try {
        await promise;
      } finally {
        waiting.delete(event);
      }
    },
    waiting: () => [...waiting.keys()],
    open(...events) {
      openToAll ||= events.length === 0;
      for (const event of events) passes.add(event);
      for (const [event, resolve] of waiting) if (openToAll || passes.has(event)) resolve();
    },
  };
}
