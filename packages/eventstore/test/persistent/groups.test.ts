import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import type { EventStoreServer } from '@millrace/testing/eventstore';
import { eventStoreServer } from '@millrace/testing/eventstore';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EventstoreGroups } from '../../src/persistent/groups.ts';
import { eventstoreGroups } from '../../src/persistent/groups.ts';

let server: EventStoreServer;
let client: KurrentDBClient;
let groups: EventstoreGroups;

beforeEach(async () => {
  server = await eventStoreServer();
  client = KurrentDBClient.connectionString(server.connectionString);
  groups = eventstoreGroups({ client });
});

afterEach(async () => {
  await groups.close();
  await client.dispose();
  await server.close();
});

const billing = { from: { stream: 'orders' }, group: 'billing' } as const;
const caught = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

it('creates a group once, tells of it, and deletes it once', async () => {
  expect(await groups.create(billing, { maxRetryCount: 3 })).toBe(true);
  expect(await groups.create(billing, { maxRetryCount: 4 })).toBe(false);

  expect(await groups.info(billing)).toMatchObject({
    eventSource: 'orders',
    groupName: 'billing',
    settings: { maxRetryCount: 3, startFrom: 'end' },
  });
  expect(await groups.delete(billing)).toBe(true);
  expect(await groups.delete(billing)).toBe(false);
  expect(await caught(groups.info(billing))).toMatchObject({ code: 'EVENTSTORE_GROUP_MISSING' });
});

it('lists the groups of all streams and of the log', async () => {
  await groups.create(billing);
  await groups.create({ from: { category: 'order' }, group: 'read-model' });
  await groups.create({ from: { all: true }, group: 'audit' });

  const names = (await groups.list()).map(({ eventSource, groupName }) => [eventSource, groupName]);

  expect(names).toEqual([
    ['orders', 'billing'],
    ['$ce-order', 'read-model'],
    ['$all', 'audit'],
  ]);
});

it('updates what differs, and nothing where nothing does', async () => {
  await groups.create(billing, { maxRetryCount: 3, readBatchSize: 30 });

  expect(await groups.update(billing, { maxRetryCount: 3 })).toEqual([]);
  expect(server.counters.calls['PersistentSubscriptions.Update'] ?? 0).toBe(0);
  expect(await groups.update(billing, { maxRetryCount: 5 })).toEqual(['maxRetryCount']);
  expect((await groups.info(billing)).settings).toMatchObject({ maxRetryCount: 5, readBatchSize: 30 });
});

it('counts, lists and replays what is parked', async () => {
  server.append('orders', [{ type: 'A' }, { type: 'B' }, { type: 'C' }]);
  await groups.create(billing, { startFrom: 'start' });
  const seen: string[] = [];
  const subscription = client.subscribeToPersistentSubscriptionToStream('orders', 'billing');
  subscription.on('error', () => {});
  subscription.on('data', (event) => {
    seen.push(event.event?.type ?? '');
    void (seen.length <= 2 ? subscription.nack('park', 'test', event) : subscription.ack(event));
  });
  await expect.poll(() => groups.countParked(billing)).toBe(2n);

  const parked = [];
  for await (const { event } of groups.parked(billing)) parked.push(event?.type);
  await groups.replayParked(billing);

  expect(parked).toEqual(['A', 'B']);
  await expect.poll(() => seen).toEqual(['A', 'B', 'C', 'A', 'B']);
  await expect.poll(() => groups.countParked(billing)).toBe(0n);
  await subscription.unsubscribe();
});

it('has nothing parked at first', async () => {
  await groups.create(billing);

  expect(await groups.countParked(billing)).toBe(0n);
  expect((await groups.parked(billing).next()).done).toBe(true);
});

it('refuses a start that is not of the kind', async () => {
  const wrong = groups.create(billing, { startFrom: { commit: 1n, prepare: 1n } });

  expect(await caught(wrong)).toMatchObject({ code: 'EVENTSTORE_OPTIONS' });
});
