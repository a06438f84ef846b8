import {
  eventTypeFilter,
  jsonEvent,
  KurrentDBClient,
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
  START,
} from '@kurrent/kurrentdb-client';
import type { PersistentSubscriptionToStreamSettings } from '@kurrent/kurrentdb-client';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { EventStoreServerOptions } from '../../../src/eventstore.ts';
import { eventStoreServer, refusals } from '../../../src/eventstore.ts';
import { manualClock } from '../../../src/manual-clock.ts';
import { opened } from './support/open.ts';

const parkedStream = '$persistentsubscription-orders::billing-parked';
const checkpointStream = '$persistentsubscription-orders::billing-checkpoint';

async function connected(options: EventStoreServerOptions = {}) {
  const server = await eventStoreServer(options);
  onTestFinished(() => server.close());
  const client = KurrentDBClient.connectionString(server.connectionString);
  onTestFinished(() => client.dispose());

  return {
    server,
    client,
    create: (settings: Partial<PersistentSubscriptionToStreamSettings> = {}) =>
      client.createPersistentSubscriptionToStream(
        'orders',
        'billing',
        persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START, ...settings }),
      ),
    place: (count: number) =>
      server.append(
        'orders',
        Array.from({ length: count }, (_, n) => ({ type: 'placed', data: { n } })),
      ),
    subscribe: (bufferSize = 10) =>
      opened(client.subscribeToPersistentSubscriptionToStream('orders', 'billing', { bufferSize })),
    info: () => client.getPersistentSubscriptionToStreamInfo('orders', 'billing'),
  };
}

