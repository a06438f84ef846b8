import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { eventstore, eventstorePublisher } from '@millrace/eventstore';
import { expect, onTestFinished, test } from 'vitest';
import { database } from './support/database.ts';

test('watch a stream from now on, with nothing kept', async () => {
  const { connectionString } = await database();
  const publisher = eventstorePublisher({ connectionString, stream: 'parcels' });
  await publisher.publish({ type: 'ParcelWeighed', data: { pounds: 1 } });

  const seen: unknown[] = [];
  const consumer = createConsumer({
    name: 'display',
    sources: [eventstore({ connectionString, mode: 'live', from: { stream: 'parcels' } })],
    store: memoryStore(),
    log: silentLogger,
  });
  consumer.on('ParcelWeighed', async ({ data }) => void seen.push(data));
  await consumer.start();
  onTestFinished(async () => {
    await consumer.stop();
    await publisher.close();
  });

  await publisher.publish({ type: 'ParcelWeighed', data: { pounds: 2 } });

  await expect.poll(() => seen).toEqual([{ pounds: 2 }]);
});
