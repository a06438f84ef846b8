import { setTimeout } from 'node:timers/promises';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { KafkaCluster } from '../../../scripts/servers/kafka.ts';
import { findKafka, startKafka } from '../../../scripts/servers/kafka.ts';
import { skipWithout } from '../../../scripts/servers/skip-reason.ts';
import { kafka, kafkajsClient, kafkaPublisher } from '../src/index.ts';
import { numbers } from './support/consume.ts';
import { until } from './support/until.ts';

const jars = await findKafka();
const missing = 'missing' in jars ? jars.missing : undefined;
const partitions = 6;

describe('three brokers', skipWithout(missing), () => {
  let cluster: KafkaCluster;
  beforeAll(async () => {
    if ('missing' in jars) return;
    cluster = await startKafka(jars, { brokers: 3 });
  }, 120_000);
  afterAll(() => cluster.stop());

  const connect = () =>
    new Kafka({
      brokers: [...cluster.brokers],
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 200 },
    });

  async function makeTopic(topic: string): Promise<void> {
    const admin = connect().admin();
    await admin.connect();
    await admin.createTopics({
      topics: [{ topic, numPartitions: partitions, replicationFactor: 3 }],
      waitForLeaders: false,
    });
    await until(() =>
      admin.fetchTopicOffsets(topic).then(
        ({ length }) => length === partitions,
        () => false,
      ),
    );
    await admin.disconnect();
  }

  /** All brokers have all of the topic again: else the next one to go would take the last copy along. */
  async function whenInSync(topic: string): Promise<void> {
    const admin = connect().admin();
    await admin.connect();
    const inSync = async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics.every(({ partitions }) => partitions.every(({ isr }) => isr.length === 3));
    };
    await until(() => inSync().catch(() => false), { within: 60_000, what: 'be in sync' });
    await admin.disconnect();
  }

  /** Publishes keyed numbers until told to stop, each for as long as it takes; and two consumers that share a store. */
  async function run(topic: string) {
    await makeTopic(topic);
    const publisher = kafkaPublisher({ client: kafkajsClient(connect()), topic });
    onTestFinished(() => publisher.close());
    const store = memoryStore();
    const handled: { readonly n: number; readonly key: string | undefined }[] = [];
    const consumers = ['one', 'two'].map((owner) => {
      const source = kafka({
        client: kafkajsClient(() => connect()),
        name: 'orders',
        topics: topic,
        start: 'earliest',
        sessionTimeout: 6_000,
        fetch: { maxWait: 100 },
      });
      const consumer = createConsumer({
        name: 'billing',
        sources: [source],
        store,
        idempotency: { lease: 2_000 },
        log: silentLogger,
      });
      consumer.on('N', ({ data, key }) => void handled.push({ n: (data as { n: number }).n, key }));
      onTestFinished(() => consumer.stop({ now: true }));
      return { owner, consumer };
    });
    await Promise.all(consumers.map(({ consumer }) => consumer.start()));
    let sent = 0;
    const stopping = new AbortController();
    const sending = (async () => {
      while (!stopping.signal.aborted) {
        const batch = numbers(sent + 1, sent + 100).map((n) => ({
          type: 'N',
          id: `e${n}`,
          key: `k${n % 50}`,
          data: { n },
        }));
        // Again with the same ids, if it has to be.
        for (let done = false; !done;) {
          done = await publisher.publishMany(batch).then(
            () => true,
            () => setTimeout(200, false),
          );
        }
        sent += 100;
        // At a pace, so that there is always more to come while brokers go and come.
        await setTimeout(20);
      }
    })();
    return {
      handled,
      consumers,
      /** Answers what was sent, and what took effect. */
      async finish() {
        stopping.abort();
        await sending;
        await until(() => handled.length >= sent, { within: 60_000, what: 'all to be handled' });
        await Promise.all(consumers.map(({ consumer }) => consumer.stop()));
        for (const [key, ofKey] of Map.groupBy(handled, (it) => it.key)) {
          const order = ofKey.map(({ n }) => n);
          expect(order, key ?? '').toEqual(order.toSorted((a, b) => a - b));
        }
        return { sent: numbers(1, sent), effects: handled.map(({ n }) => n).toSorted((a, b) => a - b) };
      },
    };
  }

  it('are restarted one after the other: nothing is lost, nothing overtakes, nothing takes effect twice', async () => {
    const { handled, finish } = await run('rolling');
    await until(() => handled.length > 500);
    for (const broker of [0, 1, 2]) {
      await cluster.stopBroker(broker);
      const before = handled.length;
      await until(() => handled.length > before + 300, { within: 60_000, what: `go on without ${broker}` });
      await cluster.startBroker(broker);
      await whenInSync('rolling');
    }
    const { sent, effects } = await finish();
    expect(effects).toEqual(sent);
  }, 240_000);

  it('are all gone for a while: the source says so, and goes on when they are back', async () => {
    const { handled, consumers, finish } = await run('outage');
    await until(() => handled.length > 500);
    await Promise.all([0, 1, 2].map((broker) => cluster.stopBroker(broker)));
    const statuses = () => consumers.map(({ consumer }) => consumer.health().status);
    await until(() => statuses().every((status) => status === 'degraded'), { within: 60_000 });
    // The outage goes on for a while after it was noticed.
    await setTimeout(5_000);
    await Promise.all([0, 1, 2].map((broker) => cluster.startBroker(broker)));
    const before = handled.length;
    await until(() => handled.length > before + 300, { within: 90_000, what: 'go on' });
    await until(() => statuses().every((status) => status === 'ready'), { within: 60_000 });
    const { sent, effects } = await finish();
    expect(effects).toEqual(sent);
  }, 240_000);
});