describe('a consumer', () => {
  test('gets what came after the checkpoint once more when the server was stopped and started', async () => {
    const { server, create, place, subscribe, info } = await connected();
    await create();
    place(3);
    const before = await subscribe();
    await vi.waitUntil(() => before.events.length === 3);
    await before.subscription.ack(...before.events);
    await vi.waitUntil(async () => (await info()).stats.totalInFlightMessages === 0);
    await server.nodes[0]?.stop();
    await before.failed;
    await server.nodes[0]?.start();
    const { events } = await subscribe();
    await vi.waitUntil(() => events.length === 3);
    expect(events.map(({ event, retryCount }) => [event?.data, retryCount])).toEqual([
      [{ n: 0 }, 0],
      [{ n: 1 }, 0],
      [{ n: 2 }, 0],
    ]);
  });

  test('gets events, as many as its buffer takes, and acks them in batches', async () => {
    const { create, place, subscribe, client } = await connected();
    await create();
    place(3);
    const { subscription, events } = await subscribe(2);
    await vi.waitUntil(() => events.length === 2);
    await subscription.ack(...events);
    await vi.waitUntil(() => events.length === 3);
    await client.appendToStream('orders', [jsonEvent({ type: 'placed', data: { n: 3 } })]);
    await vi.waitUntil(() => events.length === 4);
    expect(events.map(({ event }) => event?.data)).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }, { n: 3 }]);
    expect(events.map(({ retryCount }) => retryCount)).toEqual([0, 0, 0, 0]);
    expect(events[0]?.event).toMatchObject({ streamId: 'orders', revision: 0n, type: 'placed' });
  });

  test('nacks events: again, parked, skipped, stopped', async () => {
    const { create, place, subscribe, server, info } = await connected();
    await create();
    place(4);
    const { subscription, events } = await subscribe();
    await vi.waitUntil(() => events.length === 4);
    const [retried, parked, skipped, stopped] = events;
    if (!retried || !parked || !skipped || !stopped) throw new Error('Four events were there.');
    await subscription.nack('park', 'no such customer', parked);
    await subscription.nack('skip', 'of no interest', skipped);
    await subscription.nack('stop', 'no more', stopped);
    await subscription.nack('retry', 'busy', retried);
    await vi.waitUntil(() => events.length === 5);
    expect(events[4]).toMatchObject({ retryCount: 1, event: { revision: 0n } });
    const [link] = server.read(parkedStream, { resolveLinks: true });
    expect(link?.event?.revision).toBe(1n);
    expect((await info()).stats).toMatchObject({ parkedMessageCount: 1n, totalInFlightMessages: 1 });
  });

  test('gets an event again when its time is up', async () => {
    const clock = manualClock();
    const { create, place, subscribe } = await connected({ clock });
    await create({ messageTimeout: 5_000 });
    place(1);
    const { events } = await subscribe();
    await vi.waitUntil(() => events.length === 1);
    await clock.advance(5_000);
    await vi.waitUntil(() => events.length === 2);
    expect(events[1]?.retryCount).toBe(1);
  });

  test('that leaves has its events go to another', async () => {
    const { create, place, subscribe } = await connected();
    await create({ consumerStrategyName: 'DispatchToSingle' });
    place(2);
    const leaving = await subscribe();
    await vi.waitUntil(() => leaving.events.length === 2);
    const staying = await subscribe();
    await leaving.subscription.unsubscribe();
    await vi.waitUntil(() => staying.events.length === 2);
    expect(staying.events.map(({ retryCount }) => retryCount)).toEqual([1, 1]);
  });

  test('whose connection breaks has its events go to another', async () => {
    const { create, place, subscribe, server } = await connected();
    await create();
    place(1);
    const broken = await subscribe();
    await vi.waitUntil(() => broken.events.length === 1);
    expect(server.faults.killConnections()).toBeGreaterThan(0);
    await broken.failed;
    const next = await subscribe();
    await vi.waitUntil(() => next.events.length === 1);
    expect(next.events[0]?.retryCount).toBe(1);
  });

  test('is refused where there are as many as there may be', async () => {
    const { create, subscribe } = await connected();
    await create({ maxSubscriberCount: 1 });
    await subscribe();
    await expect(subscribe()).rejects.toMatchObject({
      type: 'maximum-subscribers-reached',
      streamName: 'orders',
      groupName: 'billing',
    });
  });

  test('is refused where there is no group', async () => {
    const { subscribe } = await connected();
    await expect(subscribe()).rejects.toMatchObject({
      type: 'persistent-subscription-does-not-exist',
      streamName: 'orders',
      groupName: 'billing',
    });
  });

  test('is dropped when the group is deleted', async () => {
    const { create, subscribe, client } = await connected();
    await create();
    const { failed } = await subscribe();
    await client.deletePersistentSubscriptionToStream('orders', 'billing');
    await expect(failed).resolves.toMatchObject({
      type: 'persistent-subscription-dropped',
      streamName: 'orders',
      groupName: 'billing',
    });
  });

  test('is dropped when the settings change', async () => {
    const { create, subscribe, client, info } = await connected();
    await create();
    const { failed } = await subscribe();
    const settings = persistentSubscriptionToStreamSettingsFromDefaults({
      startFrom: START,
      maxRetryCount: 3,
    });
    await client.updatePersistentSubscriptionToStream('orders', 'billing', settings);
    await expect(failed).resolves.toMatchObject({ type: 'persistent-subscription-dropped' });
    expect((await info()).settings.maxRetryCount).toBe(3);
  });

  test('is ended on command, as each subscription', async () => {
    const { create, subscribe, server } = await connected();
    await create();
    const { failed } = await subscribe();
    expect(server.counters.subscriptions).toBe(1);
    expect(server.faults.endSubscriptions(refusals.notReady)).toBe(1);
    await expect(failed).resolves.toMatchObject({ type: 'unavailable' });
    expect(server.counters.subscriptions).toBe(0);
  });
});

