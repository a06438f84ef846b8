import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { eventStoreServer } from '@millrace/testing/eventstore';
import { expect, it, onTestFinished } from 'vitest';
import { eventstoreGroups } from '../../src/persistent/groups.ts';
import { eventstorePublisher } from '../../src/publisher/publisher.ts';
import { eventstore } from '../../src/source.ts';
import { until } from '../catch-up/support/until.ts';

it('appends and acknowledgements do not wait behind subscriptions that fill their connections', async () => {
  const server = await eventStoreServer({ streamCap: 100, projections: false });
  const { connectionString } = server;
  const names = Array.from({ length: 250 }, (_, index) => `orders-${index}`);
  const sources = names.map((stream, index) =>
    index % 2 === 0
      ? eventstore({ connectionString, from: { stream }, start: 'earliest', exclusive: false, verify: 'off' })
      : eventstore({
          connectionString,
          mode: 'persistent',
          from: { stream },
          group: 'billing',
          settings: { startFrom: 'start' },
        }),
  );
  const handled = new Set<string>();
  const consumer = createConsumer({ name: 'billing', sources, store: memoryStore(), log: silentLogger });
  consumer.on('*', ({ channel = '' }) => void handled.add(channel));
  const publishers = Array.from({ length: 30 }, () => eventstorePublisher({ connectionString }));
  onTestFinished(async () => {
    await Promise.all(publishers.map((publisher) => publisher.close()));
    await consumer.stop({ now: true });
    await server.close();
  });
  await consumer.start();
  expect(server.counters.subscriptions).toBe(250);

  const published = publishers.map(async (publisher, index) => {
    for (let n = index; n < names.length; n += publishers.length)
      await publisher.publish({ type: 'Placed', data: {} }, { stream: names[n] });
  });
  await Promise.all(published);
  expect(server.counters.eventsWritten).toBeGreaterThanOrEqual(250);

  await until(() => handled.size === 250);
  const groups = eventstoreGroups({ connectionString });
  onTestFinished(() => groups.close());
  const inFlight = async () => (await groups.list()).map(({ stats }) => stats.totalInFlightMessages);
  await expect.poll(inFlight).toEqual(Array.from({ length: 125 }, () => 0));
});
