import type { Message } from '@millrace/core';
import { createConsumer, memoryStore } from '@millrace/core';
import { eventStoreServer } from '@millrace/testing/eventstore';
import { expect, it } from 'vitest';
import { eventstore } from '../../src/source.ts';
import { until } from './support/until.ts';

it('by a connection string, more subscriptions than a connection takes all receive, and leave nothing behind', async () => {
  const server = await eventStoreServer({ streamCap: 100 });
  const streams = Array.from({ length: 250 }, (_, index) => `orders-${index}`);
  const received = new Set<string | undefined>();
  const consumer = createConsumer({
    name: 'billing',
    sources: streams.map((stream) =>
      eventstore({
        connectionString: server.connectionString,
        from: { stream },
        exclusive: false,
        verify: 'off',
        start: 'earliest',
      }),
    ),
    store: memoryStore(),
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  consumer.on(async ({ source }: Message) => void received.add(source));
  try {
    await consumer.start();
    expect(server.counters).toMatchObject({ subscriptions: 250, connections: 3 });
    for (const stream of streams) server.append(stream, [{ type: 'Counted' }]);
    await until(() => received.size === 250);
  } finally {
    await consumer.stop();
  }
  await until(() => server.counters.subscriptions === 0);
  await server.close();
});
