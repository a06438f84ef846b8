import { EventStoreDBClient } from '@eventstore/db-client';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import type { EventStoreServer } from '@millrace/testing/eventstore';
import { eventStoreServer } from '@millrace/testing/eventstore';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isWrongRevisionError } from '../../src/publisher/append-errors.ts';
import { eventstorePublisher } from '../../src/publisher/publisher.ts';
import { eventstoreReader } from '../../src/reader/reader.ts';
import { eventstore } from '../../src/source.ts';

let server: EventStoreServer;
let client: EventStoreDBClient;

beforeEach(async () => {
  server = await eventStoreServer({ client: 'eventstore' });
  client = EventStoreDBClient.connectionString(server.connectionString);
});

afterEach(async () => {
  await client.dispose();
  await server.close();
});

it('publishes, meets conflicts and reads with @eventstore/db-client', async () => {
  const publisher = eventstorePublisher({ client, stream: 'orders' });
  const reader = eventstoreReader({ client });
  await publisher.publish({ type: 'A', data: { n: 1 } }, { expectedRevision: 'noStream' });

  const error: unknown = await publisher
    .publish({ type: 'B', data: {} }, { expectedRevision: 'noStream' })
    .catch((reason: unknown) => reason);

  expect(isWrongRevisionError(error)).toBe(true);
  expect(error).toMatchObject({ expected: 'noStream', actual: 0n });
  expect((await reader.get('orders', 'last'))?.event?.data).toEqual({ n: 1 });
  expect((await reader.ping()).roundTrip).toBeGreaterThan(0);
});

it('consumes in a group with @eventstore/db-client', async () => {
  server.append('orders', [{ type: 'A' }, { type: 'B' }]);
  const seen: (readonly [string, number | undefined])[] = [];
  const from = { stream: 'orders' };
  const settings = { startFrom: 'start' } as const;
  const consumer = createConsumer({
    name: 'billing',
    sources: [eventstore({ mode: 'persistent', client, from, group: 'billing', settings })],
    store: memoryStore(),
    log: silentLogger,
  });
  consumer.on('*', ({ type, deliveryCount }) => void seen.push([type, deliveryCount]));
  await consumer.start();

  await expect
    .poll(() => seen)
    .toEqual([
      ['A', 1],
      ['B', 1],
    ]);
  const info = () => client.getPersistentSubscriptionToStreamInfo('orders', 'billing');
  await expect.poll(async () => (await info()).stats.totalInFlightMessages).toBe(0);
  await consumer.stop();
});
