import { refusals } from '@millrace/testing/salesforce-pubsub';
import { expect, test } from 'vitest';
import type { Setting } from './support/setting.ts';
import { orders, setUp } from './support/setting.ts';
import { advanceUntil, until } from './support/until.ts';

const managedSubscriptions = [
  { developerName: 'Billing', topicName: orders, defaultReplay: 'EARLIEST' },
] as const;

async function setUpManaged() {
  const setting = await setUp({ managedSubscriptions });
  const managed = setting.pubsub.managedSubscriptions[0];
  if (!managed) throw new Error('There is no managed subscription.');
  return { ...setting, managed, readManaged: (name = 'Billing') => readManaged(setting, name) };
}

async function readManaged(setting: Setting, managedSubscription: string) {
  const reader = await setting.read({
    options: { pubsub: { managedSubscription } },
    start: () => {
      throw new Error('Salesforce says where to start.');
    },
  });
  const { commit } = reader.session;
  if (!commit) throw new Error('The session can not commit.');
  return { ...reader, reader, commit: (place: number) => commit(orders, cursorAt(place)) };

  function cursorAt(place: number): string {
    return reader.arrivals[place]?.cursor ?? '';
  }
}

test('starts where the record says, and goes on after what was committed', async () => {
  const { publish, managed, readManaged } = await setUpManaged();
  publish(1, 2, 3);
  const { reader, commit } = await readManaged();
  await reader.count(3);
  await commit(1);
  expect(managed.committed).toBeDefined();
  await reader.close();

  const { reader: next } = await readManaged(managed.id);
  await next.count(1);
  expect(next.numbers).toEqual([3]);
});

test('several commits at a time, and one after the intake has ended', async () => {
  const { publish, managed, pubsub, readManaged } = await setUpManaged();
  publish(1, 2, 3);
  const { reader, commit } = await readManaged();
  await reader.count(3);
  await Promise.all([commit(0), commit(1)]);
  const before = managed.committed;
  reader.abort();
  await reader.ended;
  await commit(2);
  expect(Number(managed.committed)).toBeGreaterThan(Number(before));
  expect(pubsub.counters.commits).toBe(3);
  await reader.session.close();
});

test('commits the positions of quiet times', async () => {
  const { publish, managed, clock, readManaged } = await setUpManaged();
  publish(1);
  const { reader } = await readManaged();
  await reader.count(1);
  await advanceUntil(clock, 10_000, () => reader.passed.length === 1);
  await reader.session.commit?.(orders, reader.passed[0]?.cursor ?? '');
  const committed = managed.committed;
  await reader.close();
  const { reader: next } = await readManaged();
  publish(2);
  await next.count(1);
  expect(next.numbers).toEqual([2]);
  expect(committed).toBeDefined();
});

test('what was not committed comes once more on a new stream, and is left out as it is with core already', async () => {
  const { publish, pubsub, clock, readManaged } = await setUpManaged();
  publish(1, 2, 3);
  const { reader, commit } = await readManaged();
  await reader.count(3);
  await commit(0);
  pubsub.endStreams(refusals.unavailable);
  publish(4);
  await advanceUntil(clock, 500, () => reader.arrivals.length >= 4);
  expect(reader.numbers).toEqual([1, 2, 3, 4]);
  // 3, then 2, 3 and 4.
  expect(pubsub.counters.delivered).toBe(6);
  await commit(3);
  publish(...Array.from({ length: 300 }, (_, index) => index + 5));
  await reader.count(304);
});

test('a commit is refused while there is no stream, and works when there is one again', async () => {
  const { publish, pubsub, clock, readManaged } = await setUpManaged();
  publish(1);
  const { reader, commit } = await readManaged();
  await reader.count(1);
  pubsub.endStreams(refusals.unavailable);
  await until(() => reader.troubles.length === 1);
  await expect(commit(0)).rejects.toMatchObject({ code: 'SALESFORCE_CONNECTION_LOST' });
  await advanceUntil(clock, 500, () => pubsub.counters.streams === 1);
  await commit(0);
});

test('a commit that the stream does not live to answer is refused', async () => {
  const { publish, pubsub, readManaged } = await setUpManaged();
  publish(1);
  const { reader, commit } = await readManaged();
  await reader.count(1);
  const committing = commit(0);
  pubsub.endStreams(refusals.unavailable);
  await expect(committing).rejects.toMatchObject({
    code: 'SALESFORCE_CONNECTION_LOST',
    message: expect.stringContaining('Billing'),
  });
});

test('a position that the server does not keep is refused', async () => {
  const { publish, readManaged, org } = await setUpManaged();
  publish(1);
  const { reader, commit } = await readManaged();
  await reader.count(1);
  org.deleteEvents(orders);
  await expect(commit(0)).rejects.toMatchObject({
    message: expect.stringContaining('The replay id is invalid.'),
  });
});

test('a committed position that has become invalid is the business of the record', async () => {
  const { publish, readManaged, org, pubsub, clock } = await setUpManaged();
  publish(1);
  const { reader, commit } = await readManaged();
  await reader.count(1);
  await commit(0);
  org.deleteEvents(orders);
  pubsub.refuseNext('ManagedSubscribe', refusals.corrupted, 2);
  pubsub.endStreams(refusals.unavailable);
  await advanceUntil(clock, 500, () => pubsub.counters.streams === 1);
  await until(() => pubsub.counters.requested > 100);
  publish(2);
  await reader.count(2);
  expect(reader.fallBacks).toEqual([]);
});

test('a second client of the subscription waits for its turn', async () => {
  const { publish, readManaged, clock } = await setUpManaged();
  const { reader: first } = await readManaged();
  publish(1);
  await first.count(1);
  const { reader: second } = await readManaged();
  await until(() => second.troubles.length === 1);
  await first.close();
  await advanceUntil(clock, 1_000, () => second.arrivals.length === 1);
  expect(second.numbers).toEqual([1]);
});

test('a second channel is not read by the subscription of the first', async () => {
  const { readManaged, publish, org, pubsub } = await setUpManaged();
  org.log.define('/event/Other__e');
  publish(1);
  const { reader } = await readManaged();
  await reader.count(1);
  reader.subscriptions.add('/event/Other__e');
  expect(reader.troubles).toMatchObject([{ code: 'SALESFORCE_OPTIONS' }]);
  expect(pubsub.counters.subscribes).toBe(1);
});
