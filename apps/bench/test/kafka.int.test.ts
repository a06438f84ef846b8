import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';

import { createOrder, headersOf } from '../src/kafka/bench-record.ts';
import type { Broker } from '../src/kafka/broker.ts';
import { startBroker } from '../src/kafka/broker.ts';
import { assertAll, consumeContender } from '../src/kafka/consume-contender.ts';
import { startConsumer } from '../src/kafka/consumer-client.ts';
import type { ConsumerName } from '../src/kafka/consumers.ts';
import { consumers } from '../src/kafka/consumers.ts';
import { produceContender } from '../src/kafka/produce-contender.ts';
import type { SenderName } from '../src/kafka/senders.ts';
import { senders } from '../src/kafka/senders.ts';
import type { WayName } from '../src/kafka/ways.ts';
import { ways } from '../src/kafka/ways.ts';
import type { Contender } from '../src/measure/contender.ts';
import type { Measurement } from '../src/measure/stopwatch.ts';
import { createStopwatch } from '../src/measure/stopwatch.ts';
import type { MissingServer } from '../src/suite.ts';

const patience = 120_000;
const consumerNames = Object.keys(consumers) as ConsumerName[];
const senderNames = Object.keys(senders) as SenderName[];
let started: Broker | MissingServer;
let broker: Broker;

beforeAll(async () => {
  started = await startBroker();
}, patience);

beforeEach(({ skip }) => {
  if ('missing' in started) return skip(started.missing);
  broker = started;
});

afterAll(async () => {
  if ('close' in started) await started.close();
});

async function measureTwice(contender: Contender): Promise<readonly Measurement[]> {
  onTestFinished(() => contender.close());
  const measured: Measurement[] = [];
  for (let round = 0; round < 2; round += 1) {
    const trial = await contender.prepare(300);
    const stopwatch = createStopwatch();
    await trial.run(stopwatch);
    await trial.finish();
    measured.push(stopwatch.measured);
  }
  return measured;
}

test('records have some 300 bytes of JSON', () => {
  expect(JSON.stringify(createOrder(123)).length).toBeGreaterThan(280);
  expect(JSON.stringify(createOrder(123_456)).length).toBeLessThan(320);
});

test.each(consumerNames)(
  '%s consumes the same topic again and again, and commits all of it',
  async (name) => {
    const measured = await measureTwice(consumeContender(broker, name, name));
    expect(measured.every(({ cpu, seconds }) => cpu > 0 && seconds > 0)).toBe(true);
  },
  patience,
);

test.each(senderNames.flatMap((name) => Object.keys(ways).map((way) => [name, way as WayName] as const)))(
  '%s publishes in %s',
  async (name, way) => {
    const measured = await measureTwice(produceContender(broker, name, name, way));
    expect(measured.every(({ cpu, seconds }) => cpu > 0 && seconds > 0)).toBe(true);
  },
  patience,
);

test.each(consumerNames)(
  'the process of %s has no result when a record comes twice',
  async (name) => {
    const { brokers } = broker;
    const topic = `twice-${randomUUID()}`;
    const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    const producer = kafka.producer();
    onTestFinished(async () => {
      await admin.disconnect();
      await producer.disconnect();
    });
    await admin.connect();
    await admin.createTopics({ topics: [{ topic }], waitForLeaders: false });
    await producer.connect();
    const messages = [0, 1, 2, 2].map((number) => ({
      value: JSON.stringify(createOrder(number)),
      // Nobody is to be told that it is the same one: it would be left out.
      headers: { ...headersOf(number), 'event-id': randomUUID() },
    }));
    await producer.send({ topic, messages });
    const client = startConsumer(name);
    onTestFinished(() => client.close());
    await client.ask('consume', { brokers, topic, group: randomUUID(), messages: 4 });
    await expect(client.ask('stop')).rejects.toThrow(
      'Of 4 messages 1 were never handled and 1 more than once.',
    );
  },
  patience,
);

test('a contender that commits or publishes less than all has no result', () => {
  expect(() => assertAll('committed', 12, 12)).not.toThrow();
  expect(() => assertAll('committed', 11, 12)).toThrow('To the broker, 11 of 12 records are committed.');
});
