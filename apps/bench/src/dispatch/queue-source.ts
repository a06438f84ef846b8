import type { Source } from '@millrace/core';

import type { Feed } from './feed.ts';
import type { MemoryQueue } from './memory-queue.ts';

/** The memory queue as a source with the capabilities of a queue such as SQS. */
export function queueSource<Item>(queue: MemoryQueue<Item>, feed: Feed<Item>, batch: number): Source {
  return {
    name: 'orders',
    capabilities: {
      settle: 'ack+nack',
      redelivery: 'delayed',
      maxRetryDelay: 43_200_000,
      deliveryCount: 'native',
      order: 'none',
      position: 'none',
      replay: 'none',
      exclusive: false,
      lease: { milliseconds: 30_000, maximum: 43_200_000 },
      settleBatch: { size: batch, linger: 0 },
    },
    settings: { concurrency: batch },
    async open({ signal, fetched }) {
      return {
        async *receive(demand) {
          for (;;) {
            const room = await demand.reserve(batch);
            if (room === 0) return;
            const messages = await queue.receive(room);
            if (messages.length === 0) break;
            demand.cancel(room - messages.length);
            fetched();
            yield feed.decode(messages);
          }
          await aborted(signal);
        },
        async settle(settlements) {
          for (const { incoming, outcome } of settlements)
            if (outcome === 'done') queue.settle(feed.itemOf(incoming));
        },
        async close() {},
      };
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
