import { expect, test } from 'vitest';
import { orders, setUp } from './support/setting.ts';
import { advanceUntil, until } from './support/until.ts';

const fromEarliest = { start: () => ({ from: 'earliest' }) as const };

test('reads on after the events that are there already, in order', async () => {
  const { publish, read } = await setUp();
  publish(1, 2, 3);
  const reading = await read(fromEarliest);
  await reading.count(3);
  publish(4, 5);
  await reading.count(5);
  expect(reading.numbers).toEqual([1, 2, 3, 4, 5]);
  expect(reading.session.details()).toEqual({
    state: 'reading',
    waiting: 0,
    channels: { [orders]: { state: 'subscribed' } },
  });
});

test('starts at the tip, and tells when that was, allowing for a clock that is ahead', async () => {
  const { publish, read, clock, pubsub } = await setUp();
  publish(1);
  const reading = await read();
  await until(() => pubsub.counters.streams === 1);
  await until(() => pubsub.counters.requested > 0);
  publish(2);
  await reading.count(1);
  expect(reading.numbers).toEqual([2]);
  expect(reading.tips).toEqual([[orders, clock.now() - 5_000]]);
});

test('goes on after a cursor, which has all ten bytes of the replay id', async () => {
  const { publish, read } = await setUp();
  publish(1, 2, 3);
  const first = await read(fromEarliest);
  await first.count(3);
  const cursor = first.arrivals[1]?.cursor ?? '';
  expect(Buffer.from(cursor, 'base64url')).toHaveLength(10);
  const second = await read({ start: () => ({ from: 'after', cursor }) });
  await second.count(1);
  expect(second.numbers).toEqual([3]);
});

test('has the shape that events have over CometD', async () => {
  const { org, read } = await setUp({
    channels: { [orders]: { fields: { Total__c: { type: 'double' }, Note__c: { type: 'string' } } } },
  });
  const { id } = org.publish(orders, { Total__c: 1.5 });
  const { arrivals, count } = await read(fromEarliest);
  await count(1);
  const [arrival] = arrivals;
  expect(arrival?.channel).toBe(orders);
  expect(arrival?.failure).toBeUndefined();
  expect(arrival?.data).toEqual({
    schema: expect.stringMatching(/.{10,}/),
    event: { EventUuid: id, replayId: arrival?.cursor },
    // What is not set is null, where CometD leaves it out.
    payload: {
      CreatedDate: expect.any(Number),
      CreatedById: expect.stringMatching(/^005/),
      Total__c: 1.5,
      Note__c: null,
    },
  });
});

test('names the type of an event on a custom channel', async () => {
  const custom = '/event/All__chn';
  const { org, read } = await setUp({ channels: { [orders]: {}, [custom]: { members: [orders] } } });
  org.publish(orders, { N: 1 });
  const { arrivals, count } = await read({ ...fromEarliest, channels: [custom] });
  await count(1);
  expect(arrivals[0]?.data.event).toMatchObject({ EventApiName: 'Order__e' });
});

test('keeps the order when the schema changes, and asks for each schema once', async () => {
  const fields = { N: { type: 'int' } } as const;
  const other = '/event/Other__e';
  const { org, publish, read, pubsub } = await setUp({ channels: { [orders]: { fields }, [other]: {} } });
  const reading = await read({ ...fromEarliest, channels: [orders, other] });
  await until(() => pubsub.counters.streams === 2);
  publish(1, 2);
  org.log.redefine(orders, { ...fields, New__c: { type: 'string' } });
  await reading.count(2);
  org.publish(orders, { N: 3, New__c: 'now' });
  // The schema of this one is known, so that it could overtake.
  org.log.redefine(orders, fields);
  publish(4);
  await reading.count(4);
  expect(reading.numbers).toEqual([1, 2, 3, 4]);
  expect(reading.arrivals.map(({ data }) => 'New__c' in (data.payload as object))).toEqual([
    false,
    false,
    true,
    false,
  ]);
  expect(pubsub.counters.schemas).toBe(2);
});

test('hands on what it can not decode, with the reason, and goes on', async () => {
  const { publish, read, pubsub } = await setUp();
  pubsub.refuseNext('GetSchema', { status: 'NOT_FOUND' });
  publish(1);
  const reading = await read(fromEarliest);
  await reading.count(1);
  publish(2);
  await reading.count(2);
  const [bad, good] = reading.arrivals;
  expect(bad?.failure).toMatchObject({ code: 'SALESFORCE_EVENT_INVALID' });
  expect(bad?.data).toEqual({
    schema: expect.any(String),
    event: { EventUuid: expect.any(String), replayId: bad?.cursor },
  });
  expect(good?.failure).toBeUndefined();
  expect(good?.data.payload).toMatchObject({ N: 2 });
});

