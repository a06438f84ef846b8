import { setTimeout } from 'node:timers/promises';
import type { Admin, ITopicMetadata } from 'kafkajs';
import type { KafkaCluster } from '../../../../scripts/servers/kafka.ts';
import { kafkajsTo } from './client-of.ts';
import { until } from './until.ts';

/** A topic on three brokers, and a group of the same name that reads it, as the brokers see them. */
export interface Stage {
  readonly topic: string;
  /** Resolves when all brokers have all of the topic and of the groups' markers: else the next one to go might take the last copy along. */
  inSync(): Promise<void>;
  /** Resolves when the group has so many members and its markers have come to where the topic ended when this was asked. */
  calm(members: number): Promise<void>;
  /** Resolves when the group is divided among so many members. */
  divided(members: number): Promise<void>;
  /** The place in `cluster.brokers` of the one that coordinates the group. */
  coordinator(): Promise<number>;
  /** The group's markers, by partition. */
  committed(): Promise<readonly number[]>;
  /** The offsets after the last events, by partition. */
  ends(): Promise<readonly number[]>;
}

const partitions = 6;
const markers = '__consumer_offsets';
/** The brokers may be busy with each other after a disturbance. */
const patience = 90_000;

export async function openStage(cluster: KafkaCluster, topic: string): Promise<Stage> {
  /** Each time anew: what a client remembers of brokers is what the tests change. */
  async function ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = kafkajsTo(cluster.brokers).admin();
    try {
      await admin.connect();
      return await question(admin);
    } finally {
      await admin.disconnect();
    }
  }

  async function comesTrue(what: string, question: (admin: Admin) => Promise<boolean>): Promise<void> {
    const fewTimes = async (admin: Admin) => {
      for (let time = 0; time < 10; time += 1) {
        if (await question(admin)) return true;
        await setTimeout(100);
      }
      return false;
    };
    await until(() => ask(fewTimes).catch(() => false), { within: patience, what });
  }

  async function committed(admin: Admin): Promise<readonly number[]> {
    const [answer] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
    return byPartition(answer?.partitions ?? [], ({ offset }) => offset);
  }

  async function ends(admin: Admin): Promise<readonly number[]> {
    return byPartition(await admin.fetchTopicOffsets(topic), ({ high }) => high);
  }

  async function isDivided(admin: Admin, members: number): Promise<boolean> {
    const { groups } = await admin.describeGroups([topic]);
    return groups.every((group) => group.state === 'Stable' && group.members.length === members);
  }

  await ask((admin) =>
    admin.createTopics({
      topics: [{ topic, numPartitions: partitions, replicationFactor: 3 }],
      waitForLeaders: false,
    }),
  );
  await comesTrue('have leaders', async (admin) => (await ends(admin)).length === partitions);
  // The first group of all makes the brokers set up their coordinators.
  await comesTrue('have coordinators', async (admin) => (await committed(admin)).length === partitions);

  return {
    topic,
    inSync: () =>
      comesTrue('be in sync', async (admin) => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic, markers] });
        return topics.every((of) => of.partitions.every(({ isr }) => isr.length === 3));
      }),
    divided: (members) => comesTrue(`${members} members`, (admin) => isDivided(admin, members)),
    async calm(members) {
      let goal: readonly number[] | undefined;
      await comesTrue(`${members} members that have caught up`, async (admin) => {
        if (!(await isDivided(admin, members))) return false;
        goal ??= await ends(admin);
        const reached = await committed(admin);
        return goal.every((end, partition) => (reached[partition] ?? -1) >= end);
      });
    },
    coordinator: () =>
      ask(async (admin) => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [markers] });
        const leader = leaderOf(topics[0]?.partitions ?? [], topic);
        return leader - 1;
      }),
    committed: () => ask(committed),
    ends: () => ask(ends),
  };
}

/** The broker that leads the partition which keeps a group's markers is its coordinator: abs(Java's hash of the id) modulo partitions. */
function leaderOf(among: ITopicMetadata['partitions'], group: string): number {
  let hash = 0;
  for (const character of group) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) | 0;
  const partition = Math.abs(hash) % among.length;
  return among.find(({ partitionId }) => partitionId === partition)?.leader ?? -1;
}

function byPartition<T extends { readonly partition: number }>(
  partitionsOf: readonly T[],
  offset: (of: T) => string,
): readonly number[] {
  return partitionsOf
    .toSorted((one, other) => one.partition - other.partition)
    .map((of) => Number(offset(of)));
}
