import { describeGroupsV5, listOffsetsV7, offsetFetchV8 } from '@platformatic/kafka';
import type { KafkaAdmin } from '../client/port.ts';
import type { NodeId, Wire } from './wire.ts';
import { ask, check } from './wire.ts';

/** What ListOffsets takes for a time: https://kafka.apache.org/protocol#The_Messages_ListOffsets */
const [latest, earliest] = [-1n, -2n];
/** What kafkajs commits where the broker no longer had what came next: the group may have been on it before. */
const leftByKafkajs = -2n;

export async function openAdmin(wire: Wire): Promise<KafkaAdmin> {
  try {
    await wire.insist('Connecting to the brokers failed', wire.any);
  } catch (error) {
    await wire.close();
    throw error;
  }

  /** By partition; -1 where there is no record at the time or after it. */
  async function offsetsAt(topic: string, timestamp: bigint): Promise<ReadonlyMap<number, bigint>> {
    const leaders = (await wire.topics([topic])).get(topic) ?? new Map<number, NodeId>();
    const parts = await Promise.all(
      [...Map.groupBy(leaders, ([, leader]) => leader)].map(async ([leader, ofLeader]) => {
        const partitions = ofLeader.map(([partitionIndex]) => ({
          partitionIndex,
          currentLeaderEpoch: -1,
          timestamp,
        }));
        const { topics } = await ask(listOffsetsV7.api, await wire.to(leader), -1, 0, [
          { name: topic, partitions },
        ]);
        const answers = topics.flatMap((answer) => answer.partitions);
        for (const { errorCode } of answers) check(errorCode);
        return answers.map(({ partitionIndex, offset }) => [partitionIndex, offset] as const);
      }),
    );
    return new Map(parts.flat().toSorted(([a], [b]) => a - b));
  }

  return {
    topics: () =>
      wire.insist('The topics could not be listed', async () => [...(await wire.topics(null)).keys()]),
    bounds: (topic) =>
      wire.insist(`The offsets of topic "${topic}" could not be had`, async () => {
        const [lows, highs] = await Promise.all([offsetsAt(topic, earliest), offsetsAt(topic, latest)]);
        return new Map(
          [...highs].map(([partition, high]) => [partition, { low: lows.get(partition) ?? 0n, high }]),
        );
      }),
    offsetsAt: (topic, time) =>
      wire.insist(`The offsets of topic "${topic}" at a time could not be had`, async () => {
        const found = await offsetsAt(topic, BigInt(time.getTime()));
        const highs = await offsetsAt(topic, latest);
        return new Map(
          [...found].map(([partition, offset]) => [
            partition,
            offset < 0n ? (highs.get(partition) ?? 0n) : offset,
          ]),
        );
      }),
    committed: (group, topic) =>
      wire.insist(`What group "${group}" has committed could not be had`, async () => {
        const partitionIndexes = [...((await wire.topics([topic])).get(topic)?.keys() ?? [])];
        const coordinator = await wire.to(await wire.coordinator(group));
        const { groups } = await ask(
          offsetFetchV8.api,
          coordinator,
          [{ groupId: group, memberEpoch: -1, topics: [{ name: topic, partitionIndexes }] }],
          true,
        );
        for (const { errorCode } of groups) check(errorCode);
        const answers = groups.flatMap(({ topics }) => topics.flatMap(({ partitions }) => partitions));
        for (const { errorCode } of answers) check(errorCode);
        const markers = new Map<number, bigint | 'overwritten'>();
        for (const { partitionIndex, committedOffset } of answers) {
          if (committedOffset >= 0n) markers.set(partitionIndex, committedOffset);
          else if (committedOffset === leftByKafkajs) markers.set(partitionIndex, 'overwritten');
        }
        return markers;
      }),
    members: (group) =>
      wire.insist(`Group "${group}" could not be described`, async () => {
        const coordinator = await wire.to(await wire.coordinator(group));
        const { groups } = await ask(describeGroupsV5.api, coordinator, [group], false);
        for (const { errorCode } of groups) check(errorCode);
        return groups.reduce((sum, { members }) => sum + members.length, 0);
      }),
    close: () => wire.close(),
  };
}
