import { randomUUID } from 'node:crypto';
import { isMillraceError } from '@millrace/core';
import { CompressionTypes, ConfigResourceTypes } from 'kafkajs';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../../scripts/servers/free-port.ts';
import type { KafkaPublisherOptions } from '../src/index.ts';
import { kafkaPublisher } from '../src/index.ts';
import { openBench } from './support/broker.ts';
import { describeClients } from './support/clients.ts';
import { consume, numbers } from './support/consume.ts';
import { until } from './support/until.ts';

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'published',
    (error: unknown) => (isMillraceError(error) ? error.code : String(error)),
  );

describeClients('a publisher', (library) => {
  function open(options: Partial<KafkaPublisherOptions> = {}) {
    const publisher = kafkaPublisher({ client: library.connect(), ...options });
    onTestFinished(() => publisher.close());
    return publisher;
  }

  it('says where an event is, and a source brings it as it was', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(3);
    const publisher = open({ topic });
    const time = new Date('2026-03-04T05:06:07Z');
    const headers = {
      origin: 'shop',
      n: 7,
      yes: true,
      raw: new Uint8Array([0xff]),
      many: ['a', 'b'],
      none: null,
    };
    const first = await publisher.publish({
      type: 'Placed',
      id: 'e1',
      key: 'k',
      data: { a: 1 },
      headers,
      time,
    });
    const [second, third] = await publisher.publishMany([
      { type: 'Gone', key: 'k', data: null },
      { type: 'Bytes', key: 'k', data: Buffer.from('{"b":2}'), partition: (first.partition + 1) % 3 },
    ]);
    expect(first).toMatchObject({ id: 'e1', topic, offset: 0n, position: '0' });
    expect(second).toMatchObject({ partition: first.partition, offset: 1n });
    expect(third).toMatchObject({ partition: (first.partition + 1) % 3, offset: 0n });

    const reading = await consume(bench, { topics: topic });
    await until(() => reading.messages.length === 3);
    expect(reading.messages.find(({ id }) => id === 'e1')).toMatchObject({
      type: 'Placed',
      key: 'k',
      data: { a: 1 },
      time,
      headers: { origin: 'shop', n: '7', yes: 'true', raw: Buffer.from([0xff]), many: ['a', 'b'], none: '' },
      channel: `${topic}[${first.partition}]`,
      position: '0',
    });
    expect(reading.messages.find(({ type }) => type === 'Gone')?.data).toBeNull();
    expect(reading.messages.find(({ type }) => type === 'Bytes')?.data).toEqual({ b: 2 });
  });

  it('keeps times that are months apart, and the order, in one call', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(1);
    const publisher = open({ topic });
    const days = [0, 90, 3, 0, 25, 24, 89, 1].map((ago) => new Date(Date.now() - ago * 86_400_000));
    const places = await publisher.publishMany(days.map((time, n) => ({ type: 'Aged', data: n, time })));
    expect(places.map(({ offset }) => Number(offset))).toEqual(numbers(0, 7));
    const reading = await consume(bench, { topics: topic });
    await until(() => reading.messages.length === 8);
    expect(reading.messages.map(({ data, time }) => [data, time])).toEqual(days.map((time, n) => [n, time]));
  });

  it('keeps the order of what is published in turn, in batches that the broker takes', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(2);
    const publisher = open({ topic, maxMessageBytes: 20_000, compression: CompressionTypes.GZIP });
    const published = await Promise.all(
      numbers(1, 2_000).map((n) =>
        publisher.publish({ type: 'N', key: `k${n % 5}`, data: { n, fill: 'x'.repeat(50) } }),
      ),
    );
    const places = new Set(published.map(({ partition, offset }) => `${partition} ${offset}`));
    expect(places.size).toBe(2_000);
    const reading = await consume(bench, { topics: topic });
    await until(() => reading.messages.length === 2_000);
    for (const { offset, partition, id } of published) {
      expect(reading.messages.find((it) => it.id === id)).toMatchObject({
        position: String(offset),
        channel: `${topic}[${partition}]`,
      });
    }
    for (const [, ofKey] of Map.groupBy(reading.messages, ({ key }) => key)) {
      const order = ofKey.map(({ data }) => (data as { n: number }).n);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
  });

  it('without a key takes the partitions by turns', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(4);
    const publisher = open({ topic, acks: 'leader' });
    const published = await publisher.publishMany(numbers(1, 40).map((n) => ({ type: 'N', data: n })));
    const counts = Map.groupBy(published, ({ partition }) => partition);
    expect([...counts.values()].map(({ length }) => length)).toEqual([10, 10, 10, 10]);
  });

  it('finds a partition that was added after it had begun', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(1);
    const publisher = open({ topic });
    await publisher.publish({ type: 'N', data: 1 });
    await bench.admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    // The broker takes its time to know of them.
    await until(async () => {
      const { topics } = await bench.admin.fetchTopicMetadata({ topics: [topic] });
      return topics.flatMap(({ partitions }) => partitions).filter(({ leader }) => leader >= 0).length === 3;
    });
    const added = { type: 'N', data: 2, partition: 2 };
    // kafkajs does not look again by itself.
    const first = await codeOf(publisher.publish(added));
    expect(first).toBe(library.name === 'kafkajs' ? 'KAFKA_TOPIC_MISSING' : 'published');
    expect(await publisher.publish(added)).toMatchObject({
      partition: 2,
      offset: first === 'published' ? 1n : 0n,
    });
    expect(await codeOf(publisher.publish({ type: 'N', data: 3, partition: 3 }))).toBe('KAFKA_TOPIC_MISSING');
  });

  it('with nobody to answer knows no place', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(1);
    const publisher = open({ topic, acks: 'none' });
    expect(await publisher.publish({ type: 'N', data: 1 })).toMatchObject({
      partition: 0,
      offset: undefined,
    });
  });

  it('refuses what can not be published, and goes on', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(1);
    const publisher = open({ topic });
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(await codeOf(publisher.publish({ type: '', data: 1 }))).toBe('KAFKA_EVENT_INVALID');
    expect(await codeOf(publisher.publish({ type: 'N', data: cycle }))).toBe('KAFKA_EVENT_INVALID');
    expect(await codeOf(publisher.publish({ type: 'N', data: 1, partition: -1 }))).toBe(
      'KAFKA_EVENT_INVALID',
    );
    expect(await codeOf(publisher.publish({ type: 'N', data: 1, time: new Date('soon') }))).toBe(
      'KAFKA_EVENT_INVALID',
    );
    expect(await codeOf(publisher.publish({ type: 'N', data: 'x'.repeat(1_000_001) }))).toBe(
      'KAFKA_MESSAGE_TOO_LARGE',
    );
    const missing = { type: 'N', data: 1, topic: `missing-${randomUUID()}` };
    expect(await codeOf(publisher.publish(missing))).toBe('KAFKA_TOPIC_MISSING');
    expect(await codeOf(open().publish({ type: 'N', data: 1 }))).toBe('KAFKA_OPTIONS');
    expect(await codeOf(publisher.publish({ type: 'N', data: 1 }))).toBe('published');
    await publisher.close();
    await publisher.close();
    expect(await codeOf(publisher.publish({ type: 'N', data: 1 }))).toBe('KAFKA_PUBLISHER_CLOSED');
  });

  it('when the broker takes less than was thought, only what is too large is refused', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(1);
    await bench.admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: topic,
          configEntries: [{ name: 'max.message.bytes', value: '2000' }],
        },
      ],
    });
    // The broker takes its time to heed it.
    const large = { topic, messages: [{ value: 'x'.repeat(3_000) }] };
    await until(() =>
      bench.producer.send(large).then(
        () => false,
        () => true,
      ),
    );
    const publisher = open({ topic });
    const events = numbers(1, 10).map((n) => ({ type: 'N', data: `${n}`.padEnd(500) }));
    expect(await publisher.publishMany(events)).toHaveLength(10);
    expect(await codeOf(publisher.publish({ type: 'N', data: 'x'.repeat(3_000) }))).toBe(
      'KAFKA_MESSAGE_TOO_LARGE',
    );
  });

  it('says when no broker is there, and stops waiting when told', async () => {
    const port = await freePort();
    const publisher = open({ client: library.connect([`127.0.0.1:${port}`]), topic: 'orders' });
    expect(await codeOf(publisher.publish({ type: 'N', data: 1 }))).toBe('KAFKA_UNREACHABLE');
    const stop = new AbortController();
    const waiting = codeOf(publisher.publish({ type: 'N', data: 1 }, { signal: stop.signal }));
    stop.abort(new Error('enough'));
    expect(await waiting).toBe('Error: enough');
  });
});
