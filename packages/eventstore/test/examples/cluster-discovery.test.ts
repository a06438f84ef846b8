import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { eventstore, eventstorePublisher, eventstoreReader } from '@millrace/eventstore';
import { expect, onTestFinished, test } from 'vitest';
import { database } from './support/database.ts';

test('name one node of a cluster, and find the leader, also when another one leads', async () => {
  const { nodes } = await database({ nodes: 3 });
  const [first, second, third] = nodes;
  if (!first || !second || !third) throw new Error('Three nodes were expected.');
  const connectionString = `kurrentdb+discover://127.0.0.1:${second.port}?tls=false&maxDiscoverAttempts=50`;

  const publisher = eventstorePublisher({ connectionString, stream: 'parcels', attempts: 20 });
  const reader = eventstoreReader({ connectionString });
  const seen: unknown[] = [];
  const consumer = createConsumer({
    name: 'weighing',
    sources: [
      eventstore({
        connectionString,
        from: { stream: 'parcels' },
        start: 'earliest',
        resubscribe: { delay: 10, maxDelay: 100 },
      }),
    ],
    store: memoryStore(),
    log: silentLogger,
  });
  consumer.on('ParcelWeighed', async ({ data }) => void seen.push(data));
  onTestFinished(async () => {
    await consumer.stop();
    await Promise.all([publisher.close(), reader.close()]);
  });

  await reader.ping();
  await publisher.publish({ type: 'ParcelWeighed', data: { pounds: 1 } });
  await consumer.start();
  await expect.poll(() => seen).toEqual([{ pounds: 1 }]);

  await first.stop();
  third.lead();

  await publisher.publish({ type: 'ParcelWeighed', data: { pounds: 2 } });
  await expect.poll(() => seen, { timeout: 15_000 }).toEqual([{ pounds: 1 }, { pounds: 2 }]);
});
