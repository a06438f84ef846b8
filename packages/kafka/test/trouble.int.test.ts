import { setTimeout } from 'node:timers/promises';
import type { Logger } from '@millrace/core';
import { memoryStore, silentLogger, toPosition } from '@millrace/core';
import { expect, it } from 'vitest';
import { freePort } from '../../../scripts/servers/free-port.ts';
import { kafkaError } from '../src/errors.ts';
import type { KafkaClient } from '../src/index.ts';
import { openBench } from './support/broker.ts';
import { describeClients } from './support/clients.ts';
import { consume, consumerOf, numbers } from './support/consume.ts';
import { until } from './support/until.ts';

const quick = { sessionTimeout: 3_000, heartbeatInterval: 200 };

describeClients('where reading starts', (library) => {
  it('latest brings what comes after, also to who takes over before anything was handled', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(1);
    await bench.send(topic, 0, numbers(1, 5));
    const first = await consume(bench, { topics: topic, start: 'latest' });
    await until(async () => (await bench.committed(topic))[0] === 5);
    await first.stop();
    await bench.send(topic, 0, numbers(6, 7));
    const second = await consume(bench, { topics: topic, start: 'latest' });
    await until(() => second.messages.length === 2);
    expect(first.values).toEqual([]);
    expect(second.values).toEqual([6, 7]);
  });

  it('after a position, and at a time', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(1);
    await bench.send(topic, 0, numbers(1, 5));
    await setTimeout(20);
    const at = new Date();
    await bench.send(topic, 0, numbers(6, 7));
    const after = await consume(bench, {
      topics: topic,
      group: `${bench.group}-a`,
      start: { after: toPosition('3') },
    });
    const timed = await consume(bench, { topics: topic, group: `${bench.group}-b`, start: { at } });
    await until(() => after.messages.length === 3 && timed.messages.length === 2);
    expect(after.values).toEqual([5, 6, 7]);
    expect(timed.values).toEqual([6, 7]);
  });

  it('partitions and topics that come are read from their beginning', async () => {
    const bench = await openBench(library);
    const prefix = bench.group.replace('group', 'many');
    const one = await bench.topic(1, `${prefix}-one`);
    const many = await consume(bench, {
      topics: new RegExp(`^${prefix}-`),
      start: 'latest',
      topicsRefresh: 300,
    });
    await bench.admin.createPartitions({ topicPartitions: [{ topic: one, count: 2 }] });
    await until(async () => {
      try {
        await bench.send(one, 1, ['added']);
        return true;
      } catch {
        return false;
      }
    });
    const two = await bench.topic(1, `${prefix}-two`);
    await bench.send(two, 0, ['new']);
    await until(() => many.messages.length >= 2);
    expect(new Set(many.values)).toEqual(new Set(['added', 'new']));
    await many.stop();
  });

  it('partitions that come to a topic that is named are read from their beginning', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(1);
    const reading = await consume(bench, { topics: topic, start: 'latest', ...quick, topicsRefresh: 300 });
    await bench.admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] });
    await until(() =>
      bench.send(topic, 1, ['added']).then(
        () => true,
        () => false,
      ),
    );
    await until(() => reading.messages.length > 0);
    expect(new Set(reading.values)).toEqual(new Set(['added']));
  });

  it('topics that come are read though joining the group for them fails at first', async () => {
    const bench = await openBench(library);
    const prefix = bench.group.replace('group', 'refused');
    await bench.topic(1, `${prefix}-one`);
    const client = library.connect();
    let joins = 0;
    const refusing: KafkaClient = {
      ...client,
      member(options) {
        const member = client.member(options);
        joins += 1;
        if (joins !== 2) return member;
        return { ...member, join: () => Promise.reject(kafkaError('KAFKA_UNREACHABLE', 'Nobody is there.')) };
      },
    };
    const many = await consume(bench, {
      client: refusing,
      topics: new RegExp(`^${prefix}-`),
      topicsRefresh: 300,
    });
    const two = await bench.topic(1, `${prefix}-two`);
    await bench.send(two, 0, ['new']);
    await until(() => many.messages.length === 1);
    expect(joins).toBe(3);
  });

  it('topics that can not be looked for are told of once, and found when they can', async () => {
    const bench = await openBench(library);
    const prefix = bench.group.replace('group', 'hidden');
    await bench.topic(1, `${prefix}-one`);
    const client = library.connect();
    let refusals = 3;
    let looks = 0;
    const refusing: KafkaClient = {
      ...client,
      async admin() {
        const admin = await client.admin();
        return {
          ...admin,
          async topics() {
            looks += 1;
            if (looks > 1 && refusals > 0) {
              refusals -= 1;
              throw kafkaError('KAFKA_ACCESS_DENIED', 'Nobody may know of topics.');
            }
            return await admin.topics();
          },
        };
      },
    };
    const warnings: unknown[] = [];
    const log: Logger = { ...silentLogger, warn: (message, fields) => void warnings.push([message, fields]) };
    const topics = new RegExp(`^${prefix}-`);
    const many = await consume(
      bench,
      { client: refusing, topics, topicsRefresh: 200, verify: 'off' },
      { log },
    );
    const two = await bench.topic(1, `${prefix}-two`);
    await bench.send(two, 0, ['new']);
    await until(() => many.messages.length === 1);
    expect([refusals, warnings.length]).toEqual([0, 1]);
    expect(JSON.stringify(warnings)).toMatch(/could not be looked at.*KAFKA_ACCESS_DENIED/);
  });

  it('with no topic that matches so far', async () => {
    const bench = await openBench(library);
    const prefix = bench.group.replace('group', 'later');
    const many = await consume(bench, { topics: new RegExp(`^${prefix}-`), topicsRefresh: 200 });
    const topic = await bench.topic(1, `${prefix}-one`);
    await bench.send(topic, 0, [1]);
    await until(() => many.messages.length === 1);
    expect(many.values).toEqual([1]);
  });
});

