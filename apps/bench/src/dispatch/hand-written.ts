import type { Contender } from '../measure/contender.ts';
import { dispatchContender } from './contender.ts';
import type { Feed } from './feed.ts';
import type { MemoryQueue } from './memory-queue.ts';

/** What one writes without a framework. */
export function handWritten<Item>(feed: Feed<Item>, batch: number): Contender {
  return dispatchContender('hand-written', feed, async (queue, handled) => {
    const consumed = consume(queue, batch, async (item) => handled(feed.payload(item).number));
    return { stop: () => consumed };
  });
}

/** Receive a batch, handle its messages at the same time, settle them in one call. */
export async function consume<Item>(
  queue: MemoryQueue<Item>,
  size: number,
  handle: (item: Item) => Promise<void>,
): Promise<void> {
  for (;;) {
    const batch = await queue.receive(size);
    if (batch.length === 0) return;
    const handled: Item[] = [];
    await Promise.all(
      batch.map(async (item) => {
        await handle(item);
        handled.push(item);
      }),
    );
    await settle(queue, handled);
  }
}

async function settle<Item>(queue: MemoryQueue<Item>, batch: readonly Item[]): Promise<void> {
  for (const item of batch) queue.settle(item);
}
