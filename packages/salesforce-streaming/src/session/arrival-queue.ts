import { setImmediate } from 'node:timers/promises';
import type { Demand } from '@millrace/core';
import type { Arrival } from '../transport.ts';

/** What came in replies and core has had no room for yet, in the order of arrival. */
export interface ArrivalQueue {
  readonly length: number;
  push(arrivals: readonly Arrival[]): void;
  /** Channels of which something waits. */
  channels(): ReadonlySet<string>;
  /** Forgets what waits of a channel. */
  drop(channel: string): void;
  /** Resolves when nothing waits. */
  whenEmpty(): Promise<void>;
  /** Hands out what waits, as far as there is room. Read by one reader. */
  read(demand: Demand): AsyncGenerator<readonly Arrival[]>;
  /** No more will come. With an error the reader gets it, after what came before. */
  end(error?: Error): void;
}

/** `onEmpty`: all that waited is taken. */
export function createArrivalQueue(onEmpty: () => void): ArrivalQueue {
  let items: Arrival[] = [];
  let head = 0;
  let ended: { readonly error: Error | undefined } | undefined;
  let wake = () => {};
  let emptied: PromiseWithResolvers<void> | undefined;

  function take(count: number): readonly Arrival[] {
    const taken = items.slice(head, head + count);
    head += taken.length;
    // Cutting off the front each time would move all the rest.
    if (head * 2 > items.length) keep(items.slice(head));
    return taken;
  }

  function keep(rest: Arrival[]): void {
    items = rest;
    head = 0;
    if (items.length > 0) return;
    emptied?.resolve();
    emptied = undefined;
    onEmpty();
  }

  return {
    get length() {
      return items.length - head;
    },
    push(arrivals) {
      for (const arrival of arrivals) items.push(arrival);
      if (arrivals.length > 0) wake();
    },
    channels: () => new Set(items.slice(head).map(({ channel }) => channel)),
    drop: (channel) => keep(items.slice(head).filter((arrival) => arrival.channel !== channel)),
    async whenEmpty() {
      if (items.length === head) return;
      emptied ??= Promise.withResolvers();
      await emptied.promise;
    },
    end(error) {
      ended ??= { error };
      wake();
    },
    async *read(demand) {
      for (;;) {
        if (items.length > head) {
          const room = await demand.reserve(items.length - head);
          if (room === 0) return;
          const taken = take(room);
          // Some may have been dropped meanwhile.
          if (taken.length < room) demand.cancel(room - taken.length);
          if (items.length === head) await nextPollIsOut();
          if (taken.length > 0) yield taken;
        } else if (ended?.error) throw ended.error;
        else if (ended) return;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
  };
}

/**
 * Handlers that wait for nothing keep the process busy until the last event is handled, and the server idle. So the poll
 * that is due when all is taken goes first: undici uses a connection again one turn of the event loop after a reply, and
 * writes the request in the turn after that.
 */
async function nextPollIsOut(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
