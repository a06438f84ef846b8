import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConsumer, memoryStore, relay, silentLogger } from '@millrace/core';
import { sqs, sqsPublisher } from '@millrace/sqs-polling';
import { memoryBroker } from '@millrace/testing';
import { salesforceEmulator } from '@millrace/testing/salesforce';
import { startFauxqs } from 'fauxqs';
import { expect, inject, it, onTestFinished } from 'vitest';
import { kafkaPublisher } from '../src/index.ts';
import { openBench } from './support/broker.ts';
import { describeClients } from './support/clients.ts';
import { consume, numbers } from './support/consume.ts';
import { startProgram } from './support/process.ts';
import { until } from './support/until.ts';

describeClients('a relay into Kafka', (library) => {
  function publisherTo(topic: string) {
    const publisher = kafkaPublisher({ client: library.connect(), topic });
    onTestFinished(() => publisher.close());
    return publisher;
  }

  it('from a broker in memory keeps what an event is, and settles what was published', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(3);
    const broker = memoryBroker();
    const queue = broker.queue('orders', { order: 'perKey' });
    const source = queue.source();
    const consumer = createConsumer({
      name: 'relay',
      sources: [source],
      handlers: [relay({ from: source, to: publisherTo(topic) })],
      store: memoryStore(),
      log: silentLogger,
    });
    onTestFinished(() => consumer.stop({ now: true }));
    await consumer.start();
    const events = numbers(1, 60).map((n) => ({
      id: `e${n}`,
      type: `Placed.${n % 2}`,
      key: `k${n % 5}`,
      data: { n },
      headers: { traceparent: `trace-${n}` },
    }));
    await broker.publish('orders', ...events);
    const far = await consume(bench, { topics: topic });
    await until(() => far.messages.length === 60);
    await consumer.stop();
    for (const event of events) {
      const { headers, ...rest } = event;
      expect(far.messages.find(({ id }) => id === event.id)).toMatchObject({ ...rest, headers });
    }
    for (const [, ofKey] of Map.groupBy(far.messages, ({ key }) => key)) {
      const order = ofKey.map(({ data }) => (data as { n: number }).n);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
  });

  it('from SQS', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(1);
    const server = await startFauxqs({ port: 0, logger: false });
    onTestFinished(() => server.stop());
    server.createQueue('orders', {});
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const options = { queue: 'orders', endpoint: server.address, region: 'us-east-1', credentials };
    const source = sqs({ ...options, waitTime: 1_000, drainPoll: 20 });
    const consumer = createConsumer({
      name: 'relay',
      sources: [source],
      handlers: [relay({ to: publisherTo(topic) })],
      store: memoryStore(),
      log: silentLogger,
    });
    onTestFinished(() => consumer.stop({ now: true }));
    await consumer.start();
    const publisher = sqsPublisher(options);
    onTestFinished(() => publisher.close());
    await publisher.publishMany(numbers(1, 20).map((n) => ({ id: `e${n}`, type: 'Placed', data: { n } })));
    const far = await consume(bench, { topics: topic });
    await until(() => far.messages.length === 20);
    expect(new Set(far.messages.map(({ id }) => id))).toEqual(new Set(numbers(1, 20).map((n) => `e${n}`)));
    await until(() => server.inspectQueue('orders')?.messages.inflight.length === 0);
  });

  it('from Salesforce: one relay is active, another takes over when it is killed, and each event takes effect once', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(1);
    const org = await salesforceEmulator({ channels: { '/event/Order__e': {} } });
    onTestFinished(() => org.close());
    const folder = mkdtempSync(join(tmpdir(), 'millrace-relay-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { clientId, clientSecret } = org.credentials;
    const [broker = ''] = inject('kafka').brokers;
    const start = () =>
      startProgram(
        'relay.ts',
        library.name,
        broker,
        topic,
        org.url,
        clientId,
        clientSecret,
        join(folder, 'store.db'),
      );
    const far = await consume(bench, { topics: topic });

    const first = start();
    for (const n of numbers(1, 50)) org.publish('/event/Order__e', { Number__c: n });
    await until(() => far.messages.length >= 10);
    const second = start();
    for (const n of numbers(51, 150)) org.publish('/event/Order__e', { Number__c: n });
    expect(await first.end('SIGKILL')).toBe('SIGKILL');
    for (const n of numbers(151, 200)) org.publish('/event/Order__e', { Number__c: n });
    await until(() => far.messages.length === 200);
    expect(await second.end('SIGTERM')).toBe(0);

    const seen = far.messages.map(({ data }) => (data as { Number__c: number }).Number__c);
    expect(seen.toSorted((a, b) => a - b)).toEqual(numbers(1, 200));
    expect(far.messages.every(({ type }) => type === 'Order__e')).toBe(true);
  }, 90_000);
});
