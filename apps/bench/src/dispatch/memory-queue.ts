/** A queue without a broker: hands out messages that are there already. */
export interface MemoryQueue<Item> {
  /** Waits for messages; up to `max` of them, none when the queue is closed. */
  receive(max: number): Promise<readonly Item[]>;
  settle(item: Item): void;
  fill(items: readonly Item[]): void;
  close(): void;
}

export function createMemoryQueue<Item>(onSettled: (item: Item) => void): MemoryQueue<Item> {
  let backlog: readonly Item[] = [];
  let next = 0;
  let closed = false;
  let changed = Promise.withResolvers<void>();

  return {
    async receive(max) {
      while (next >= backlog.length && !closed) await changed.promise;
      const batch = backlog.slice(next, next + max);
      next += batch.length;
      return batch;
    },
    settle: onSettled,
    fill(items) {
      backlog = items;
      next = 0;
      changed.resolve();
      changed = Promise.withResolvers();
    },
    close() {
      closed = true;
      changed.resolve();
    },
  };
}
