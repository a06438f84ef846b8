import { describe, expect, test } from 'vitest';
import { groupBench } from './support/group-bench.ts';

/** The streams of what came, each once. */
function streamsOf(received: readonly string[]): Set<string> {
  return new Set(received.map((event) => event.split('@')[0] ?? ''));
}

const customers = Array.from({ length: 40 }, (_, index) => `customer-${index}`);

describe('RoundRobin', () => {
  test('events go to the consumers in turn', () => {
    const bench = groupBench();
    bench.start();
    const [one, two] = [bench.connect(10), bench.connect(10)];
    bench.place(4);
    expect(one.received).toEqual(['orders@0', 'orders@2']);
    expect(two.received).toEqual(['orders@1', 'orders@3']);
  });

  test('a consumer that is full is passed over', () => {
    const bench = groupBench();
    bench.start();
    const [small, large] = [bench.connect(1), bench.connect(10)];
    bench.place(4);
    expect(small.received).toEqual(['orders@0']);
    expect(large.received).toEqual(['orders@1', 'orders@2', 'orders@3']);
  });
});

test('DispatchToSingle: one consumer gets all until it is full', () => {
  const bench = groupBench({ strategy: 'DispatchToSingle' });
  bench.start();
  const [one, two] = [bench.connect(2), bench.connect(2)];
  bench.place(3);
  expect(one.received).toEqual(['orders@0', 'orders@1']);
  expect(two.received).toEqual(['orders@2']);
});

describe('Pinned', () => {
  test('all events of a stream go to one consumer, and streams are spread over all', () => {
    const bench = groupBench({ strategy: 'Pinned' }, '$all');
    bench.start();
    const consumers = [bench.connect(1_000), bench.connect(1_000)];
    for (let round = 0; round < 3; round += 1) for (const stream of customers) bench.place(1, stream);
    const [one, two] = consumers.map(({ received }) => streamsOf(received));
    expect([...(one ?? [])].filter((stream) => two?.has(stream))).toEqual([]);
    expect(one?.size).toBeGreaterThan(10);
    expect(two?.size).toBeGreaterThan(10);
    expect(consumers.flatMap(({ received }) => received)).toHaveLength(120);
  });

  test('resolved links are pinned by the stream of the event', () => {
    const bench = groupBench({ strategy: 'Pinned', resolveLinks: true }, 'links');
    bench.start();
    const consumers = [bench.connect(1_000), bench.connect(1_000)];
    for (const stream of customers) {
      bench.place(2, stream);
      for (const revision of [0, 1]) bench.write('links', '$>', `${revision}@${stream}`);
    }
    for (const { received } of consumers) {
      expect(received.length).toBeGreaterThan(20);
      const revisions = new Set(received.map((event) => Number(event.split('@')[1])));
      for (const revision of revisions)
        expect(revisions.has(revision % 2 === 0 ? revision + 1 : revision - 1)).toBe(true);
    }
  });

  test('while its consumer is full, the events of a stream wait and others go on', () => {
    const bench = groupBench({ strategy: 'Pinned' }, '$all');
    bench.start();
    const consumers = [bench.connect(3), bench.connect(3)];
    bench.place(4, 'customer-0');
    const owner = consumers.find(({ received }) => received.length === 3);
    const other = consumers.find(({ received }) => received.length === 0);
    for (const stream of customers.slice(1)) bench.place(1, stream);
    expect(other?.received).toHaveLength(3);
    bench.group.ack(owner?.ids.slice(0, 1) ?? []);
    expect(owner?.received.at(-1)).toBe('customer-0@3');
  });

  test('the streams of a consumer that left go to the others', () => {
    const bench = groupBench({ strategy: 'Pinned' }, '$all');
    bench.start();
    const [one, two] = [bench.connect(1_000), bench.connect(1_000)];
    for (const stream of customers) bench.place(1, stream);
    bench.group.disconnect(one.consumer);
    for (const stream of customers) bench.place(1, stream);
    expect(streamsOf(two.received).size).toBe(40);
  });

  test('a consumer that joins takes streams over', () => {
    const bench = groupBench({ strategy: 'Pinned' }, '$all');
    bench.start();
    const first = bench.connect(1_000);
    for (const stream of customers) bench.place(1, stream);
    bench.group.ack(first.ids);
    const joined = bench.connect(1_000);
    for (const stream of customers) bench.place(1, stream);
    expect(joined.received.length).toBeGreaterThan(10);
    expect(first.received.length).toBeGreaterThan(50);
  });
});

test('PinnedByCorrelation: events with one correlation id go to one consumer, whatever their stream', () => {
  const bench = groupBench({ strategy: 'PinnedByCorrelation' }, '$all');
  bench.start();
  const consumers = [bench.connect(1_000), bench.connect(1_000)];
  for (const id of customers) {
    for (const place of ['shop', 'office']) {
      bench.write(`${place}-${id}`, 'placed', '{}', JSON.stringify({ $correlationId: id }));
    }
  }
  for (const { received } of consumers) {
    const shops = received.filter((event) => event.startsWith('shop'));
    expect(shops.length).toBeGreaterThan(10);
    expect(received.length).toBe(shops.length * 2);
  }
});
