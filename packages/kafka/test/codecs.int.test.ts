import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { needsKafka } from '../../../scripts/servers/needs-kafka.ts';
import { skipWithout } from '../../../scripts/servers/skip-reason.ts';
import { kafkajsClient, kafkaPublisher } from '../src/index.ts';
import { connect, openBench } from './support/broker.ts';
import { consume, numbers } from './support/consume.ts';
import { until } from './support/until.ts';

const events = numbers(1, 50).map((n) => ({ type: 'Placed', data: { n, fill: 'x'.repeat(200) } }));

/** A topic, and who publishes to it. The broker packs what comes in its own way, if it is to. */
async function open({ broker = 'producer', publisher = CompressionTypes.None } = {}) {
  const bench = await openBench();
  const topic = `orders-${randomUUID()}`;
  const configEntries = [{ name: 'compression.type', value: broker }];
  await bench.admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
  const opened = kafkaPublisher({ client: kafkajsClient(connect()), topic, compression: publisher });
  onTestFinished(() => opened.close());
  return { bench, topic, publisher: opened };
}

const missing = 'zstdCompress' in zlib ? undefined : `Node ${process.versions.node} has no Zstandard`;

describe('a codec that is plugged into kafkajs', { ...needsKafka(), ...skipWithout(missing) }, () => {
  /** As users do it; kafkajs keeps codecs for the whole process. */
  function installZstandard() {
    const [compress, decompress] = [promisify(zlib.zstdCompress), promisify(zlib.zstdDecompress)];
    const used = { packed: 0, unpacked: 0 };
    const before = CompressionCodecs[CompressionTypes.ZSTD];
    CompressionCodecs[CompressionTypes.ZSTD] = () => ({
      compress({ buffer }: { readonly buffer: Buffer }) {
        used.packed += 1;
        return compress(buffer);
      },
      decompress(buffer: Buffer) {
        used.unpacked += 1;
        return decompress(buffer);
      },
    });
    onTestFinished(() => void (CompressionCodecs[CompressionTypes.ZSTD] = before));
    return used;
  }

  it('packs what is published, and unpacks what is read', async () => {
    const used = installZstandard();
    const { bench, topic, publisher } = await open({ publisher: CompressionTypes.ZSTD });
    await publisher.publishMany(events);
    const reading = await consume(bench, { topics: topic });
    await until(() => reading.messages.length === events.length);
    expect(reading.values).toEqual(events.map(({ data }) => data));
    expect(used.packed).toBeGreaterThan(0);
    expect(used.unpacked).toBeGreaterThan(0);
  });

  it('unpacks what the broker has packed', async () => {
    const used = installZstandard();
    const { bench, topic, publisher } = await open({ broker: 'zstd' });
    await publisher.publishMany(events);
    const reading = await consume(bench, { topics: topic });
    await until(() => reading.messages.length === events.length);
    expect(reading.values).toEqual(events.map(({ data }) => data));
    expect(used.packed).toBe(0);
    expect(used.unpacked).toBeGreaterThan(0);
  });
});

describe('a codec that is not installed', needsKafka(), () => {
  const message = /compression not implemented. Set its codec in `CompressionCodecs`/;

  it.each(['Snappy', 'LZ4', 'ZSTD'] as const)('%s: publishing says so', async (name) => {
    const { publisher } = await open({ publisher: CompressionTypes[name] });
    await expect(publisher.publish({ type: 'Placed', data: 1 })).rejects.toMatchObject({
      code: 'KAFKA_UNSUPPORTED',
      message: expect.stringMatching(message),
    });
  });

  it.each(['snappy', 'lz4', 'zstd'])('%s: the source fails of it, and its marker stays', async (broker) => {
    const { bench, topic, publisher } = await open({ broker });
    await publisher.publish({ type: 'Placed', data: 1 });
    const reading = await consume(bench, { topics: topic });
    await until(() => reading.status() === 'failed');
    expect(reading.reason()).toMatchObject({ message: expect.stringMatching(message) });
    expect(reading.values).toEqual([]);
    expect(await bench.committed(topic)).toEqual([0]);
  });
});