describeClients('positions that are not kept', (library) => {
  async function deleted() {
    const bench = await openBench(library);
    const topic = await bench.topic(1);
    await bench.send(topic, 0, numbers(1, 5));
    const first = await consume(bench, { topics: topic });
    await until(() => first.messages.length === 5);
    await first.stop();
    await bench.send(topic, 0, numbers(6, 20));
    await bench.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '10' }] });
    return { bench, topic };
  }

  it.each([
    ['earliest', numbers(11, 20)],
    ['latest', []],
  ] as const)('are a gap that is told, and reading goes on at the %s', async (onInvalidPosition, values) => {
    const { bench, topic } = await deleted();
    const warnings: unknown[] = [];
    const log: Logger = { ...silentLogger, warn: (message, fields) => void warnings.push([message, fields]) };
    const second = await consume(bench, { topics: topic, onInvalidPosition }, { log });
    await until(() => second.status() === 'ready' && second.messages.length === values.length);
    await until(() => warnings.length > 0);
    expect(JSON.stringify(warnings)).toContain(`"position":"4"`);
    await bench.send(topic, 0, [21]);
    await until(() => second.messages.length === values.length + 1);
    expect(second.values).toEqual([...values, 21]);
  });

  it('fail the source when nothing else is said', async () => {
    const { bench, topic } = await deleted();
    const { consumer, messages } = consumerOf(bench, { topics: topic });
    await expect(consumer.start()).rejects.toMatchObject({ code: 'KAFKA_OFFSET_OUT_OF_RANGE' });
    expect(messages).toEqual([]);
    expect(await bench.committed(topic)).toEqual([5]);
  });

  async function deletedMeanwhile(onInvalidPosition: 'earliest' | 'fail') {
    const bench = await openBench(library);
    const topic = await bench.topic(1);
    await bench.send(topic, 0, numbers(1, 10));
    const gate = Promise.withResolvers<void>();
    const warnings: unknown[] = [];
    const log: Logger = { ...silentLogger, warn: (message, fields) => void warnings.push([message, fields]) };
    const reading = await consume(
      bench,
      {
        topics: topic,
        onInvalidPosition,
        concurrency: 1,
        prefetch: 0,
        fetch: { maxBuffered: 1, maxWait: 100 },
      },
      { handle: () => gate.promise, log },
    );
    // The first fetch is in its buffer, which is full: the partition is paused.
    await until(() => JSON.stringify(reading.details()).includes('"buffered":9'));
    await bench.send(topic, 0, numbers(11, 30));
    await bench.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '20' }] });
    gate.resolve();
    return { bench, topic, reading, warnings };
  }

  it('are noticed while reading, too', async () => {
    const { bench, topic, reading, warnings } = await deletedMeanwhile('earliest');
    await until(() => reading.messages.length === 20);
    expect(reading.values).toEqual([...numbers(1, 10), ...numbers(21, 30)]);
    expect(JSON.stringify(warnings)).toContain('"position":"9"');
    await reading.stop();
    expect(await bench.committed(topic)).toEqual([30]);
  });

  it('leave the marker where it was when the source fails of them', async () => {
    const { bench, topic, reading } = await deletedMeanwhile('fail');
    await until(() => reading.status() === 'failed');
    expect(reading.values).toEqual(numbers(1, reading.values.length));
    // And not where kafkajs has put it: the next start fails as well, instead of passing over.
    const [offset = -1] = await bench.committed(topic);
    expect(offset).toBeGreaterThanOrEqual(0);
    expect(offset).toBeLessThanOrEqual(10);
  });
});

