import { describe, expect, test } from 'vitest';
import { checkpointStream, groupBench, parkedStream } from './support/group-bench.ts';

describe('checkpoints', () => {
  test('the maximum count of events writes one at once', () => {
    const bench = groupBench({ minCheckpointCount: 2, maxCheckpointCount: 4 });
    bench.start();
    bench.place(10);
    const consumer = bench.connect(10);
    bench.group.ack(consumer.ids.slice(0, 3));
    expect(bench.read(checkpointStream)).toEqual([]);
    bench.group.ack(consumer.ids.slice(3, 4));
    expect(bench.read(checkpointStream)).toEqual(['"3"']);
  });

  test('one stands before the first event that is not done', async () => {
    const bench = groupBench({ minCheckpointCount: 1 });
    bench.start();
    bench.place(10);
    const consumer = bench.connect(10);
    bench.group.ack([...consumer.ids.slice(0, 3), ...consumer.ids.slice(5)]);
    await bench.clock.advance(1_000);
    expect(bench.read(checkpointStream)).toEqual(['"2"']);
  });

  test('events that wait for another try are not done', async () => {
    const bench = groupBench({ minCheckpointCount: 1 });
    bench.start();
    bench.place(5);
    const consumer = bench.connect(5);
    bench.group.ack(consumer.ids.filter((_, index) => index !== 2));
    bench.group.disconnect(consumer.consumer);
    await bench.clock.advance(1_000);
    expect(bench.read(checkpointStream)).toEqual(['"1"']);
  });

  test('on a tick, when the minimum was passed and the last one is old enough', async () => {
    const bench = groupBench({ minCheckpointCount: 2, checkpointAfter: 3_000 });
    bench.start();
    bench.place(5);
    const consumer = bench.connect(5);
    bench.group.ack(consumer.ids.slice(0, 1));
    await bench.clock.advance(1_000);
    expect(bench.read(checkpointStream)).toEqual([]);
    bench.group.ack(consumer.ids.slice(1, 2));
    await bench.clock.advance(1_000);
    expect(bench.read(checkpointStream)).toEqual(['"1"']);
    bench.group.ack(consumer.ids.slice(2));
    await bench.clock.advance(2_000);
    expect(bench.read(checkpointStream)).toEqual(['"1"']);
    await bench.clock.advance(1_000);
    expect(bench.read(checkpointStream)).toEqual(['"1"', '"4"']);
  });

  test('nothing is written as long as nothing is done', async () => {
    const bench = groupBench({ minCheckpointCount: 0, checkpointAfter: 0 });
    bench.start();
    bench.place(5);
    bench.connect(5);
    await bench.clock.advance(10_000);
    expect(bench.read(checkpointStream)).toEqual([]);
  });

  test('the stream keeps the last two', () => {
    const bench = groupBench({ minCheckpointCount: 1, maxCheckpointCount: 1 });
    bench.start();
    bench.place(5);
    bench.group.ack(bench.connect(5).ids);
    for (const id of bench.place(3)) bench.group.ack([id]);
    expect(bench.read(checkpointStream)).toEqual(['"6"', '"7"']);
  });

  test('a group starts again after its checkpoint, and repeats what came later', () => {
    const bench = groupBench({ minCheckpointCount: 1, maxCheckpointCount: 3 });
    bench.start();
    bench.place(5);
    const consumer = bench.connect(10);
    bench.group.ack(consumer.ids.slice(0, 3));
    bench.group.ack(consumer.ids.slice(3));
    bench.groups.restart();
    expect(consumer.dropped).toBe(true);
    expect(bench.connect(10).received).toEqual(['orders@3', 'orders@4']);
  });

  test('in $all, events that the filter kept back count as well', () => {
    const bench = groupBench({ minCheckpointCount: 1, maxCheckpointCount: 5 }, '$all');
    bench.start((record) => record.stream === 'orders');
    bench.place(5, 'customers');
    const last = bench.store.log.findLast(({ stream }) => stream === 'customers');
    bench.connect(1);
    expect(bench.read('$persistentsubscription-$all::billing-checkpoint')).toEqual([
      `"C:${last?.position.commit}/P:${last?.position.prepare}"`,
    ]);
    bench.place(1);
    bench.groups.restart();
    expect(bench.connect(10).received).toEqual(['orders@0']);
  });

  test('a place that the filter kept back is no checkpoint while an event before it is not done', async () => {
    const bench = groupBench({ minCheckpointCount: 1, maxCheckpointCount: 5 }, '$all');
    bench.start((record) => record.stream === 'orders');
    bench.place(1);
    bench.place(10, 'customers');
    bench.connect(1);
    await bench.clock.advance(10_000);
    expect(bench.read('$persistentsubscription-$all::billing-checkpoint')).toEqual([]);
  });
});

