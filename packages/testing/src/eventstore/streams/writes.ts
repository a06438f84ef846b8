import type { EventStore } from '../store/event-store.ts';

/** Tells a subscription that there may be more to read. */
export interface Writes {
  /** Resolves when something was written since the last time, or when the subscription is over. */
  next(): Promise<void>;
}

export function createWrites(store: Pick<EventStore, 'onWrite'>, over: AbortSignal): Writes {
  let written = false;
  let wake: (() => void) | undefined;
  const stop = store.onWrite(() => {
    written = true;
    wake?.();
  });
  over.addEventListener(
    'abort',
    () => {
      stop();
      wake?.();
    },
    { once: true },
  );
  if (over.aborted) stop();
  return {
    async next() {
      if (!written && !over.aborted) await new Promise<void>((resolve) => (wake = resolve));
      written = false;
    },
  };
}