describeClients('a marker that kafkajs has overwritten, and nobody got to write back', (library) => {
  /** What comes next is deleted, and kafkajs has said so to the group in its way, as when its process is killed right after. */
  async function overwritten() {
    const bench = await openBench(library);
    const topic = await bench.topic(1);
    await bench.send(topic, 0, numbers(1, 20));
    await bench.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '10' }] });
    await bench.admin.resetOffsets({ groupId: bench.group, topic, earliest: true });
    expect(await bench.committed(topic)).toEqual([-2]);
    return { bench, topic };
  }

  it('fails the source, and stays', async () => {
    const { bench, topic } = await overwritten();
    const { consumer } = consumerOf(bench, { topics: topic, start: 'latest' });
    await expect(consumer.start()).rejects.toMatchObject({
      code: 'KAFKA_OFFSET_OUT_OF_RANGE',
      message: expect.stringContaining("the client has overwritten the group's marker"),
    });
    expect(await bench.committed(topic)).toEqual([-2]);
  });

  it('is a gap that is told, and reading goes on where it was asked to', async () => {
    const { bench, topic } = await overwritten();
    const warnings: unknown[] = [];
    const log: Logger = { ...silentLogger, warn: (message, fields) => void warnings.push([message, fields]) };
    const onInvalidPosition = 'earliest';
    const reading = await consume(bench, { topics: topic, start: 'latest', onInvalidPosition }, { log });
    await until(() => reading.messages.length === 10);
    expect(reading.values).toEqual(numbers(11, 20));
    expect(JSON.stringify(warnings)).toContain('"resumed":"earliest"');
    await reading.stop();
    expect(await bench.committed(topic)).toEqual([20]);
  });
});

