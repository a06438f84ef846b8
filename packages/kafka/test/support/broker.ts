import { randomUUID } from 'node:crypto';
import type { Admin, Kafka, Producer } from 'kafkajs';
import { Partitioners } from 'kafkajs';
import { inject, onTestFinished } from 'vitest';
import '../../../../scripts/servers/kafka-global-setup.ts';
import { kafkajsTo } from './client-of.ts';
import type { ClientUnderTest } from './clients.ts';
import { clientUnderTest } from './clients.ts';
import { until } from './until.ts';

/** A Kafka of kafkajs, which tests look at brokers with. */
export function connect(brokers: readonly string[] = inject('kafka').brokers): Kafka {
  return kafkajsTo(brokers);
}

/** What a test has of the shared broker: topics and groups of its own, gone with it. */
export interface Bench {
  /** The library that sources and publishers of the test run on. */
  readonly library: ClientUnderTest;
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;
  readonly group: string;
  topic(partitions?: number, name?: string): Promise<string>;
  /** Numbers, as JSON, to one partition. */
  send(topic: string, partition: number, values: readonly unknown[]): Promise<void>;
  /** By partition; -1 where nothing is committed. */
  committed(topic: string): Promise<readonly number[]>;
}

export async function openBench(library = clientUnderTest('kafkajs')): Promise<Bench> {
  const kafka = connect();
  const admin = kafka.admin();
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await Promise.all([admin.connect(), producer.connect()]);
  const topics: string[] = [];
  const group = `group-${randomUUID()}`;
  onTestFinished(async () => {
    if (topics.length > 0) await admin.deleteTopics({ topics }).catch(() => {});
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  });
  return {
    library,
    kafka,
    admin,
    producer,
    group,
    async topic(numPartitions = 1, topic = `orders-${randomUUID()}`) {
      await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: false });
      // Its own wait gives up when the brokers have not heard of the topic yet.
      await until(() =>
        admin.fetchTopicOffsets(topic).then(
          (offsets) => offsets.length === numPartitions,
          () => false,
        ),
      );
      // The first group of all makes a new broker set up its coordinator.
      await until(() =>
        admin.fetchOffsets({ groupId: group, topics: [topic] }).then(
          () => true,
          () => false,
        ),
      );
      topics.push(topic);
      return topic;
    },
    async send(topic, partition, values) {
      const messages = values.map((value) => ({ partition, value: JSON.stringify(value) }));
      await producer.send({ topic, messages });
    },
    async committed(topic) {
      const [answer] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      const offsets = answer?.partitions ?? [];
      return offsets.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset));
    },
  };
}
