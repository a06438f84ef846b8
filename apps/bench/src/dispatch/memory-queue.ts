import type { Incoming } from '@millrace/core';

import type { Tally } from '../measure/tally.ts';
import type { Order } from './order.ts';
import { incomingOrder } from './order.ts';

/** A queue without a broker: hands out the same messages to whoever asks, and counts what is settled. */
export interface MemoryQueue {
  /** Waits until the queue is open; then up to `max` messages, none at the end. */
  receive(max: number): Promise<readonly Incoming[]>;
  settle(incoming: Incoming): void;
  open(): void;
}

export function createMemoryQueue(messages: number, tally: Tally): MemoryQueue {
  const backlog = Array.from({ length: messages }, (_, number) => incomingOrder(number));
  const opening = Promise.withResolvers<void>();
  let isOpen = false;
  let next = 0;

  return {
    async receive(max) {
      if (!isOpen) await opening.promise;
      const batch = backlog.slice(next, next + max);
      next += batch.length;
      return batch;
    },
    settle({ data }) {
      tally.settled((data as Order).number);
    },
    open() {
      isOpen = true;
      opening.resolve();
    },
  };
}
