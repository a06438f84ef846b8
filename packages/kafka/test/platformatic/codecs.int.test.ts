import { fetchV12 } from '@platformatic/kafka';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { needsKafka } from '../../../../scripts/servers/needs-kafka.ts';
import { kafkaPublisher } from '../../src/index.ts';
import { ask, openWire } from '../../src/platformatic/wire.ts';
import { openBench } from '../support/broker.ts';
import { clientUnderTest, needsNodeOf } from '../support/clients.ts';
import { consume, numbers } from '../support/consume.ts';
import { until } from '../support/until.ts';

const library = clientUnderTest('platformatic');

/** The codec's number that the broker has on the first batch of a topic. */
async function codecOf(topic: string): Promise<number> {
  const wire = openWire({ clientId: 'test', bootstrapBrokers: inject('kafka').brokers });
  onTestFinished(() => wire.close());
  const asked = {
    partition: 0,
    currentLeaderEpoch: -1,
    fetchOffset: 0n,
    lastFetchedEpoch: -1,
    partitionMaxBytes: 1,
  };
  const topics = [{ topicId: topic, partitions: [asked] }];
  const answer = await ask(fetchV12.api, await wire.any(), 100, 1, 1, 0, 0, -1, topics, [], '');
  const [batch] = answer.responses[0]?.partitions[0]?.records ?? [];
  return (batch?.attributes ?? -1) & 7;
}

describe('what is compressed', { ...needsKafka(), ...needsNodeOf('platformatic') }, () => {
  it.each([
    ['gzip', 1],
    ['Snappy', 2],
    ['LZ4', 3],
    ['Zstandard', 4],
  ])('by %s arrives as it was', async (_, compression) => {
    const bench = await openBench(library);
    const topic = await bench.topic(1);
    const publisher = kafkaPublisher({ client: library.connect(), topic, compression });
    onTestFinished(() => publisher.close());
    const events = numbers(1, 100).map((n) => ({ type: 'N', data: `${n}`.padEnd(2_000) }));
    await publisher.publishMany(events);
    expect(await codecOf(topic)).toBe(compression);
    const reading = await consume(bench, { topics: topic });
    await until(() => reading.messages.length === 100);
    expect(reading.values).toEqual(events.map(({ data }) => data));
  });

  it('by a codec that there is not is refused', async () => {
    const publisher = kafkaPublisher({ client: library.connect(), topic: 'orders', compression: 9 });
    onTestFinished(() => publisher.close());
    await expect(publisher.publish({ type: 'N', data: 1 })).rejects.toMatchObject({
      code: 'KAFKA_UNSUPPORTED',
    });
  });
});
