/** Merges what several polls bring into one stream, in the order of arrival. Read by one reader. */
export interface Arrivals<T> extends AsyncIterable<T> {
  push(item: T): void;
  /** Takes out what nobody has read. */
  clear(): readonly T[];
  /** No more will come. With an error the stream throws it, after what came before. */
  end(error?: Error): void;
}

export function createArrivals<T>(): Arrivals<T> {
  const items: T[] = [];
  let ended: { readonly error: Error | undefined } | undefined;
  let wake = () => {};

  return {
    push(item) {
      items.push(item);
      wake();
    },
    clear: () => items.splice(0),
    end(error) {
      ended ??= { error };
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const item = items.shift();
        if (item !== undefined) yield item;
        else if (ended?.error) throw ended.error;
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