describe('managing groups', () => {
  test('a group starts at the end unless it is told otherwise', async () => {
    const { client, place, subscribe, info } = await connected();
    place(2);
    const settings = persistentSubscriptionToStreamSettingsFromDefaults();
    await client.createPersistentSubscriptionToStream('orders', 'billing', settings);
    expect((await info()).settings).toEqual(settings);
    place(1);
    const { events } = await subscribe();
    await vi.waitUntil(() => events.length > 0);
    expect(events[0]?.event?.revision).toBe(2n);
  });

  test('a group exists once', async () => {
    const { create } = await connected();
    await create();
    await expect(create()).rejects.toMatchObject({
      type: 'persistent-subscription-exists',
      streamName: 'orders',
      groupName: 'billing',
    });
  });

  test('settings that make no sense are refused', async () => {
    const { create } = await connected();
    await expect(create({ readBatchSize: 500, historyBufferSize: 500 })).rejects.toMatchObject({
      type: 'persistent-subscription-failed',
      reason: 'The history buffer size (500) must be greater than the read batch size (500).',
    });
  });

  test('what is not there can not be updated, deleted, described or replayed', async () => {
    const { client, info } = await connected();
    const missing = { type: 'persistent-subscription-does-not-exist', groupName: 'billing' };
    const settings = persistentSubscriptionToStreamSettingsFromDefaults();
    await expect(
      client.updatePersistentSubscriptionToStream('orders', 'billing', settings),
    ).rejects.toMatchObject(missing);
    await expect(client.deletePersistentSubscriptionToStream('orders', 'billing')).rejects.toMatchObject(
      missing,
    );
    await expect(info()).rejects.toMatchObject(missing);
    await expect(client.replayParkedMessagesToStream('orders', 'billing')).rejects.toMatchObject(missing);
    await expect(client.listPersistentSubscriptionsToStream('orders')).rejects.toMatchObject({
      type: 'persistent-subscription-does-not-exist',
    });
    await expect(client.listAllPersistentSubscriptions()).resolves.toEqual([]);
  });

  test('a group tells its settings as they were given, and what it does', async () => {
    const { create, place, subscribe, info, client } = await connected();
    const settings = persistentSubscriptionToStreamSettingsFromDefaults({
      startFrom: 1n,
      resolveLinkTos: true,
      messageTimeout: 7_000,
      maxRetryCount: 3,
      checkPointAfter: 1_500,
      checkPointLowerBound: 4,
      checkPointUpperBound: 40,
      maxSubscriberCount: 5,
      liveBufferSize: 400,
      readBatchSize: 30,
      historyBufferSize: 300,
      consumerStrategyName: 'PinnedByCorrelation',
    });
    await create(settings);
    place(4);
    const { events } = await subscribe(2);
    await vi.waitUntil(() => events.length === 2);
    const described = await info();
    expect(described.settings).toEqual(settings);
    expect(described).toMatchObject({
      eventSource: 'orders',
      groupName: 'billing',
      status: 'Behind',
      stats: { totalItems: 2n, totalInFlightMessages: 2, lastKnownEventRevision: 3n, readBufferCount: 1 },
      connections: [{ availableSlots: 0, inFlightMessages: 2, totalItems: 2n }],
    });
    await expect(client.listAllPersistentSubscriptions()).resolves.toHaveLength(1);
    await expect(client.listPersistentSubscriptionsToStream('orders')).resolves.toEqual([described]);
  });

  test('parked events are replayed, once at a time', async () => {
    const clock = manualClock();
    const { create, place, subscribe, info, client } = await connected({ clock });
    await create();
    place(2);
    const { subscription, events } = await subscribe();
    await vi.waitUntil(() => events.length === 2);
    await subscription.nack('park', 'later', ...events);
    await vi.waitUntil(async () => (await info()).stats.parkedMessageCount === 2n);
    await client.replayParkedMessagesToStream('orders', 'billing', { stopAt: 1 });
    await expect(client.replayParkedMessagesToStream('orders', 'billing')).rejects.toMatchObject({
      type: 'persistent-subscription-failed',
      reason: 'A replay of parked messages is already in progress.',
    });
    await clock.advance(0);
    await vi.waitUntil(() => events.length === 3);
    expect(events[2]).toMatchObject({
      event: { revision: 0n },
      link: { streamId: parkedStream },
      retryCount: 0,
    });
    expect((await info()).stats.parkedMessageCount).toBe(1n);
  });

  test('a restart of the subsystem drops the consumers and goes on from checkpoints', async () => {
    const { create, place, subscribe, client, server } = await connected();
    await create({ checkPointLowerBound: 1, checkPointUpperBound: 2 });
    place(3);
    const { subscription, events, failed } = await subscribe();
    await vi.waitUntil(() => events.length === 3);
    await subscription.ack(...events.slice(0, 2));
    await vi.waitUntil(() => server.read(checkpointStream).length > 0);
    await client.restartPersistentSubscriptionSubsystem();
    await expect(failed).resolves.toMatchObject({ type: 'persistent-subscription-dropped' });
    const next = await subscribe();
    await vi.waitUntil(() => next.events.length === 1);
    expect(next.events[0]?.event?.revision).toBe(2n);
  });
});

