import { setImmediate } from 'node:timers/promises';
import type { AcceptStore, KeptEvent } from './store.ts';

/** Stores events; resolves when they are safe. */
export type Put = (events: readonly KeptEvent[]) => Promise<void>;

interface Waiting {
  readonly events: readonly KeptEvent[];
  readonly stored: PromiseWithResolvers<void>;
}

/** What comes while the disk is busy goes to it together next: one sync for all. `known` hears how many were there before. */
export function gatherPuts(store: AcceptStore, queue: string, known: (count: number) => void): Put {
  const waiting: Waiting[] = [];
  let isBusy = false;

  async function write(batch: readonly Waiting[]): Promise<void> {
    const events = batch.flatMap((it) => it.events);
    try {
      known(events.length - (await store.put(queue, events)));
      for (const { stored } of batch) stored.resolve();
    } catch (error) {
      for (const { stored } of batch) stored.reject(error);
    }
  }

  async function writeAll(): Promise<void> {
    isBusy = true;
    while (waiting.length > 0) {
      // SQLite stops the event loop while it writes: what has come in meanwhile is on its way here.
      await setImmediate();
      await write(waiting.splice(0));
    }
    isBusy = false;
  }

  return (events) => {
    const stored = Promise.withResolvers<void>();
    waiting.push({ events, stored });
    if (!isBusy) void writeAll();
    return stored.promise;
  };
}
