import { isMillraceError } from '@millrace/core';
import type { CoordinatorWatch } from './kafkajs-coordinator.ts';
import { watchCoordinator } from './kafkajs-coordinator.ts';
import { kafkajsFailure } from './kafkajs-failure.ts';
import type { KafkajsAdmin, KafkajsLike } from './kafkajs-like.ts';
import type { KafkaAdmin, PartitionBounds } from './port.ts';

/** Of a partition that its group has committed nothing of, the brokers answer -1. */
const startedOver = -2n;

interface Connected {
  readonly admin: KafkajsAdmin;
  readonly coordinator: CoordinatorWatch;
}

export async function kafkajsAdmin(kafka: KafkajsLike): Promise<KafkaAdmin> {
  let current = connect(kafka);
  await current;

  /** kafkajs looks at topics anew only after minutes, and one that is gone makes it fail for all others. */
  async function renew(): Promise<void> {
    const old = current;
    current = connect(kafka);
    await (await old).admin.disconnect().catch(() => {});
  }

  async function ask<T>(what: string, work: (admin: KafkajsAdmin) => Promise<T>): Promise<T> {
    const { admin, coordinator } = await current;
    try {
      return await work(admin);
    } catch (error) {
      const failure = kafkajsFailure(coordinator.explain(error, what), what);
      if (isMillraceError(failure, 'KAFKA_TOPIC_MISSING')) await renew();
      throw failure;
    }
  }

  const bounds = (topic: string) =>
    ask(`The offsets of topic "${topic}" could not be had`, async (admin) => {
      await mustBeThere(admin, topic);
      const offsets = await admin.fetchTopicOffsets(topic);
      return new Map(
        offsets.map(({ partition, low, high }): [number, PartitionBounds] => [
          partition,
          { low: BigInt(low), high: BigInt(high) },
        ]),
      );
    });

  return {
    topics: () => ask('The topics could not be listed', (admin) => admin.listTopics()),
    async bounds(topic, needed = []) {
      const found = await bounds(topic);
      if (needed.every((partition) => found.has(partition))) return found;
      await renew();
      return await bounds(topic);
    },
    offsetsAt: (topic, time) =>
      ask(`The offsets of topic "${topic}" at a time could not be had`, async (admin) => {
        const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, time.getTime());
        return new Map(offsets.map(({ partition, offset }) => [partition, BigInt(offset)]));
      }),
    committed: (groupId, topic) =>
      ask(`What group "${groupId}" has committed could not be had`, async (admin) => {
        const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] });
        const offsets = answer?.partitions ?? [];
        const markers = new Map<number, bigint | 'overwritten'>();
        for (const { partition, offset } of offsets) {
          const committed = BigInt(offset);
          if (committed >= 0n) markers.set(partition, committed);
          else if (committed === startedOver) markers.set(partition, 'overwritten');
        }
        return markers;
      }),
    members: (group) =>
      ask(`Group "${group}" could not be described`, async (admin) => {
        const { groups } = await admin.describeGroups([group]);
        return groups[0]?.members.length ?? 0;
      }),
    close: async () => await (await current).admin.disconnect().catch(() => {}),
  };
}

/** What asks for the offsets of a topic goes on asking for seconds when it is not there. */
async function mustBeThere(admin: KafkajsAdmin, topic: string): Promise<void> {
  try {
    await admin.fetchTopicMetadata({ topics: [topic] });
  } catch (error) {
    if (isMillraceError(kafkajsFailure(error, topic), 'KAFKA_TOPIC_MISSING')) throw error;
  }
}

async function connect(kafka: KafkajsLike): Promise<Connected> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return { admin, coordinator: watchCoordinator(admin, 'admin') };
  } catch (error) {
    // It may have some of its connections.
    await admin.disconnect().catch(() => {});
    throw kafkajsFailure(error, 'Connecting to the brokers failed');
  }
}
