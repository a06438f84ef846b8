import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect as connectSocket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Source, SourceSettings } from '@millrace/core';
import type { AdapterDestination, AdapterHarness, AdapterSubject } from '@millrace/testing';
import type { ISocketFactory } from 'kafkajs';
import { Kafka, logLevel } from 'kafkajs';
import { findKafka, startKafka } from '../../../../scripts/servers/kafka.ts';
import type { KafkaOptions } from '../../src/index.ts';
import { kafka, kafkajsClient, kafkaPublisher } from '../../src/index.ts';

type Order = NonNullable<KafkaOptions['order']>;

/** Milliseconds that no connection is made after those that there were are broken. */
const outage = 1_500;

/**
 * Sources of both orders, on a real broker: one that is given, or one that starts with the first that needs it. Rejects then
 * where Kafka can't be had.
 */
export async function openConformance(given?: readonly string[]): Promise<{
  readonly subjects: readonly AdapterSubject[];
  close(): Promise<void>;
}> {
  let started: ReturnType<typeof start> | undefined;
  const brokers = async () => given ?? (await (started ??= start())).brokers;
  const subject = (name: string, order: Order): AdapterSubject => ({
    name,
    capabilities: sourceOf(clientOf([]), 'sample', order, {}).capabilities,
    setup: async () => openHarness(await brokers(), order),
  });
  return {
    subjects: [subject('kafka, order per partition', 'partition'), subject('kafka, order per key', 'key')],
    close: async () => (await started)?.stop(),
  };
}

async function start() {
  const jars = await findKafka();
  if ('missing' in jars) throw new Error(jars.missing);
  return await startKafka(jars);
}

function clientOf(brokers: readonly string[], socketFactory?: ISocketFactory): Kafka {
  return new Kafka({
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, retries: 4 },
    ...(socketFactory && { socketFactory }),
  });
}

function sourceOf(
  client: Kafka | (() => Kafka),
  topics: string,
  order: Order,
  settings: SourceSettings,
): Source {
  return kafka({
    client: kafkajsClient(client),
    topics,
    order,
    sessionTimeout: 3_000,
    rebalanceTimeout: 5_000,
    fetch: { maxWait: 100 },
    ...settings,
  });
}

async function openHarness(brokers: readonly string[], order: Order): Promise<AdapterHarness> {
  const own = clientOf(brokers);
  const [admin, publisher] = [own.admin(), kafkaPublisher({ client: kafkajsClient(own) })];
  const raw = own.producer({ createPartitioner: () => () => 0 });
  await Promise.all([admin.connect(), raw.connect()]);
  const topics: string[] = [];
  const line = createLine();
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
        return sourceOf(() => clientOf(brokers, line.socketFactory), topic, order, settings);
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
    missing: () => sourceOf(own, `missing-${randomUUID()}`, order, {}),
    async publishGarbage(value) {
      await raw.send({
        topic,
        messages: [{ value: Buffer.from(value), headers: { event: 'Conformance.checked' } }],
      });
      return true;
    },
    maxPayload: 999_000,
    connections: () => line.sockets.size,
    faults: { drop: line.drop },
    async close() {
      await admin.deleteTopics({ topics });
      await Promise.all([admin.disconnect(), raw.disconnect(), publisher.close()]);
    },
  };
}

/** The connections of consumers, which can be broken. */
function createLine() {
  const sockets = new Set<Socket>();
  let downUntil = 0;

  const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    const socket = ssl
      ? connectTls({ host, port, ...ssl }, onConnect)
      : connectSocket({ host, port }, onConnect);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (performance.now() < downUntil) socket.destroy(new Error('The network is down.'));
    return socket;
  };

  return {
    sockets,
    socketFactory,
    drop() {
      downUntil = performance.now() + outage;
      for (const socket of sockets) socket.destroy(new Error('The connection was dropped.'));
    },
  };
}
