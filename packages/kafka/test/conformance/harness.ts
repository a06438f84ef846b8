import { randomUUID } from 'node:crypto';
import type { Source, SourceSettings } from '@millrace/core';
import type { AdapterDestination, AdapterHarness, AdapterSubject } from '@millrace/testing';
import { findKafka, startKafka } from '../../../../scripts/servers/kafka.ts';
import type { KafkaClient, KafkaOptions } from '../../src/index.ts';
import { kafka, kafkaPublisher } from '../../src/index.ts';
import type { ClientName } from '../support/client-of.ts';
import { clientNames, clientOf, kafkajsTo } from '../support/client-of.ts';
import { openLine } from './line.ts';

type Order = NonNullable<KafkaOptions['order']>;

/**
 * Sources of both orders on each client, on a real broker: one that is given, or one that starts with the first that needs it. Rejects then
 * where Kafka can't be had.
 */
export async function openConformance(given?: readonly string[]): Promise<{
  readonly subjects: readonly AdapterSubject[];
  close(): Promise<void>;
}> {
  let started: ReturnType<typeof start> | undefined;
  const brokers = async () => given ?? (await (started ??= start())).brokers;
  const subject = (library: ClientName, order: Order): AdapterSubject => ({
    name: `kafka by ${library}, order per ${order}`,
    capabilities: sourceOf(clientOf(library, ['localhost']), 'sample', order, {}).capabilities,
    setup: async () => openHarness(library, await brokers(), order),
  });
  return {
    subjects: clientNames.flatMap((library) => [subject(library, 'partition'), subject(library, 'key')]),
    close: async () => (await started)?.stop(),
  };
}

async function start() {
  const jars = await findKafka();
  if ('missing' in jars) throw new Error(jars.missing);
  return await startKafka(jars);
}

function sourceOf(client: KafkaClient, topics: string, order: Order, settings: SourceSettings): Source {
  return kafka({
    client,
    topics,
    order,
    sessionTimeout: 3_000,
    rebalanceTimeout: 5_000,
    fetch: { maxWait: 100 },
    ...settings,
  });
}

async function openHarness(
  library: ClientName,
  brokers: readonly string[],
  order: Order,
): Promise<AdapterHarness> {
  const own = kafkajsTo(brokers);
  const client = clientOf(library, brokers);
  const [admin, publisher] = [own.admin(), kafkaPublisher({ client })];
  const raw = own.producer({ createPartitioner: () => () => 0 });
  await Promise.all([admin.connect(), raw.connect()]);
  const topics: string[] = [];
  const line = openLine(library, brokers);
  const sourceNames = new Set<string>();

  async function open(): Promise<AdapterDestination & { readonly topic: string }> {
    const topic = `conformance-${randomUUID()}`;
    // To the suite what keeps the order of a channel has one.
    const numPartitions = order === 'partition' ? 1 : 3;
    await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: false });
    topics.push(topic);
    while (!(await admin.fetchTopicOffsets(topic).catch(() => undefined)));
    // The first group of all makes a new broker set up its coordinator.
    while (!(await admin.fetchOffsets({ groupId: topic, topics: [topic] }).catch(() => undefined)));

    async function remaining(): Promise<number> {
      const ends = await admin.fetchTopicOffsets(topic);
      const { groups } = await admin.listGroups();
      const ours = groups.filter(({ groupId }) => sourceNames.has(groupId.slice(groupId.indexOf('.') + 1)));
      const lags = await Promise.all(
        ours.map(async ({ groupId }) => {
          const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] });
          const committed = new Map(
            answer?.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
          );
          if ([...committed.values()].every((offset) => offset < 0)) return 0;
          return ends.reduce(
            (sum, { partition, high }) => sum + Number(high) - Math.max(0, committed.get(partition) ?? 0),
            0,
          );
        }),
      );
      return Math.max(0, ...lags);
    }

    return {
      topic,
      source(settings = {}) {
        if (settings.name !== undefined) sourceNames.add(settings.name);
        return sourceOf(line.client, topic, order, settings);
      },
      async publish(events) {
        await publisher.publishMany(events.map(({ data = null, ...event }) => ({ ...event, data, topic })));
      },
      remaining,
    };
  }

  const { topic, ...here } = await open();
  return {
    ...here,
    other: open,
    missing: () => sourceOf(client, `missing-${randomUUID()}`, order, {}),
    async publishGarbage(value) {
      await raw.send({
        topic,
        messages: [{ value: Buffer.from(value), headers: { event: 'Conformance.checked' } }],
      });
      return true;
    },
    maxPayload: 999_000,
    connections: line.count,
    faults: { drop: line.drop },
    async close() {
      line.close();
      await admin.deleteTopics({ topics });
      await Promise.all([admin.disconnect(), raw.disconnect(), publisher.close()]);
    },
  };
}
