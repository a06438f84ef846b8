import {
  EventStoreDBClient,
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
  START,
  streamNameFilter,
} from '@eventstore/db-client';
import { expect, onTestFinished, test, vi } from 'vitest';
import { eventStoreServer } from '../../../src/eventstore.ts';
import { opened } from './support/open.ts';

async function connected() {
  const server = await eventStoreServer({ client: 'eventstore' });
  onTestFinished(() => server.close());
  const client = EventStoreDBClient.connectionString(server.connectionString);
  onTestFinished(() => client.dispose());
  const settings = persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START, maxRetryCount: 1 });
  return {
    server,
    client,
    settings,
    create: () => client.createPersistentSubscriptionToStream('orders', 'billing', settings),
    place: (count: number) =>
      server.append(
        'orders',
        Array.from({ length: count }, (_, n) => ({ type: 'placed', data: { n } })),
      ),
    subscribe: () => opened(client.subscribeToPersistentSubscriptionToStream('orders', 'billing')),
  };
}

test('a consumer acks, retries until an event is parked, and gets it back by a replay', async () => {
  const { client, create, place, subscribe } = await connected();
  await create();
  place(2);
  const { subscription, events } = await subscribe();
  await vi.waitUntil(() => events.length === 2);
  const [poison, good] = events;
  if (!poison || !good) throw new Error('Two events were there.');
  await subscription.ack(good);
  await subscription.nack('retry', 'busy', poison);
  await vi.waitUntil(() => events.length === 3);
  expect(events[2]).toMatchObject({ retryCount: 1, event: { revision: 0n } });
  await subscription.nack('retry', 'busy', poison);
  await vi.waitUntil(async () => {
    const info = await client.getPersistentSubscriptionToStreamInfo('orders', 'billing');
    return info.stats.parkedMessageCount === 1n;
  });
  await client.replayParkedMessagesToStream('orders', 'billing');
  await vi.waitUntil(() => events.length === 4);
  expect(events[3]).toMatchObject({ retryCount: 0, event: { revision: 0n } });
});

test('groups are created once, updated, listed and deleted', async () => {
  const { client, create, settings, subscribe } = await connected();
  await create();
  await expect(create()).rejects.toMatchObject({
    type: 'persistent-subscription-exists',
    groupName: 'billing',
  });
  const { failed } = await subscribe();
  await client.updatePersistentSubscriptionToStream('orders', 'billing', {
    ...settings,
    maxSubscriberCount: 1,
  });
  await expect(failed).resolves.toMatchObject({ type: 'persistent-subscription-dropped' });
  await subscribe();
  await expect(subscribe()).rejects.toMatchObject({ type: 'maximum-subscribers-reached' });
  const [listed] = await client.listAllPersistentSubscriptions();
  expect(listed?.settings).toEqual({ ...settings, maxSubscriberCount: 1 });
  await client.deletePersistentSubscriptionToStream('orders', 'billing');
  await expect(subscribe()).rejects.toMatchObject({ type: 'persistent-subscription-does-not-exist' });
});

test('a group to $all gets what its filter lets through', async () => {
  const { client, server, place } = await connected();
  await client.createPersistentSubscriptionToAll(
    'billing',
    persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START }),
    { filter: streamNameFilter({ regex: '^ord' }) },
  );
  server.append('customers', [{ type: 'joined', data: {} }]);
  place(1);
  const { events } = await opened(client.subscribeToPersistentSubscriptionToAll('billing'));
  await vi.waitUntil(() => events.length === 1);
  expect(events[0]?.event).toMatchObject({ streamId: 'orders', data: { n: 0 } });
});
