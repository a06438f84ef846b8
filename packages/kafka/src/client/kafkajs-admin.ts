import { kafkajsFailure } from './kafkajs-failure.ts';
import type { KafkajsLike } from './kafkajs-like.ts';
import type { KafkaAdmin } from './port.ts';

export async function kafkajsAdmin(kafka: KafkajsLike): Promise<KafkaAdmin> {
  const admin = kafka.admin();

  async function ask<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw kafkajsFailure(error, what);
    }
  }

  try {
    await ask('The brokers could not be reached', () => admin.connect());
  } catch (error) {
    // It may have some of its connections.
    await admin.disconnect().catch(() => {});
    throw error;
  }

  return {
    topics: () => ask('The topics could not be listed', () => admin.listTopics()),
    bounds: (topic) =>
      ask(`The offsets of topic "${topic}" could not be had`, async () => {
        const offsets = await admin.fetchTopicOffsets(topic);
        return new Map(
          offsets.map(({ partition, low, high }) => [partition, { low: BigInt(low), high: BigInt(high) }]),
        );
      }),
    offsetsAt: (topic, time) =>
      ask(`The offsets of topic "${topic}" at a time could not be had`, async () => {
        const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, time.getTime());
        return new Map(offsets.map(({ partition, offset }) => [partition, BigInt(offset)]));
      }),
    committed: (groupId, topic) =>
      ask(`What group "${groupId}" has committed could not be had`, async () => {
        const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] });
        const offsets = answer?.partitions ?? [];
        // Negative: nothing is committed, or what kafkajs writes when it starts over.
        return new Map(
          offsets.flatMap(({ partition, offset }) => {
            const committed = BigInt(offset);
            return committed < 0n ? [] : [[partition, committed] as const];
          }),
        );
      }),
    members: (group) =>
      ask(`Group "${group}" could not be described`, async () => {
        const { groups } = await admin.describeGroups([group]);
        return groups[0]?.members.length ?? 0;
      }),
    close: () => admin.disconnect().catch(() => {}),
  };
}
