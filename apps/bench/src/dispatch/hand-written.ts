import type { Incoming } from '@millrace/core';

import type { Contender } from '../measure/contender.ts';
import { createTally } from '../measure/tally.ts';
import type { MemoryQueue } from './memory-queue.ts';
import { createMemoryQueue } from './memory-queue.ts';
import type { Order } from './order.ts';

/** Receive a batch, handle its messages at the same time, settle the batch: what one writes without a framework. */
export function handWritten(batch: number): Contender {
  return {
    name: 'hand-written',
    async prepare(messages) {
      const tally = createTally(messages);
      const queue = createMemoryQueue(messages, tally);
      const handle = async ({ data }: Incoming) => tally.handled((data as Order).number);
      const consumed = consume(queue, batch, handle);
      return {
        async run(stopwatch) {
          stopwatch.start();
          queue.open();
          await tally.complete;
          stopwatch.stop();
        },
        async finish() {
          await consumed;
          tally.check();
        },
      };
    },
  };
}

export async function consume(
  queue: MemoryQueue,
  size: number,
  handle: (incoming: Incoming) => Promise<void>,
): Promise<void> {
  for (;;) {
    const batch = await queue.receive(size);
    if (batch.length === 0) return;
    const handled: Incoming[] = [];
    await Promise.all(
      batch.map(async (incoming) => {
        await handle(incoming);
        handled.push(incoming);
      }),
    );
    await settle(queue, handled);
  }
}

async function settle(queue: MemoryQueue, batch: readonly Incoming[]): Promise<void> {
  batch.forEach(queue.settle);
}
