import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import type { Admin } from 'kafkajs';
import { CompressionTypes } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { KafkaCluster } from '../../../scripts/servers/kafka.ts';
import { findKafka, startKafka } from '../../../scripts/servers/kafka.ts';
import { needsKafka } from '../../../scripts/servers/needs-kafka.ts';
import { kafka, kafkaPublisher } from '../src/index.ts';
import type { ClientName } from './support/client-of.ts';
import { clientNames, clientOf, kafkajsTo } from './support/client-of.ts';
import { needsNodeOf } from './support/clients.ts';
import { until } from './support/until.ts';

/** Where a batch has its length, and where its records begin. https://kafka.apache.org/documentation/#recordbatch */
const [lengthAt, recordsAt] = [8, 61];

describe('batches that are damaged in the log of the broker', needsKafka(), () => {
  const logs = mkdtempSync(join(tmpdir(), 'millrace-damaged-'));
  let cluster: KafkaCluster | undefined;
  let admin: Admin | undefined;
  beforeAll(async () => {
    const jars = await findKafka();
    if ('missing' in jars) return;
    cluster = await startKafka(jars, { settings: { 'log.dirs': logs } });
    admin = kafkajsTo(cluster.brokers).admin();
    await admin.connect();
  }, 120_000);
  afterAll(async () => {
    await admin?.disconnect();
    await cluster?.stop();
    rmSync(logs, { recursive: true, force: true });
  });

  /** Three events in a batch each, of which the second is damaged; and a consumer that reads them. */
  async function open(name: ClientName, compression: number | undefined, damage: (batch: Buffer) => void) {
    const topic = `orders-${randomUUID()}`;
    await admin?.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
    await until(async () => (await admin?.fetchTopicOffsets(topic).catch(() => [])) !== undefined);
    const client = clientOf(name, cluster?.brokers ?? []);
    const publisher = kafkaPublisher({ client, topic, ...(compression !== undefined && { compression }) });
    for (const data of [1, 2, 3]) await publisher.publish({ type: 'Placed', id: `e${data}`, data });
    await publisher.close();

    const file = join(logs, `${topic}-0`, `${'0'.repeat(20)}.log`);
    const log = readFileSync(file);
    damage(log.subarray(12 + log.readInt32BE(lengthAt)));
    writeFileSync(file, log);

    const values: unknown[] = [];
    const source = kafka({ client, name: 'orders', topics: topic, group: topic, start: 'earliest' });
    const consumer = createConsumer({
      name: 'billing',
      sources: [source],
      store: memoryStore(),
      markers: { every: 1, interval: 50 },
      log: silentLogger,
    });
    onTestFinished(() => consumer.stop({ now: true }));
    consumer.on('*', ({ data }) => void values.push(data));
    await consumer.start();
    const health = () => consumer.health().sources['orders'];
    const committed = async () => {
      const [answer] = (await admin?.fetchOffsets({ groupId: topic, topics: [topic] })) ?? [];
      return Number(answer?.partitions[0]?.offset);
    };
    return { topic, consumer, values, health, committed };
  }

  describe.each(clientNames)('%s', (name) => {
    it.each<[string, number | undefined, (batch: Buffer) => void]>([
      [
        'a record that ends beyond its batch',
        undefined,
        (batch) => batch.fill(Buffer.from('ffff7f', 'hex'), recordsAt, recordsAt + 3),
      ],
      [
        'a payload that can not be unpacked',
        CompressionTypes.GZIP,
        (batch) => batch.fill(9, recordsAt, recordsAt + 4),
      ],
    ])('%s: is told, and never passed over', needsNodeOf(name), async (_, compression, damage) => {
      const { consumer, values, health, committed } = await open(name, compression, damage);
      await until(() => health()?.status === 'degraded');
      expect(health()?.reason?.message).toMatch(/A batch can not be read: it is damaged/);
      await consumer.stop({ now: true });
      expect(values).not.toContain(3);
      expect(await committed()).toBeLessThanOrEqual(1);
    });
  });

  it('a length that is wrong, of which the broker says nothing: the standstill is told', async () => {
    const { topic, consumer, values, health, committed } = await open('kafkajs', undefined, (batch) =>
      batch.writeInt32BE(1_000_000, lengthAt),
    );
    await until(() => values.length === 1);
    await until(() => health()?.status === 'degraded', { within: 50_000 });
    expect(health()?.reason).toMatchObject({
      code: 'KAFKA_REQUEST_FAILED',
      message: expect.stringContaining(`records that do not come, from ${topic}[0]@1 on`),
    });
    await consumer.stop({ now: true });
    expect(values).toEqual([1]);
    expect(await committed()).toBe(1);
  });
});
