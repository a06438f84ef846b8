import { describe, expect, test } from 'vitest';
import { groupBench, parkedStream } from './support/group-bench.ts';

describe('slots', () => {
  test('a consumer gets as many events as it has slots, and the next ones for those it has acked', () => {
    const bench = groupBench();
    bench.start();
    bench.place(5);
    const consumer = bench.connect(2);
    expect(consumer.received).toEqual(['orders@0', 'orders@1']);
    bench.group.ack(consumer.ids.slice(0, 1));
    expect(consumer.received).toEqual(['orders@0', 'orders@1', 'orders@2']);
    bench.group.ack(consumer.ids);
    expect(consumer.received).toEqual(['orders@0', 'orders@1', 'orders@2', 'orders@3', 'orders@4']);
  });

  test('events that are written later go out at once', () => {
    const bench = groupBench();
    bench.start();
    const consumer = bench.connect(10);
    bench.place(2);
    expect(consumer.received).toEqual(['orders@0', 'orders@1']);
  });

  test('a buffer smaller than the stream holds nothing up', () => {
    const bench = groupBench({ historyBufferSize: 3, readBatchSize: 2 });
    bench.start();
    bench.place(10);
    const consumer = bench.connect(20);
    expect(consumer.received).toHaveLength(10);
  });

  test('an ack of an unknown event changes nothing', () => {
    const bench = groupBench();
    bench.start();
    bench.place(2);
    const consumer = bench.connect(1);
    bench.group.ack(['00000000-0000-4000-8000-000000000000']);
    expect(consumer.received).toEqual(['orders@0']);
  });

  test('an event with the id of one in flight is skipped', () => {
    const bench = groupBench();
    bench.start();
    const consumer = bench.connect(10);
    const id = bench.write('orders', 'placed', '{}');
    // The store would take the same id in one append for the same write.
    bench.store.append('orders', [
      {
        id: crypto.randomUUID(),
        type: 'paid',
        json: true,
        data: Buffer.from('{}'),
        metadata: Buffer.from(''),
      },
      { id, type: 'placed', json: true, data: Buffer.from('{}'), metadata: Buffer.from('') },
    ]);
    expect(consumer.received).toEqual(['orders@0', 'orders@1']);
    bench.group.ack(consumer.ids);
    bench.place(1);
    expect(consumer.received).toEqual(['orders@0', 'orders@1', 'orders@3']);
  });
});

describe('where a group starts', () => {
  test('at the end: with what is written later', () => {
    const bench = groupBench({ startFrom: 'end' });
    bench.place(3);
    bench.start();
    const consumer = bench.connect(10);
    bench.place(1);
    expect(consumer.received).toEqual(['orders@3']);
  });

  test('at a revision: with that event', () => {
    const bench = groupBench({ startFrom: { revision: 2n } });
    bench.place(4);
    bench.start();
    expect(bench.connect(10).received).toEqual(['orders@2', 'orders@3']);
  });

  test('at a position of $all: with that event', () => {
    const bench = groupBench({}, '$all');
    bench.place(3);
    const [, second] = bench.store.log;
    bench.start(undefined, { startFrom: second?.position ?? 'end' });
    expect(bench.connect(10).received).toEqual(['orders@1', 'orders@2']);
  });
});

