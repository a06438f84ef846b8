import { isMillraceError } from '@millrace/core';
import { kafkajsFailure } from './kafkajs-failure.ts';
import type { KafkajsAdmin, KafkajsLike } from './kafkajs-like.ts';
import type { KafkaAdmin, PartitionBounds } from './port.ts';

/** Of a partition that its group has committed nothing of, the brokers answer -1. */
const startedOver = -2n;

export async function kafkajsAdmin(kafka: KafkajsLike): Promise<KafkaAdmin> {
  let current = connect(kafka);
  await current;

  /** kafkajs looks at topics anew only after minutes, and one that is gone makes it fail for all others. */
  async function renew(): Promise<void> {
    const old = current;
    current = connect(kafka);
    await (await old).disconnect().catch(() => {});
  }

  async function ask<T>(what: string, work: (admin: KafkajsAdmin) => Promise<T>): Promise<T> {
    try {
      return await work(await current);
    } catch (error) {
      const failure = kafkajsFailure(error, what);
      if (isMillraceError(failure, 'KAFKA_TOPIC_MISSING')) await renew();
      throw failure;
    }
  }

  const bounds = (topic: string) =>
    ask(`The offsets of topic "${topic}" could not be had`, async (admin) => {
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
    close: async () => await (await current).disconnect().catch(() => {}),
  };
}

async function connect(kafka: KafkajsLike): Promise<KafkajsAdmin> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return admin;
  } catch (error) {
    // It may have some of its connections.
    await admin.disconnect().catch(() => {});
    throw kafkajsFailure(error, 'The brokers could not be reached');
  }
}
