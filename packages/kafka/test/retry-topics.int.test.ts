import { randomUUID } from 'node:crypto';
import { createConsumer, memoryStore, relay, silentLogger } from '@millrace/core';
import { expect, it, onTestFinished } from 'vitest';
import { deadLetterTopic, kafka, kafkaPublisher, retryTopics } from '../src/index.ts';
import { openBench } from './support/broker.ts';
import type { ClientUnderTest } from './support/clients.ts';
import { describeClients } from './support/clients.ts';
import { numbers } from './support/consume.ts';
import { until } from './support/until.ts';

/** A consumer with two retry topics and a dead-letter topic, whose handler fails as told. */
async function open(library: ClientUnderTest, fails: (n: number, attempt: number) => boolean) {
  const bench = await openBench(library);
  const name = `billing-${randomUUID()}`;
  const topic = await bench.topic(1);
  for (const retry of [1, 2]) await bench.topic(1, `${name}-retry-${retry}`);
  const dead = await bench.topic(1);
  const client = library.connect();
  const publisher = kafkaPublisher({ client });
  onTestFinished(() => publisher.close());
  const retries = retryTopics({ publisher, name, delays: [300, 600] });
  const store = memoryStore();
  const handled: { readonly n: number; readonly at: number }[] = [];
  const others: number[] = [];
  const runs = new Map<number, number[]>();
  const quick = { client, start: 'earliest', fetch: { maxWait: 50 } } as const;
  const consumer = createConsumer({
    name,
    sources: [
      kafka({ ...quick, name: 'orders', topics: topic }),
      kafka({ ...quick, name: 'retries', topics: retries.topics }),
    ],
    store: { ...store, deadLetters: deadLetterTopic({ publisher, topic: dead, store: store.deadLetters }) },
    middleware: [retries.middleware],
    log: silentLogger,
  });
  onTestFinished(() => consumer.stop({ now: true }));
  consumer.on('Placed', { name: 'bill' }, ({ data }) => {
    const { n } = data as { readonly n: number };
    const times = [...(runs.get(n) ?? []), performance.now()];
    runs.set(n, times);
    if (fails(n, times.length)) throw new Error(`no ${n}`);
    handled.push({ n, at: performance.now() });
  });
  consumer.on('Placed', { name: 'ship' }, ({ data }) => void others.push((data as { readonly n: number }).n));
  await consumer.start();
  const place = (values: readonly number[]) =>
    publisher.publishMany(values.map((n) => ({ topic, type: 'Placed', id: `e${n}`, key: 'k', data: { n } })));
  return { bench, topic, dead, client, publisher, retries, store, consumer, handled, others, runs, place };
}

describeClients('retry topics', (library) => {
  it('hold up nobody: what fails waits its time, and only the handler that failed runs again', async () => {
    const { handled, others, runs, place, bench, topic } = await open(
      library,
      (n, attempt) => n === 3 && attempt < 3,
    );
    await place(numbers(1, 10));
    await until(() => handled.length === 10);
    expect(handled.map(({ n }) => n)).toEqual([1, 2, ...numbers(4, 10), 3]);
    expect(others.toSorted((a, b) => a - b)).toEqual(numbers(1, 10));
    const [first = 0, second = 0, third = 0] = runs.get(3) ?? [];
    expect(second - first).toBeGreaterThanOrEqual(295);
    expect(third - second).toBeGreaterThanOrEqual(595);
    expect(await bench.admin.fetchTopicOffsets(topic)).toMatchObject([{ high: '10' }]);
  });

  it('end in the dead-letter topic and store, from where an event is sent again to its handler', async () => {
    let broken = true;
    const { dead, store, handled, others, runs, place, client, publisher, retries } = await open(
      library,
      () => broken,
    );
    await place([7]);
    await until(async () => (await store.deadLetters.list({}, { limit: 9 })).letters.length === 1);
    expect(runs.get(7)).toHaveLength(3);

    broken = false;
    const letters: unknown[] = [];
    const redriving = createConsumer({
      name: 'redrive',
      sources: [kafka({ client, topics: dead, start: 'earliest', format: 'bytes', name: 'dead' })],
      handlers: [
        relay({
          to: publisher,
          event(message) {
            letters.push(message.headers);
            return retries.redriven(message);
          },
        }),
      ],
      store: memoryStore(),
      log: silentLogger,
    });
    onTestFinished(() => redriving.stop({ now: true }));
    await redriving.start();
    await until(() => handled.length === 1);
    expect(others).toEqual([7]);
    expect(letters).toMatchObject([
      {
        'millrace-dead-reason': 'rejected',
        'millrace-dead-error': 'Error: no 7',
        'millrace-dead-handler': 'bill',
        'millrace-retry-attempts': '2',
        'millrace-retry-id': 'e7',
      },
    ]);
  });

  it('undecodable events go to the dead-letter topic as they were', async () => {
    const { bench, topic, dead, handled, place, client } = await open(library, () => false);
    await bench.producer.send({
      topic,
      messages: [{ partition: 0, value: '{"broken', headers: { event: 'Placed' } }],
    });
    await place([1]);
    await until(() => handled.length === 1);
    const seen: unknown[] = [];
    const reader = createConsumer({
      name: 'reader',
      sources: [kafka({ client, topics: dead, start: 'earliest', format: 'text', name: 'dead' })],
      store: memoryStore(),
      log: silentLogger,
    });
    onTestFinished(() => reader.stop({ now: true }));
    reader.on(
      ({ data, headers }) =>
        void seen.push([data, headers['millrace-dead-reason'], headers['millrace-dead-origin']]),
    );
    await reader.start();
    await until(() => seen.length === 1);
    expect(seen).toEqual([['{"broken', 'undecodable', `${topic}[0]@0`]]);
  });
});
