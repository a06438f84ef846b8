import { setTimeout } from 'node:timers/promises';
import type { Consumer, SourceHealth } from '@millrace/core';
import { createConsumer } from '@millrace/core';
import type { SqliteStore } from '@millrace/core/sqlite';
import { memoryBroker } from '@millrace/testing';
import { onTestFinished } from 'vitest';
import type { Audit } from './audit.ts';
import { audit } from './audit.ts';
import { seeded } from './seeded.ts';
import { until } from './until.ts';

export interface MemoryShop {
  readonly consumer: Consumer;
  publish(count: number): Promise<void>;
  readonly effects: number;
  readonly health: SourceHealth | undefined;
  /** Messages of its log, of level error. */
  readonly errors: readonly string[];
  /** Waits until everything is settled, or for so many milliseconds, stops, and looks at what became of the events. */
  settled(options: { readonly within: number }): Promise<Audit>;
}

/** Orders in a queue of this process, effects in its memory, and the store in a file. */
export async function startMemoryShop(store: SqliteStore): Promise<MemoryShop> {
  const lease = 2_000;
  const orders = memoryBroker();
  const queue = orders.queue('orders', { lease });
  const published: string[] = [];
  const effects: string[] = [];
  const errors: string[] = [];
  const quiet = () => {};
  const consumer = createConsumer({
    name: 'shop',
    sources: [queue.source()],
    store,
    idempotency: { lease },
    log: { debug: quiet, info: quiet, warn: quiet, error: (message) => errors.push(message) },
    random: seeded(2),
  });
  consumer.on('Order', { name: 'order' }, async ({ id }) => {
    await setTimeout(5);
    effects.push(id);
  });
  onTestFinished(async () => {
    await consumer.stop({ now: true });
    store.close();
  });
  await consumer.start();
  return {
    consumer,
    async publish(count) {
      const events = Array.from({ length: count }, () => ({ type: 'Order' }));
      published.push(...(await orders.publish('orders', ...events)));
    },
    get effects() {
      return effects.length;
    },
    get health() {
      return consumer.health().sources['orders'];
    },
    errors,
    async settled({ within }) {
      const giveUpAt = performance.now() + within;
      await until(() => queue.remaining.length === 0 || performance.now() > giveUpAt);
      await consumer.stop();
      const { letters } = await store.deadLetters.list({}, { limit: 100 });
      const deadLettered = letters.map(({ message }) => message.id);
      return audit({ published, effects, unsettled: queue.remaining.length, deadLettered });
    },
  };
}
