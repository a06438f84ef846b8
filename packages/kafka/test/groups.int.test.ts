import { setTimeout } from 'node:timers/promises';
import { memoryStore } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { needsKafka } from '../../../scripts/servers/needs-kafka.ts';
import { connect, openBench } from './support/broker.ts';
import type { ClientName } from './support/client-of.ts';
import { clientUnderTest, describeClients } from './support/clients.ts';
import { consume, consumerOf, numbers } from './support/consume.ts';
import { until } from './support/until.ts';
import { kafkajsClient } from '../src/index.ts';

const quick = { sessionTimeout: 3_000, heartbeatInterval: 200, rebalanceTimeout: 5_000 };

describeClients('members of a group', (library) => {
  it('that come and go lose nothing, and handle nothing twice with a store that they share', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(4);
    const store = memoryStore();
    const handle = () => setTimeout(1);
    const join = () => consume(bench, { topics: topic, ...quick }, { store, handle });
    const values = numbers(1, 600);
    const sent = (async () => {
      for (let at = 0; at < values.length; at += 10) {
        for (const partition of [0, 1, 2, 3]) await bench.send(topic, partition, values.slice(at, at + 10));
        // At a pace, so that there is more to come while members come and go.
        await setTimeout(20);
      }
    })();
    const first = await join();
    await until(() => first.messages.length > 50);
    const second = await join();
    await until(() => second.messages.length > 50);
    const third = await join();
    await until(() => third.messages.length > 50);
    await first.stop();
    await until(() => second.messages.length + third.messages.length > 1_000);
    const fourth = await join();
    await second.stop();
    await sent;
    const members = [first, second, third, fourth];
    await until(() => members.flatMap(({ messages }) => messages).length >= 2_400);
    // What was handled just before its partition went to another member has its marker from that one, which looks at it once more.
    await until(async () => (await bench.committed(topic)).join() === '600,600,600,600');
    await Promise.all(members.map((member) => member.stop()));

    const handled = members.flatMap(({ messages }) => messages.map(({ id }) => id));
    expect(new Set(handled).size).toBe(2_400);
    expect(handled.length).toBe(2_400);
    expect(await bench.committed(topic)).toEqual([600, 600, 600, 600]);
    for (const { messages } of members) {
      for (const [channel, ofChannel] of Map.groupBy(messages, (message) => message.channel)) {
        const order = ofChannel.map(({ data }) => data as number);
        expect(order, channel ?? '').toEqual(order.toSorted((a, b) => a - b));
      }
    }
  });

  it('keep their place through handlers that take longer than the session', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(1);
    await bench.send(topic, 0, numbers(1, 3));
    const slow = await consume(
      bench,
      { topics: topic, ...quick },
      {
        handle: async ({ data }) => {
          // More than twice the session's time, which the broker counts.
          if (data === 1) await setTimeout(7_000);
        },
      },
    );
    await until(() => slow.messages.length === 3);
    expect(slow.details()).toMatchObject({ divisions: 1 });
    await slow.stop();
    expect(await bench.committed(topic)).toEqual([3]);
  });

  it('that lose a partition give its handlers a while, then abort them, and write no marker of it', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(2);
    const store = memoryStore();
    for (const partition of [0, 1]) await bench.send(topic, partition, numbers(1, 5));
    const holding = Promise.withResolvers<void>();
    const { consumer } = consumerOf(
      bench,
      { topics: topic, ...quick, revokeTimeout: 100 },
      { store: memoryStore() },
    );
    const aborted: string[] = [];
    let handled = 0;
    consumer.on(topic, async ({ channel = '' }, { signal }) => {
      signal.addEventListener('abort', () => aborted.push(channel));
      await holding.promise;
      if (!signal.aborted) handled += 1;
    });
    await consumer.start();
    await until(() => consumer.health().sources['orders']?.inFlight === 10);
    const second = await consume(bench, { topics: topic, ...quick }, { store });
    await until(() => second.messages.length === 5);
    await until(() => aborted.length === 1);
    holding.resolve();
    await until(() => handled === 5);
    await consumer.stop();
    await second.stop();
    expect(second.messages.length).toBe(5);
    expect(await bench.committed(topic)).toEqual([5, 5]);
  });
});

describe('members of a group', needsKafka(), () => {
  it('may be of both clients, so that one can replace the other', async () => {
    const bench = await openBench();
    const topic = await bench.topic(4);
    const store = memoryStore();
    const join = (name: ClientName) =>
      consume(bench, { topics: topic, ...quick, client: clientUnderTest(name).connect() }, { store });
    const both = [await join('kafkajs'), await join('platformatic')];
    const counts = () => both.map(({ details }) => Object.keys(details()?.['partitions'] ?? {}).length);
    await until(() => counts().join() === '2,2');
    for (const partition of numbers(0, 3)) await bench.send(topic, partition, numbers(1, 10));
    await until(() => both.every(({ messages }) => messages.length === 20));
    await both[0]?.stop();
    await until(() => counts()[1] === 4);
    for (const partition of numbers(0, 3)) await bench.send(topic, partition, numbers(11, 20));
    await until(() => both[1]?.messages.length === 60);
    await join('kafkajs');
    await until(() => counts()[1] === 2);
    const handled = both.flatMap(({ messages }) => messages.map(({ id }) => id));
    expect(handled).toHaveLength(80);
    expect(new Set(handled).size).toBe(80);
  });

  it('can not share one Kafka of kafkajs', async () => {
    const bench = await openBench();
    const topic = await bench.topic(1);
    const client = kafkajsClient(connect());
    const first = await consume(bench, { topics: topic, client });
    const { consumer } = consumerOf(bench, { topics: topic, client });
    await expect(consumer.start()).rejects.toMatchObject({ code: 'KAFKA_GROUP_SHARED' });
    await first.stop();
    const again = await consume(bench, { topics: topic, client });
    await again.stop();
  });
});
