import type { Consumer } from '@millrace/core';
import { createConsumer, silentLogger } from '@millrace/core';
import { sqliteStore } from '@millrace/core/sqlite';
import { sqs } from '@millrace/sqs-polling';
import type { TcpProxy } from '@millrace/testing';
import { tcpProxy } from '@millrace/testing';
import { onTestFinished } from 'vitest';
import type { Audit } from './audit.ts';
import { audit } from './audit.ts';
import { openLedger } from './ledger.ts';
import { seeded } from './seeded.ts';
import { startQueue } from './sqs-queue.ts';
import { recordEffects } from './transactional-handler.ts';
import { until } from './until.ts';

export interface SqsShop {
  readonly proxy: TcpProxy;
  readonly consumer: Consumer;
  publish(count: number): void;
  readonly effects: number;
  /** Every state of health that the source was in, in order. */
  readonly health: readonly string[];
  /** Waits until everything is settled, or for so many milliseconds, stops, and looks at what became of the events. */
  settled(options: { readonly within: number }): Promise<Audit>;
}

/** Orders in an SQS queue behind a proxy, and a consumer whose effects are rows of a ledger. */
export async function startSqsShop(): Promise<SqsShop> {
  const queue = await startQueue();
  const proxy = await tcpProxy({ target: { port: queue.port }, random: seeded(1) });
  const ledger = openLedger();
  const store = sqliteStore({ path: ledger.path, durability: 'normal' });
  const lease = 4_000;
  const consumer = createConsumer({
    name: 'shop',
    sources: [
      sqs({
        ...queue.connection,
        endpoint: `http://${proxy.host}:${proxy.port}`,
        queue: queue.name,
        visibilityTimeout: lease,
        waitTime: 1_000,
        readTimeout: 1_000,
        name: 'orders',
      }),
    ],
    store,
    idempotency: { lease },
    log: silentLogger,
    random: seeded(2),
  });
  consumer.on('Order', recordEffects(store, 'shop'));
  const health: string[] = [];
  const watching = setInterval(() => {
    const status = consumer.health().sources['orders']?.status ?? 'none';
    if (health.at(-1) !== status) health.push(status);
  }, 10);
  onTestFinished(async () => {
    clearInterval(watching);
    await consumer.stop({ now: true });
    await proxy.close();
    await queue.stop();
    store.close();
  });
  await consumer.start();

  return {
    proxy,
    consumer,
    publish: queue.publish,
    get effects() {
      return ledger.ids().length;
    },
    health,
    async settled({ within }) {
      const giveUpAt = performance.now() + within;
      await until(() => queue.unsettled() === 0 || performance.now() > giveUpAt);
      await consumer.stop();
      return audit({
        published: queue.published,
        effects: ledger.ids(),
        unsettled: queue.unsettled(),
        deadLettered: ledger.deadLettered(),
      });
    },
  };
}
