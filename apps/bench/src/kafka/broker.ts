import { Kafka, logLevel } from 'kafkajs';

import { findKafka, startKafka } from '../../../../scripts/servers/kafka.ts';
import { untilAnswered } from '../../../../scripts/servers/until-answered.ts';
import type { MissingServer } from '../suite.ts';
import { createOrder, headersOf, keyOf, partitions } from './bench-record.ts';

/** A real broker in a process of its own, with empty logs. */
export interface Broker {
  readonly brokers: readonly string[];
  /** A topic with so many records, numbered from 0, which is made when there is none yet. */
  filledTopic(messages: number): Promise<string>;
  /** The one topic to publish to. It grows. */
  growingTopic(): Promise<string>;
  /** Records in a topic. */
  size(topic: string): Promise<number>;
  /** Records of a topic that a group has committed. */
  committed(group: string, topic: string): Promise<number>;
  close(): Promise<void>;
}

const recordsTogether = 500;

export async function startBroker(): Promise<Broker | MissingServer> {
  const jars = await findKafka();
  if ('missing' in jars) return jars;
  const { brokers, stop } = await startKafka(jars);
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  // The first group makes the broker load what it knows of groups, and refuse everybody meanwhile.
  await untilAnswered(() => admin.fetchOffsets({ groupId: 'first' }));
  const made = new Set<string>();

  async function size(topic: string): Promise<number> {
    const offsets = await admin.fetchTopicOffsets(topic);
    return sum(offsets.map(({ high }) => Number(high)));
  }

  /** Answers false when it was there already. */
  async function make(topic: string): Promise<boolean> {
    if (made.has(topic)) return false;
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: false });
    await untilAnswered(() => size(topic));
    made.add(topic);
    return true;
  }

  return {
    brokers,
    async filledTopic(messages) {
      const topic = `orders-${messages}`;
      if (await make(topic)) await fill(kafka, topic, messages);
      return topic;
    },
    async growingTopic() {
      await make('sent');
      return 'sent';
    },
    size,
    async committed(groupId, topic) {
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
      return sum((offsets?.partitions ?? []).map(({ offset }) => Math.max(0, Number(offset))));
    },
    async close() {
      await admin.disconnect();
      await stop();
    },
  };
}

async function fill(kafka: Kafka, topic: string, messages: number): Promise<void> {
  const producer = kafka.producer();
  await producer.connect();
  for (let first = 0; first < messages; first += recordsTogether) {
    const count = Math.min(recordsTogether, messages - first);
    await producer.send({
      topic,
      messages: Array.from({ length: count }, (_, index) => recordOf(first + index)),
    });
  }
  await producer.disconnect();
}

function recordOf(number: number) {
  return {
    key: keyOf(number),
    value: JSON.stringify(createOrder(number)),
    headers: headersOf(number),
    partition: number % partitions,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