test('never has more than 100 events asked for or waiting, over all channels', async () => {
  const { org, publish, read, pubsub } = await setUp({ channels: { [orders]: {}, '/event/Other__e': {} } });
  publish(...Array.from({ length: 300 }, (_, index) => index));
  const reading = await read({ ...fromEarliest, channels: [orders, '/event/Other__e'], room: 10 });
  await reading.count(10);
  await until(() => pubsub.counters.requested >= 100);
  org.publish('/event/Other__e', { N: -1 });
  await reading.count(10);
  expect(reading.mostTaken).toBe(10);
  // 10 with the reader, and 50 for each channel asked for or waiting.
  expect(pubsub.counters.requested).toBeLessThanOrEqual(110);
  reading.free(1_000);
  await reading.count(301);
  expect(reading.numbers.filter((number) => number !== -1)).toEqual(
    Array.from({ length: 300 }, (_, index) => index),
  );
});

test('a reader that is full for long loses its stream, and goes on where it stopped', async () => {
  const { publish, read, pubsub, clock } = await setUp();
  publish(...Array.from({ length: 250 }, (_, index) => index));
  const reading = await read({ ...fromEarliest, room: 5 });
  await until(() => pubsub.counters.delivered === 105);
  await until(() => reading.session.details().channels[orders]?.state === 'paused');
  await advanceUntil(clock, 1_000, () => pubsub.counters.streams === 0);
  expect(pubsub.counters.subscribes).toBe(1);
  reading.free(1_000);
  await reading.count(250);
  expect(reading.numbers).toEqual(Array.from({ length: 250 }, (_, index) => index));
  expect(pubsub.counters.subscribes).toBe(2);
  expect(reading.troubles).toEqual([]);
});

test('a sign of life moves the position of a quiet channel', async () => {
  const { publish, read, pubsub, clock } = await setUp();
  const reading = await read();
  await until(() => pubsub.counters.requested > 0 && reading.fetches === 1);
  await advanceUntil(clock, 10_000, () => reading.passed.length === 2);
  expect(reading.passed.every(({ channel }) => channel === orders)).toBe(true);
  expect(new Set(reading.passed.map(({ cursor }) => cursor)).size).toBe(2);
  expect(reading.fetches).toBe(3);

  // And from there it goes on when the stream breaks, without an event so far.
  pubsub.endStreams({ status: 'UNAVAILABLE' });
  publish(1);
  await advanceUntil(clock, 1_000, () => reading.arrivals.length === 1);
  expect(reading.numbers).toEqual([1]);
});

test('passed positions do not pile up while there is no room', async () => {
  const other = '/event/Other__e';
  const { org, publish, read, pubsub, clock } = await setUp({ channels: { [orders]: {}, [other]: {} } });
  publish(1, 2);
  const reading = await read({ ...fromEarliest, channels: [orders, other], room: 1 });
  await reading.count(1);
  await until(() => pubsub.counters.streams === 2);
  await advanceUntil(clock, 10_000, () => pubsub.counters.keepAlives >= 6);
  reading.free(10);
  await reading.count(2);
  org.publish(other, { N: 3 });
  await reading.count(3);
  expect(reading.passed.length).toBeLessThanOrEqual(4);
});

test('subscribes to what is added, and no longer to what is removed', async () => {
  const other = '/event/Other__e';
  const { org, publish, read, pubsub } = await setUp({ channels: { [orders]: {}, [other]: {} } });
  const reading = await read();
  await until(() => pubsub.counters.requested > 0);
  reading.subscriptions.add(other);
  await until(() => pubsub.counters.streams === 2);
  reading.subscriptions.remove(orders);
  await until(() => pubsub.counters.streams === 1);
  publish(1);
  org.publish(other, { N: 2 });
  await reading.count(1);
  expect(reading.numbers).toEqual([2]);
  expect(Object.keys(reading.session.details().channels)).toEqual([other]);
});

test('ends soon after the signal, and closes twice', async () => {
  const { read, pubsub } = await setUp();
  const reading = await read();
  await until(() => pubsub.counters.streams === 1);
  reading.abort();
  await reading.ended;
  await until(() => pubsub.counters.streams === 0);
  await reading.session.close();
  await reading.session.close();
  expect(reading.session.details().state).toBe('closed');
});

test('close ends a read that waits', async () => {
  const { read, pubsub } = await setUp();
  const reading = await read();
  await until(() => pubsub.counters.streams === 1);
  await reading.session.close();
  await expect(reading.ended).resolves.toBeUndefined();
  await until(() => pubsub.counters.streams === 0);
});
