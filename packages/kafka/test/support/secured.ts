import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import type { Logger, Message } from '@millrace/core';
import { createConsumer, memoryStore } from '@millrace/core';
import type { Admin, KafkaConfig, logLevel as Level, Producer } from 'kafkajs';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  Partitioners,
  ResourcePatternTypes,
} from 'kafkajs';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { findKafka } from '../../../../scripts/servers/kafka.ts';
import type { SecuredKafka } from '../../../../scripts/servers/secured-kafka.ts';
import { startSecuredKafka } from '../../../../scripts/servers/secured-kafka.ts';
import type { KafkaClient, KafkaOptions } from '../../src/index.ts';
import { kafka, kafkajsClient } from '../../src/index.ts';
import { until } from './until.ts';

/** Of all who may log in. No log and no error may have one of them in it. */
export const passwords = { alice: 'pw-alice-1f83d9', bob: 'pw-bob-5be0cd', carol: 'pw-carol-9b05' } as const;
export type User = keyof typeof passwords;

/** What a user may do, as in the README: `['topic', 'orders', 'read']`. */
export type Right = readonly [
  resource: 'topic' | 'group' | 'cluster',
  name: string,
  operation: 'read' | 'write' | 'describe' | 'idempotent_write',
];

/** A broker with SASL, TLS and access lists for the tests of a file. */
export interface Secured {
  readonly kafka: SecuredKafka;
  /** A super user's. */
  readonly admin: Admin;
  readonly producer: Producer;
  topic(): Promise<string>;
  /** Numbers, as JSON. */
  send(topic: string, values: readonly number[]): Promise<void>;
  allow(user: string, ...rights: readonly Right[]): Promise<void>;
  forbid(user: string, ...rights: readonly Right[]): Promise<void>;
  /** What the group has committed of partition 0. */
  committed(group: string, topic: string): Promise<number>;
}

const passwordOf = Object.entries(passwords);

export function securedBroker(settings: Readonly<Record<string, string | number>> = {}): () => Secured {
  let secured: (Secured & { close(): Promise<void> }) | undefined;
  beforeAll(async () => {
    const jars = await findKafka();
    if ('missing' in jars) return;
    secured = await open(await startSecuredKafka(jars, { users: passwords, settings }));
  }, 180_000);
  afterAll(() => secured?.close());
  return () => {
    if (secured === undefined) throw new Error('There is no broker outside of tests.');
    return secured;
  };
}

async function open(server: SecuredKafka): Promise<Secured & { close(): Promise<void> }> {
  const own = new Kafka({ brokers: [...server.brokers], logLevel: logLevel.NOTHING });
  const admin = own.admin();
  const producer = own.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await Promise.all([admin.connect(), producer.connect()]);

  const entries = (user: string, rights: readonly Right[]) =>
    rights.map(([resource, resourceName, operation]) => ({
      resourceType: AclResourceTypes[resource.toUpperCase() as 'TOPIC'],
      resourceName,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: `User:${user}`,
      host: '*',
      operation: AclOperationTypes[operation.toUpperCase() as 'READ'],
      permissionType: AclPermissionTypes.ALLOW,
    }));

  return {
    kafka: server,
    admin,
    producer,
    async topic() {
      const topic = `orders-${randomUUID()}`;
      await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
      await until(() =>
        admin.fetchTopicOffsets(topic).then(
          () => true,
          () => false,
        ),
      );
      // The first group of all makes a new broker set up its coordinator.
      await until(() =>
        admin.fetchOffsets({ groupId: topic, topics: [topic] }).then(
          () => true,
          () => false,
        ),
      );
      return topic;
    },
    async send(topic, values) {
      await producer.send({ topic, messages: values.map((value) => ({ value: JSON.stringify(value) })) });
    },
    async allow(user, ...rights) {
      if (rights.length > 0) await admin.createAcls({ acl: entries(user, rights) });
    },
    async forbid(user, ...rights) {
      await admin.deleteAcls({ filters: entries(user, rights) });
    },
    async committed(groupId, topic) {
      const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] });
      return Number(answer?.partitions[0]?.offset);
    },
    async close() {
      await Promise.all([admin.disconnect(), producer.disconnect()]);
      await server.stop();
    },
  };
}

/** Keeps what kafkajs and Millrace log, all of it. */
export interface Records {
  readonly lines: readonly string[];
  readonly log: Logger;
  client(config: () => KafkaConfig): KafkaClient;
  /** Fails when a password is in what was logged, or in these. */
  expectNoSecrets(...others: readonly unknown[]): void;
}

export function keepRecords(): Records {
  const lines: string[] = [];
  const add = (level: string) => (message: string, fields?: unknown) =>
    void lines.push(`${level} ${message} ${deep(fields)}`);
  const logCreator = () => (entry: { readonly level: Level }) => void lines.push(deep(entry));
  return {
    lines,
    log: { debug: add('debug'), info: add('info'), warn: add('warn'), error: add('error') },
    client: (config) =>
      kafkajsClient(
        () =>
          new Kafka({
            ...config(),
            logLevel: logLevel.DEBUG,
            logCreator,
            retry: { initialRetryTime: 50, retries: 2 },
          }),
      ),
    expectNoSecrets(...others) {
      const all = [...lines, ...others.map(deep)].join('\n');
      const secrets = [...passwordOf.map(([, password]) => password), 'wrong-secret', 'changed-secret'];
      for (const secret of secrets) {
        expect(all).not.toContain(secret);
        // As PLAIN sends it, and as a buffer is printed.
        expect(all).not.toContain(Buffer.from(secret).toString('base64').replace(/=+$/, ''));
      }
    },
  };
}

function deep(value: unknown): string {
  return inspect(value, {
    depth: Infinity,
    maxArrayLength: Infinity,
    maxStringLength: Infinity,
    showHidden: true,
  });
}

/** A consumer that reads a topic from its beginning as `group`. */
export function reader(
  records: Records,
  client: KafkaClient,
  options: Pick<KafkaOptions, 'topics' | 'group'> & Partial<KafkaOptions>,
) {
  const messages: Message[] = [];
  const consumer = createConsumer({
    name: 'billing',
    sources: [
      kafka({
        client,
        name: 'orders',
        start: 'earliest',
        verify: 'off',
        sessionTimeout: 3_000,
        fetch: { maxWait: 100 },
        ...options,
      }),
    ],
    store: memoryStore(),
    markers: { every: 1, interval: 50 },
    log: records.log,
  });
  consumer.on('*', (message) => void messages.push(message));
  onTestFinished(() => consumer.stop({ now: true }));
  return {
    consumer,
    messages,
    values: () => messages.map(({ data }) => data),
    health: () => consumer.health().sources['orders'],
  };
}

/** What a promise rejects with. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => expect.unreachable('It has worked.'),
    (error: unknown) => error,
  );
}