describe('new settings', () => {
  test('drop all consumers and go on from the checkpoint', () => {
    const bench = groupBench({ minCheckpointCount: 1, maxCheckpointCount: 2 });
    bench.start();
    bench.place(4);
    const consumer = bench.connect(10);
    bench.group.ack(consumer.ids.slice(0, 2));
    bench.start(undefined, { maxSubscriberCount: 1, startFrom: 'end' });
    expect(consumer.dropped).toBe(true);
    expect(bench.connect(10).received).toEqual(['orders@2', 'orders@3']);
    expect(bench.connect(10).refused).toBe(true);
  });

  test('leave the filter as it was', () => {
    const bench = groupBench({}, '$all');
    bench.start((record) => record.stream === 'orders');
    bench.start();
    bench.place(1, 'customers');
    bench.place(1);
    expect(bench.connect(10).received).toEqual(['orders@0']);
  });
});

test('a group that is deleted drops its consumers and forgets what it wrote', () => {
  const bench = groupBench({ minCheckpointCount: 1, maxCheckpointCount: 1 });
  bench.start();
  bench.place(2);
  const consumer = bench.connect(10);
  bench.group.nack(consumer.ids.slice(0, 1), 'park', '');
  bench.groups.delete(bench.key);
  expect(consumer.dropped).toBe(true);
  expect(bench.groups.find(bench.key)).toBeUndefined();
  expect([bench.read(parkedStream), bench.read(checkpointStream)]).toEqual([[], []]);
  bench.start();
  expect(bench.connect(10).received).toEqual(['orders@0', 'orders@1']);
});

describe('a replay of parked events', () => {
  function parkAll(bench: ReturnType<typeof groupBench>, count: number) {
    bench.start();
    bench.place(count);
    const consumer = bench.connect(count);
    bench.group.nack(consumer.ids, 'park', '');
    bench.group.disconnect(consumer.consumer);
  }

  test('brings them before new ones, as links in the parked stream, and truncates it', async () => {
    const bench = groupBench();
    parkAll(bench, 2);
    bench.place(1);
    expect(bench.group.replayParked(undefined)).toBe(true);
    await bench.clock.advance(0);
    const consumer = bench.connect(10);
    expect(consumer.received).toEqual([`${parkedStream}@0`, `${parkedStream}@1`, 'orders@2']);
    expect(bench.streams.parked()).toEqual({ first: 2n, end: 2n });
    bench.group.ack(consumer.ids);
    expect(bench.group.stats.inFlight).toBe(0);
  });

  test('stops where it is told', async () => {
    const bench = groupBench();
    parkAll(bench, 3);
    bench.group.replayParked(1n);
    await bench.clock.advance(0);
    expect(bench.connect(10).received).toEqual([`${parkedStream}@0`]);
    expect(bench.streams.parked()).toEqual({ first: 1n, end: 3n });
  });

  test('is refused while one is under way', async () => {
    const bench = groupBench({ readBatchSize: 2 });
    parkAll(bench, 5);
    expect(bench.group.replayParked(undefined)).toBe(true);
    expect(bench.group.replayParked(undefined)).toBe(false);
    await bench.clock.advance(0);
    expect(bench.connect(10).received).toHaveLength(5);
    expect(bench.group.replayParked(undefined)).toBe(true);
  });

  test('leaves out events that are gone', async () => {
    const bench = groupBench();
    parkAll(bench, 2);
    bench.store.delete('orders', 'any', false);
    bench.group.replayParked(undefined);
    await bench.clock.advance(0);
    expect(bench.connect(10).received).toEqual([]);
  });

  test('parks an event again that fails again', async () => {
    const bench = groupBench({ maxRetryCount: 0 });
    parkAll(bench, 1);
    bench.group.replayParked(undefined);
    await bench.clock.advance(0);
    bench.group.nack(bench.connect(1).ids, 'retry', '');
    expect(bench.read(parkedStream)).toEqual(['0@orders']);
    expect(bench.streams.parked()).toEqual({ first: 1n, end: 2n });
  });
});