describe('what becomes of events that were not handled', () => {
  test('retry and unknown: again, before new events, with a raised retry count', () => {
    const bench = groupBench();
    bench.start();
    bench.place(3);
    const consumer = bench.connect(2);
    bench.group.nack(consumer.ids.slice(1, 2), 'retry', '');
    bench.group.nack(consumer.ids.slice(0, 1), 'unknown', '');
    expect(consumer.received).toEqual(['orders@0', 'orders@1', 'orders@1 retry 1', 'orders@0 retry 1']);
  });

  test('retries come in the order of the stream', () => {
    const bench = groupBench();
    bench.start();
    bench.place(3);
    const leaving = bench.connect(3);
    bench.group.disconnect(leaving.consumer);
    expect(bench.connect(10).received).toEqual(['orders@0 retry 1', 'orders@1 retry 1', 'orders@2 retry 1']);
  });

  test('skip and stop: never again', () => {
    const bench = groupBench();
    bench.start();
    bench.place(3);
    const consumer = bench.connect(2);
    bench.group.nack(consumer.ids.slice(0, 1), 'skip', '');
    bench.group.nack(consumer.ids.slice(1, 2), 'stop', '');
    expect(consumer.received).toEqual(['orders@0', 'orders@1', 'orders@2']);
    expect(bench.read(parkedStream)).toEqual([]);
  });

  test('park: a link in the parked stream, which says why', () => {
    const bench = groupBench();
    bench.start();
    bench.place(2);
    const consumer = bench.connect(2);
    bench.group.nack(consumer.ids.slice(1, 2), 'park', 'no such customer');
    const [link] = bench.store.readStream(parkedStream, 0n, 10);
    expect(bench.read(parkedStream)).toEqual(['1@orders']);
    expect(link?.type).toBe('$>');
    expect(JSON.parse(Buffer.from(link?.metadata ?? []).toString())).toEqual({
      added: '2026-01-01T00:00:00.000Z',
      reason: 'no such customer',
      subscriptionEventNumber: 1,
    });
  });

  test('after as many retries as there may be, an event is parked', () => {
    const bench = groupBench({ maxRetryCount: 2 });
    bench.start();
    const [id = ''] = bench.place(1);
    const consumer = bench.connect(1);
    for (let time = 0; time < 3; time += 1) bench.group.nack([id], 'retry', '');
    expect(consumer.received).toEqual(['orders@0', 'orders@0 retry 1', 'orders@0 retry 2']);
    expect(bench.read(parkedStream)).toEqual(['0@orders']);
  });

  test('an event whose time is up goes out again, and is parked in the end', async () => {
    const bench = groupBench({ messageTimeout: 5_000, maxRetryCount: 1 });
    bench.start();
    bench.place(1);
    const consumer = bench.connect(1);
    await bench.clock.advance(4_999);
    expect(consumer.received).toEqual(['orders@0']);
    await bench.clock.advance(1);
    expect(consumer.received).toEqual(['orders@0', 'orders@0 retry 1']);
    await bench.clock.advance(5_000);
    expect(consumer.received).toHaveLength(2);
    expect(bench.read(parkedStream)).toEqual(['0@orders']);
  });

  test('a timeout of 0 waits for ever', async () => {
    const bench = groupBench({ messageTimeout: 0 });
    bench.start();
    bench.place(1);
    const consumer = bench.connect(1);
    await bench.clock.advance(3_600_000);
    expect(consumer.received).toEqual(['orders@0']);
  });

  test('what was with a consumer that left goes to another', () => {
    const bench = groupBench({ strategy: 'DispatchToSingle' });
    bench.start();
    bench.place(2);
    const leaving = bench.connect(2);
    const staying = bench.connect(10);
    bench.group.ack(leaving.ids.slice(0, 1));
    bench.group.disconnect(leaving.consumer);
    expect(staying.received).toEqual(['orders@1 retry 1']);
  });
});

test('a consumer that left leaves once', () => {
  const bench = groupBench();
  bench.start();
  const [leaving, staying] = [bench.connect(1), bench.connect(10)];
  bench.group.disconnect(leaving.consumer);
  bench.group.disconnect(leaving.consumer);
  bench.place(2);
  expect(staying.received).toEqual(['orders@0', 'orders@1']);
});

test('no more subscribers than there may be', () => {
  const bench = groupBench({ maxSubscriberCount: 1 });
  bench.start();
  const first = bench.connect(1);
  expect(bench.connect(1).refused).toBe(true);
  bench.group.disconnect(first.consumer);
  expect(bench.connect(1).refused).toBe(false);
});

describe('$all', () => {
  test('a group gets what its filter lets through', () => {
    const bench = groupBench({}, '$all');
    bench.start((record) => record.stream.startsWith('order'));
    bench.place(1, 'customers');
    bench.place(2);
    expect(bench.connect(10).received).toEqual(['orders@0', 'orders@1']);
  });

  test('a group never gets checkpoints and parked events of groups to $all', () => {
    const bench = groupBench({ maxCheckpointCount: 1, minCheckpointCount: 1 }, '$all');
    bench.start();
    bench.place(2);
    const consumer = bench.connect(10);
    bench.group.nack(consumer.ids.slice(0, 1), 'park', '');
    bench.group.ack(consumer.ids);
    expect(consumer.received.filter((event) => !event.startsWith('$$'))).toEqual(['orders@0', 'orders@1']);
    expect(bench.read('$persistentsubscription-$all::billing-parked')).toEqual(['0@orders']);
  });
});

test('a resolved link is acked by its own id; a link without its event is delivered all the same', () => {
  const bench = groupBench({ resolveLinks: true }, 'links');
  bench.start();
  bench.place(1);
  bench.write('links', '$>', '0@orders');
  bench.write('links', '$>', '7@orders');
  const consumer = bench.connect(1);
  expect(consumer.received).toEqual(['links@0']);
  bench.group.ack(consumer.ids);
  expect(consumer.received).toEqual(['links@0', 'links@1']);
});
