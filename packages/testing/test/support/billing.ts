import type { Consumer, Source, Store, StoreParts } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { onTestFinished } from 'vitest';
import type { ManualClock, MemoryBroker } from '../../src/index.ts';
import { manualClock, memoryBroker } from '../../src/index.ts';

export interface Billing {
  readonly clock: ManualClock;
  readonly broker: MemoryBroker;
  readonly store: Store;
  /** A consumer on the manual clock, which retries three times, a second apart, and is stopped after the test. */
  consume(source: Source, parts?: StoreParts): Consumer;
}

export function billing(): Billing {
  const clock = manualClock();
  const store = memoryStore({ clock });
  return {
    clock,
    broker: memoryBroker({ clock }),
    store,
    consume(source, parts = store) {
      const consumer = createConsumer({
        name: 'billing',
        sources: [source],
        store: parts,
        retry: { attempts: 3, delay: 1_000, factor: 1 },
        log: silentLogger,
        clock,
        random: () => 1,
      });
      onTestFinished(async () => {
        const stopping = consumer.stop({ now: true });
        await clock.advance(20_000);
        await stopping;
      });
      return consumer;
    },
  };
}

/** What consumers said to the broker, as `<id> <outcome>`. */
export function settlements({ history }: MemoryBroker): readonly string[] {
  return history.flatMap((entry) => (entry.kind === 'settled' ? [`${entry.id} ${entry.outcome}`] : []));
}