test('a group to $all gets what its filter lets through', async () => {
  const { client, server, place } = await connected();
  const settings = persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START });
  await client.createPersistentSubscriptionToAll('billing', settings, {
    filter: eventTypeFilter({ prefixes: ['pl'] }),
  });
  place(1);
  server.append('orders', [{ type: 'paid', data: {} }]);
  place(1);
  const { events } = await opened(client.subscribeToPersistentSubscriptionToAll('billing'));
  await vi.waitUntil(() => events.length === 2);
  expect(events.map(({ event }) => event?.revision)).toEqual([0n, 2n]);
  const described = await client.getPersistentSubscriptionToAllInfo('billing');
  expect(described).toMatchObject({ eventSource: '$all', settings: { startFrom: START } });
  expect(described.stats.lastKnownEventPosition).toEqual(server.log.at(-1)?.position);
  await client.deletePersistentSubscriptionToAll('billing');
  await expect(client.listPersistentSubscriptionsToAll()).rejects.toMatchObject({
    type: 'persistent-subscription-does-not-exist',
  });
});

test('resolved links of a category are acked by the link, also when their event is gone', async () => {
  const { client, server } = await connected();
  const settings = persistentSubscriptionToStreamSettingsFromDefaults({
    startFrom: START,
    resolveLinkTos: true,
  });
  server.append('order-1', [{ type: 'placed', data: {} }]);
  server.append('order-2', [{ type: 'placed', data: {} }]);
  server.deleteStream('order-1');
  await client.createPersistentSubscriptionToStream('$ce-order', 'billing', settings);
  const { events, subscription } = await opened(
    client.subscribeToPersistentSubscriptionToStream('$ce-order', 'billing', { bufferSize: 1 }),
  );
  await vi.waitUntil(() => events.length === 1);
  expect(events[0]).toMatchObject({ link: { streamId: '$ce-order' } });
  expect(events[0]?.event).toBeUndefined();
  await subscription.ack(...events);
  await vi.waitUntil(() => events.length === 2);
  expect(events[1]).toMatchObject({ event: { streamId: 'order-2' }, link: { revision: 1n } });
});

test('events come twice where the server is told so', async () => {
  const { create, place, subscribe, server } = await connected();
  await create();
  server.faults.duplicate(1);
  place(2);
  const { events } = await subscribe();
  await vi.waitUntil(() => events.length === 3);
  expect(events.map(({ event }) => event?.revision)).toEqual([0n, 0n, 1n]);
});

test('who may not read the stream may not consume it', async () => {
  const { create, subscribe, server } = await connected();
  await create();
  server.deny('orders');
  await expect(subscribe()).rejects.toMatchObject({ type: 'access-denied' });
});

test('only the leader answers', async () => {
  const { client, server } = await connected({ nodes: 3 });
  server.nodes[1]?.lead();
  const follower = KurrentDBClient.connectionString(`kurrentdb://127.0.0.1:${server.port}?tls=false`);
  onTestFinished(() => follower.dispose());
  const settings = persistentSubscriptionToStreamSettingsFromDefaults();
  await expect(
    follower.createPersistentSubscriptionToStream('orders', 'billing', settings),
  ).rejects.toMatchObject({
    type: 'not-leader',
    leader: { address: '127.0.0.1', port: server.nodes[1]?.port },
  });
  await client.createPersistentSubscriptionToStream('orders', 'billing', settings);
});

test('with another leader, consumers are dropped and groups go on from their checkpoints', async () => {
  const { create, place, subscribe, server } = await connected({ nodes: 2 });
  await create({ checkPointLowerBound: 1, checkPointUpperBound: 2 });
  place(4);
  const before = await subscribe();
  await vi.waitUntil(() => before.events.length === 4);
  await before.subscription.ack(...before.events.slice(0, 2));
  await before.subscription.ack(...before.events.slice(2, 3));
  await vi.waitUntil(() => server.read(checkpointStream).length > 0);
  server.nodes[1]?.lead();
  await expect(before.failed).resolves.toMatchObject({ type: 'persistent-subscription-dropped' });
  await expect(subscribe()).rejects.toMatchObject({ type: 'not-leader' });
  const after = await subscribe();
  await vi.waitUntil(() => after.events.length > 0);
  expect(after.events[0]?.event?.revision).toBe(2n);
});
