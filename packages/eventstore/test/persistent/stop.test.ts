import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { eventStoreServer } from '@millrace/testing/eventstore';
import { expect, it } from 'vitest';
import { eventstore } from '../../src/source.ts';
import { until } from '../catch-up/support/until.ts';

const from = { stream: 'orders' } as const;

it('what was handled before the stop is not handed out again', async () => {
  const server = await eventStoreServer();
  const client = KurrentDBClient.connectionString(server.connectionString);
  const group = (name: string) =>
    eventstore({
      client,
      mode: 'persistent',
      from,
      group: 'billing',
      settings: { startFrom: 'start' },
      name,
      concurrency: 500,
      prefetch: 1,
      bufferSize: 500,
    });
  server.append(
    'orders',
    Array.from({ length: 1_000 }, (_, n) => ({ type: 'A', data: { n } })),
  );
  let done = 0;
  const counts: unknown[] = [];
  for (let round = 1; round <= 3; round += 1) {
    const consumer = createConsumer({
      name: 'billing',
      sources: [group(`r${round}`)],
      store: memoryStore(),
      log: silentLogger,
    });
    consumer.on('*', ({ deliveryCount }) => {
      done += 1;
      counts.push(deliveryCount);
    });
    await consumer.start();
    await until(() => done >= round * 1_000);
    await consumer.stop();
    await until(() => server.counters.subscriptions === 0);
    server.append(
      'orders',
      Array.from({ length: 1_000 }, (_, n) => ({ type: 'A', data: { n } })),
    );
  }
  expect(new Set(counts)).toEqual(new Set([1]));
  expect(done).toBe(3_000);
  await client.dispose();
  await server.close();
});
