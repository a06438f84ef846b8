import { setTimeout } from 'node:timers/promises';
import type { Admin, ITopicMetadata } from 'kafkajs';
import { Kafka, logLevel } from 'kafkajs';
import type { KafkaCluster } from '../../../../scripts/servers/kafka.ts';
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
/** A group may wait for a lost member for as long as its `rebalanceTimeout`, twice if another broker takes it over meanwhile. */
const patience = 180_000;

export async function openStage(cluster: KafkaCluster, topic: string): Promise<Stage> {
  /** Each time anew: what a client remembers of brokers is what the tests change. */
  async function ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    const kafka = new Kafka({
      brokers: [...cluster.brokers],
      logLevel: logLevel.NOTHING,
      // One that has just come back may take a question and never answer.
      requestTimeout: 5_000,
      retry: { retries: 2 },
    });
    const admin = kafka.admin();
    try {
      await admin.connect();
      return await question(admin);
    } finally {
      await admin.disconnect();
    }
  }

  /** Asks until the answer is `true`; any other one tells how things stand. */
  async function comesTrue(question: (admin: Admin) => Promise<true | string>): Promise<void> {
    let last = '';
    const fewTimes = async (admin: Admin) => {
      for (let time = 0; time < 10; time += 1) {
        const answer = await question(admin);
        if (answer === true) return true;
        last = answer;
        await setTimeout(100);
      }
      return false;
    };
    const orTrouble = () =>
      ask(fewTimes).catch((error: unknown) => {
        last = String(error);
        return false;
      });
    await until(orTrouble, { within: patience }).catch((cause: unknown) => {
      throw new Error(`It does not come true: ${last}`, { cause });
    });
  }

  async function committed(admin: Admin): Promise<readonly number[]> {
    const [answer] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
    return byPartition(answer?.partitions ?? [], ({ offset }) => offset);
  }

  async function ends(admin: Admin): Promise<readonly number[]> {
    return byPartition(await admin.fetchTopicOffsets(topic), ({ high }) => high);
  }

  async function isDivided(admin: Admin, members: number): Promise<true | string> {
    const { groups } = await admin.describeGroups([topic]);
    const [group] = groups;
    const found = `the group is ${group?.state} with ${group?.members.length} members, not ${members}`;
    return (group?.state === 'Stable' && group.members.length === members) || found;
  }

  const topics = [{ topic, numPartitions: partitions, replicationFactor: 3 }];
  // Brokers that have only just started may not know yet which of them is in charge; one that made it answers `false`.
  await comesTrue(async (admin) => {
    await admin.createTopics({ topics, waitForLeaders: false });
    return true;
  });
  await comesTrue(async (admin) => (await ends(admin)).length === partitions || 'partitions lack leaders');
  // The first group of all makes the brokers set up their coordinators.
  await comesTrue(
    async (admin) => (await committed(admin)).length === partitions || 'there is no coordinator',
  );

  return {
    topic,
    inSync: () =>
      comesTrue(async (admin) => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic, markers] });
        const all = topics.flatMap((of) => of.partitions.map(({ isr }) => isr.length));
        return all.every((inSync) => inSync === 3) || `${all.join()} brokers have the partitions`;
      }),
    divided: (members) => comesTrue((admin) => isDivided(admin, members)),
    async calm(members) {
      let goal: readonly number[] | undefined;
      await comesTrue(async (admin) => {
        const divided = await isDivided(admin, members);
        if (divided !== true) return divided;
        const reached = await committed(admin);
        const to = (goal ??= await ends(admin));
        const caughtUp = to.every((end, partition) => (reached[partition] ?? -1) >= end);
        return caughtUp || `the markers are at ${reached.join()}, and have to come to ${to.join()}`;
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