describeClients('what is in a topic', (library) => {
  it('garbage is a dead letter at once and stops nothing; tombstones, null keys and bytes arrive', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(1);
    await bench.producer.send({
      topic,
      messages: [
        { partition: 0, value: '{"broken' },
        { partition: 0, value: Buffer.from([0xff, 0xfe]) },
        { partition: 0, value: null, key: 'gone' },
        { partition: 0, value: '1', key: null, headers: { raw: Buffer.from([0xff]), twice: ['a', 'b'] } },
      ],
    });
    const store = memoryStore();
    const reading = await consume(bench, { topics: topic }, { store });
    await until(() => reading.messages.length === 2);
    await reading.stop();
    expect(reading.messages).toMatchObject([
      { data: null, key: 'gone' },
      { data: 1, key: undefined, headers: { raw: Buffer.from([0xff]), twice: ['a', 'b'] } },
    ]);
    expect(await bench.committed(topic)).toEqual([4]);
    const { letters } = await store.deadLetters.list({}, { limit: 10 });
    expect(letters.map(({ reason }) => reason)).toEqual(['undecodable', 'undecodable']);
  });

  it('control records of transactions are passed, and aborted events never seen', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(1);
    const producer = bench.kafka.producer({
      transactionalId: bench.group,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    for (const end of ['commit', 'abort', 'commit', 'abort'] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ partition: 0, value: JSON.stringify(end) }] });
      await transaction[end]();
    }
    await producer.disconnect();
    const reading = await consume(bench, { topics: topic });
    await until(() => reading.messages.length === 2);
    await until(async () => (await bench.committed(topic))[0] === 8);
    await reading.stop();
    expect(reading.values).toEqual(['commit', 'commit']);
  });

  it('a slow partition keeps no other waiting, in its topic or in another', async () => {
    const bench = await openBench(library);
    const slow = await bench.topic(2);
    const other = await bench.topic(1);
    await bench.send(slow, 0, numbers(1, 200));
    const gate = Promise.withResolvers<void>();
    const reading = await consume(
      bench,
      { topics: [slow, other], concurrency: 4, prefetch: 4 },
      { handle: ({ channel }) => (channel === `${slow}[0]` ? gate.promise : undefined) },
    );
    await until(() => JSON.stringify(reading.details()).includes('"inCore":'));
    await bench.send(slow, 1, numbers(1, 100));
    await bench.send(other, 0, numbers(1, 100));
    await until(() => reading.messages.length === 200);
    expect(reading.messages.filter(({ channel }) => channel === `${slow}[0]`)).toEqual([]);
    gate.resolve();
    await until(() => reading.messages.length === 400);
  });

  it('with order by key a slow key keeps no other of its partition waiting, and the marker waits for it', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(1);
    const messages = numbers(0, 19).map((n) => ({ partition: 0, key: `k${n % 4}`, value: String(n) }));
    await bench.producer.send({ topic, messages });
    const gate = Promise.withResolvers<void>();
    const reading = await consume(
      bench,
      { topics: topic, order: 'key', concurrency: 30 },
      { handle: ({ key }) => (key === 'k1' ? gate.promise : undefined) },
    );
    await until(() => reading.messages.length === 15);
    await until(async () => (await bench.committed(topic))[0] === 1);
    await setTimeout(200);
    expect(await bench.committed(topic)).toEqual([1]);
    gate.resolve();
    await until(async () => (await bench.committed(topic))[0] === 20);
    const ofSlow = reading.messages.filter(({ key }) => key === 'k1').map(({ data }) => data);
    expect(ofSlow).toEqual([1, 5, 9, 13, 17]);
  });
});

describeClients('what is not there', (library) => {
  it('a topic: the start says so', async () => {
    const bench = await openBench(library);
    const { consumer } = consumerOf(bench, { topics: 'no-such-topic' });
    await expect(consumer.start()).rejects.toThrow(/no-such-topic/);
    const unverified = consumerOf(bench, { topics: 'no-such-topic', verify: 'off' });
    await expect(unverified.consumer.start()).rejects.toMatchObject({ code: 'KAFKA_TOPIC_MISSING' });
  });

  it('a broker: the start says so', async () => {
    const bench = await openBench(library);
    const nobody = await freePort();
    const client = library.connect([`127.0.0.1:${nobody}`]);
    const { consumer } = consumerOf(bench, { topics: 'orders', client, verify: 'off' });
    await expect(consumer.start()).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
  });
});
