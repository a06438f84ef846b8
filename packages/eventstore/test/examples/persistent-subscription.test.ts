import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { eventstore, eventstoreGroups, eventstorePublisher } from '@millrace/eventstore';
import { expect, onTestFinished, test } from 'vitest';
import { database } from './support/database.ts';

test('consume a persistent subscription: the server keeps the place', async () => {
  const { connectionString } = await database();
  const publisher = eventstorePublisher({ connectionString, stream: 'parcels' });
  const groups = eventstoreGroups({ connectionString });
  onTestFinished(async () => {
    await Promise.all([publisher.close(), groups.close()]);
  });
  const weighing = { from: { stream: 'parcels' }, group: 'weighing' };
  await groups.create(weighing);

  /** What one run of the process handles, until it has had so many. */
  async function handle(count: number): Promise<readonly unknown[]> {
    const handled: unknown[] = [];
    const consumer = createConsumer({
      name: 'weighing',
      sources: [eventstore({ connectionString, mode: 'persistent', ...weighing })],
      store: memoryStore(),
      log: silentLogger,
    });
    // A handler that returns is the acknowledgement; one that throws is told again.
    consumer.on('ParcelWeighed', async ({ data }) => void handled.push(data));
    await consumer.start();
    await expect.poll(() => handled.length).toBe(count);
    await consumer.stop();
    return handled;
  }

  await publisher.publish({ type: 'ParcelWeighed', data: { pounds: 1 } });
  expect(await handle(1)).toEqual([{ pounds: 1 }]);

  await publisher.publish({ type: 'ParcelWeighed', data: { pounds: 2 } });
  expect(await handle(1)).toEqual([{ pounds: 2 }]);
});
