import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import type { Consumer, ConsumerOptions, Handler } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import type { EventStoreServer, EventStoreServerOptions } from '@millrace/testing/eventstore';
import { eventStoreServer } from '@millrace/testing/eventstore';
import { onTestFinished } from 'vitest';
import type { PersistentOptions } from '../../../src/persistent/options.ts';
import { eventstore } from '../../../src/source.ts';

/** A server, and consumers of its group "billing" of the stream "orders". */
export interface GroupBench {
  readonly server: EventStoreServer;
  readonly client: KurrentDBClient;
  append(from: number, to: number): void;
  info(): ReturnType<KurrentDBClient['getPersistentSubscriptionToStreamInfo']>;
  consume(options: GroupConsumeOptions): GroupConsuming;
}

export interface GroupConsumeOptions {
  readonly source?: Partial<Omit<PersistentOptions, 'client' | 'connectionString' | 'mode'>>;
  readonly consumer?: Partial<ConsumerOptions>;
  readonly handle: Handler;
}

export interface GroupConsuming {
  readonly consumer: Consumer;
  health(): ReturnType<Consumer['health']>['sources'][string] | undefined;
  details(): Readonly<Record<string, unknown>>;
}

export async function groupBench(options: EventStoreServerOptions = {}): Promise<GroupBench> {
  const server = await eventStoreServer(options);
  const client = KurrentDBClient.connectionString(server.connectionString);
  const consumers: Consumer[] = [];
  onTestFinished(async () => {
    await Promise.all(consumers.map((consumer) => consumer.stop({ now: true })));
    await client.dispose();
    await server.close();
  });

  return {
    server,
    client,
    append(from, to) {
      const events = Array.from({ length: to - from + 1 }, (_, index) => ({
        type: 'Counted',
        data: { n: from + index },
      }));
      server.append('orders', events);
    },
    info: () => client.getPersistentSubscriptionToStreamInfo('orders', 'billing'),
    consume({ source: sourceOptions = {}, consumer: consumerOptions, handle }) {
      const source = eventstore({
        client,
        mode: 'persistent',
        from: { stream: 'orders' },
        group: 'billing',
        resubscribe: { delay: 5, maxDelay: 20 },
        ...sourceOptions,
        settings: { startFrom: 'start', ...sourceOptions.settings },
      });
      const consumer = createConsumer({
        name: 'billing',
        sources: [source],
        store: memoryStore(),
        log: silentLogger,
        drainTimeout: 500,
        ...consumerOptions,
      });
      consumer.on('*', handle);
      consumers.push(consumer);
      const health = () => consumer.health().sources[source.name];
      return { consumer, health, details: () => health()?.details ?? {} };
    },
  };
}
