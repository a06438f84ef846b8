import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { findKafka, startKafka } from '../../../../scripts/servers/kafka.ts';
import { untilAnswered } from '../../../../scripts/servers/until-answered.ts';
import type { TicketsAccess } from './config.ts';
import { partitions } from './tickets.ts';

/** The topic that tickets are relayed to, on a broker that was given, or was started for it. */
export interface Topic {
  readonly access: TicketsAccess;
  /** Records in it. */
  size(): Promise<number>;
  /** Records that the workers' group has not committed. */
  unsettled(): Promise<number>;
  /** Deletes it, or stops the broker. */
  close(): Promise<void>;
}

/** `given`: `host:port`. Rejects, in words for the user, when there is no Kafka. */
export async function openTopic(given: string | undefined): Promise<Topic> {
  const cluster = given === undefined ? await startOwn() : undefined;
  const brokers = cluster?.brokers ?? [given ?? ''];
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  const topic = `millrace-demo-${randomUUID()}`;

  async function size(): Promise<number> {
    return sum((await admin.fetchTopicOffsets(topic)).map(({ high }) => Number(high)));
  }

  async function close(): Promise<void> {
    if (cluster === undefined) await admin.deleteTopics({ topics: [topic] }).catch(() => {});
    await admin.disconnect();
    await cluster?.stop();
  }

  try {
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: false });
    await untilAnswered(size);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    access: { brokers, topic },
    size,
    async unsettled() {
      const [offsets] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
      const committed = (offsets?.partitions ?? []).map(({ offset }) => Math.max(0, Number(offset)));
      return (await size()) - sum(committed);
    },
    close,
  };
}

async function startOwn() {
  const jars = await findKafka();
  if ('missing' in jars) throw new Error(`${jars.missing}. --kafka=host:port takes one that runs already`);
  return await startKafka(jars);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
