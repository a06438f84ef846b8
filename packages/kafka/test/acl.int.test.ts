import { inspect } from 'node:util';
import { createConsumer, isMillraceError, memoryStore, relay } from '@millrace/core';
import type { KafkaConfig } from 'kafkajs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { needsKafka } from '../../../scripts/servers/needs-kafka.ts';
import { deadLetterTopic, kafka, kafkaPublisher, retryTopics } from '../src/index.ts';
import type { Right, User } from './support/secured.ts';
import { failureOf, keepRecords, passwords, reader, securedBroker } from './support/secured.ts';
import { until } from './support/until.ts';

/** Two of them have no other rights than a test gives; `carol` never has any. */
describe('access lists', needsKafka(), () => {
  const broker = securedBroker();

  const configOf = (username: User) => (): KafkaConfig => ({
    brokers: [...broker().kafka.addressesOf('SASL_PLAINTEXT')],
    sasl: { mechanism: 'plain', username, password: passwords[username] },
  });

  async function open(user: User) {
    const topic = await broker().topic();
    const records = keepRecords();
    const client = records.client(configOf(user));
    const publisher = (options = {}) => {
      const opened = kafkaPublisher({ client, topic, ...options });
      onTestFinished(() => opened.close());
      return opened;
    };
    return { topic, group: `group-of-${topic}`, records, client, publisher };
  }

  const reading = (topic: string, group: string): readonly [Right, Right] => [
    ['topic', topic, 'read'],
    ['group', group, 'read'],
  ];

  it.each<[string, (topic: string, group: string) => readonly Right[], RegExp]>([
    ['no right at all', () => [], /Topic authorization failed.*Read to consume/],
    [
      'no Read on the topic',
      (topic, group) => [
        ['topic', topic, 'describe'],
        ['group', group, 'read'],
      ],
      /Topic authorization failed.*Read to consume/,
    ],
    ['nothing on the group', (topic) => [['topic', topic, 'read']], /ACL Read on the group/],
    [
      'no Read on the group',
      (topic, group) => [
        ['topic', topic, 'read'],
        ['group', group, 'describe'],
      ],
      /ACL Read on the group/,
    ],
  ])('a source with %s does not start, and says so', async (_, rights, message) => {
    const { topic, group, records, client } = await open('alice');
    await broker().allow('alice', ...rights(topic, group));
    // A group that was there before is no easier.
    for (const known of [false, true]) {
      if (known)
        await broker().admin.setOffsets({
          groupId: group,
          topic,
          partitions: [{ partition: 0, offset: '0' }],
        });
      const { consumer } = reader(records, client, { topics: topic, group });
      const failure = await failureOf(consumer.start());
      expect(failure).toMatchObject({ code: 'KAFKA_ACCESS_DENIED', message: expect.stringMatching(message) });
      await consumer.stop({ now: true });
    }
    const { consumer } = reader(records, client, { topics: topic, group, verify: 'fail' });
    expect(inspect(await failureOf(consumer.start()))).toContain('KAFKA_ACCESS_DENIED');
    records.expectNoSecrets();
  });

  it.each<[string, boolean, readonly Right['2'][], RegExp]>([
    [
      'no right at all',
      true,
      [],
      /could not be published to.*Write to publish|IdempotentWrite on the cluster/,
    ],
    ['no right at all, not idempotent', false, [], /could not be published to.*Write to publish/],
    ['no Write, not idempotent', false, ['describe'], /could not be published to.*Write to publish/],
    ['no Write', true, ['describe'], /Write on the topic, or IdempotentWrite on the cluster/],
  ])('a publisher with %s says so', async (_, idempotent, operations, message) => {
    const { topic, records, publisher } = await open('carol');
    await broker().allow('carol', ...operations.map((operation): Right => ['topic', topic, operation]));
    const failure = await failureOf(publisher({ idempotent }).publish({ type: 'Placed', data: 1 }));
    expect(failure).toMatchObject({ code: 'KAFKA_ACCESS_DENIED', message: expect.stringMatching(message) });
    records.expectNoSecrets(failure);
  });

  it('a source needs Read on topic and group, a publisher Write, and no more', async () => {
    const { topic, group, records, client, publisher } = await open('alice');
    await broker().allow('bob', ['topic', topic, 'write']);
    await broker().allow('alice', ...reading(topic, group));
    const refused = await failureOf(publisher().publish({ type: 'Placed', data: 0 }));
    expect(refused).toMatchObject({ code: 'KAFKA_ACCESS_DENIED' });

    const writer = kafkaPublisher({ client: records.client(configOf('bob')), topic });
    onTestFinished(() => writer.close());
    await writer.publish({ type: 'Placed', data: 1 });
    const { consumer, values, health } = reader(records, client, { topics: topic, group, verify: 'fail' });
    await consumer.start();
    await until(() => values().length === 1);
    await until(() => health()?.details?.['members'] === 1);
    await consumer.stop();
    expect(await broker().committed(group, topic)).toBe(1);
  });

  it('of a pattern it reads the topics that it may see', async () => {
    const { topic, group, records, client } = await open('alice');
    const hidden = await broker().topic();
    await broker().allow('alice', ...reading(topic, group));
    await broker().send(topic, [1]);
    await broker().send(hidden, [2]);
    const { consumer, values } = reader(records, client, {
      topics: new RegExp(`^(${topic}|${hidden})$`),
      group,
    });
    await consumer.start();
    await until(() => values().length === 1);
    await consumer.stop();
    expect(values()).toEqual([1]);
  });

  it.each(['topic', 'group'] as const)(
    'a right on the %s that is taken away is told, loses nothing, and reading goes on when it is given back',
    async (resource) => {
      const { topic, group, records, client } = await open('alice');
      const rights = reading(topic, group);
      const [right] = rights.filter(([of]) => of === resource);
      if (right === undefined) throw new Error('There is such a right.');
      await broker().allow('alice', ...rights);
      await broker().send(topic, [1, 2]);
      const { consumer, values, health } = reader(records, client, { topics: topic, group });
      await consumer.start();
      await until(() => values().length === 2);

      await broker().forbid('alice', right);
      await until(() => health()?.status === 'degraded');
      await broker().send(topic, [3, 4]);
      // A marker that could not be written comes before what ended the reading, if there was one.
      await until(() => /Give th(?:is|e) user the ACL/.test(health()?.reason?.message ?? ''));
      expect(
        records.lines.filter((line) => /^warn .*Not authorized to access .*Give this user/s.test(line)),
      ).not.toEqual([]);
      expect(values()).toEqual([1, 2]);

      await broker().allow('alice', right);
      await until(() => values().length === 4);
      await until(() => health()?.status === 'ready');
      await consumer.stop();
      expect(values()).toEqual([1, 2, 3, 4]);
      expect(await broker().committed(group, topic)).toBe(4);
      records.expectNoSecrets();
    },
  );

  it('a publisher goes on when a right that was taken away is given back', async () => {
    const { topic, publisher } = await open('bob');
    const right: Right = ['topic', topic, 'write'];
    await broker().allow('bob', right);
    const writer = publisher();
    const publish = () =>
      writer.publish({ type: 'Placed', data: 1 }).then(
        () => 'published',
        (error: unknown) => isMillraceError(error) && error.code,
      );
    expect(await publish()).toBe('published');
    await broker().forbid('bob', right);
    await until(async () => (await publish()) !== 'published');
    expect(await publish()).toBe('KAFKA_ACCESS_DENIED');
    await broker().allow('bob', right);
    await until(async () => (await publish()) === 'published');
  });

  it('retry topics and the dead-letter topic need Write, and their source what a source needs', async () => {
    const { topic, group, records, client } = await open('alice');
    const [retry, dead] = [await broker().topic(), await broker().topic()];
    const publisher = kafkaPublisher({ client });
    onTestFinished(() => publisher.close());
    const retries = retryTopics({ publisher, delays: [{ topic: retry, delay: 50 }] });
    const store = memoryStore();
    const quick = { client, start: 'earliest', sessionTimeout: 3_000, fetch: { maxWait: 50 } } as const;
    const consumer = createConsumer({
      name: 'billing',
      sources: [
        kafka({ ...quick, name: 'orders', topics: topic, group }),
        kafka({ ...quick, name: 'retries', topics: retries.topics, group: `${group}-retries` }),
      ],
      middleware: [retries.middleware],
      store: { ...store, deadLetters: deadLetterTopic({ publisher, topic: dead, store: store.deadLetters }) },
      log: records.log,
    });
    onTestFinished(() => consumer.stop({ now: true }));
    consumer.on('*', () => {
      throw new Error('no');
    });
    await broker().allow(
      'alice',
      ...reading(topic, group),
      ...reading(retry, `${group}-retries`),
      ['topic', retry, 'write'],
      ['topic', dead, 'write'],
    );
    await broker().send(topic, [7]);
    await consumer.start();
    await until(async () => (await store.deadLetters.list({}, { limit: 9 })).letters.length === 1);
    expect(await broker().admin.fetchTopicOffsets(retry)).toMatchObject([{ high: '1' }]);
    expect(await broker().admin.fetchTopicOffsets(dead)).toMatchObject([{ high: '1' }]);
    await consumer.stop();
  });

  it('a relay from topic to topic needs what its source and its publisher need', async () => {
    const { topic, group, records, client, publisher } = await open('bob');
    const far = await broker().topic();
    await broker().allow('bob', ...reading(topic, group), ['topic', far, 'write']);
    const from = kafka({ client, topics: topic, group, start: 'earliest', fetch: { maxWait: 50 } });
    const consumer = createConsumer({
      name: 'relay',
      sources: [from],
      handlers: [relay({ from, to: publisher({ topic: far }) })],
      store: memoryStore(),
      log: records.log,
    });
    onTestFinished(() => consumer.stop({ now: true }));
    await broker().send(topic, [1, 2, 3]);
    await consumer.start();
    await until(async () => (await broker().admin.fetchTopicOffsets(far))[0]?.high === '3');
    await consumer.stop();
    expect(await broker().committed(group, topic)).toBe(3);
  });
});
