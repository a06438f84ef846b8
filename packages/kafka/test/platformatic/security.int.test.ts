import { createConsumer, memoryStore } from '@millrace/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { needsKafka } from '../../../../scripts/servers/needs-kafka.ts';
import type { SecuredListener } from '../../../../scripts/servers/secured-kafka.ts';
import { kafka, kafkaPublisher } from '../../src/index.ts';
import type { PlatformaticOptions } from '../../src/platformatic.ts';
import { platformaticClient } from '../../src/platformatic.ts';
import { needsNodeOf } from '../support/clients.ts';
import { keepRecords, passwords, securedBroker } from '../support/secured.ts';
import { until } from '../support/until.ts';

type Security = () => Pick<PlatformaticOptions, 'tls' | 'sasl'>;

describe('SASL and TLS', { ...needsKafka(), ...needsNodeOf('platformatic') }, () => {
  const broker = securedBroker();
  const trusting = () => ({ ca: [broker().kafka.certificates.authority] });
  const alice = { mechanism: 'PLAIN', username: 'alice', password: passwords.alice } as const;
  const bob = { username: 'bob', password: () => passwords.bob } as const;

  const connect = (listener: SecuredListener, security: Security) =>
    platformaticClient({
      clientId: 'test',
      bootstrapBrokers: broker().kafka.addressesOf(listener),
      ...security(),
    });

  it.each<[string, string, SecuredListener, Security]>([
    ['PLAIN over TLS', 'alice', 'SASL_SSL', () => ({ tls: trusting(), sasl: alice })],
    [
      'SCRAM-SHA-256 over TLS, with a password that is asked for',
      'bob',
      'SASL_SSL',
      () => ({ tls: trusting(), sasl: { mechanism: 'SCRAM-SHA-256', ...bob } }),
    ],
    ['SCRAM-SHA-512', 'bob', 'SASL_PLAINTEXT', () => ({ sasl: { mechanism: 'SCRAM-SHA-512', ...bob } })],
    [
      'a certificate of the client',
      'machine',
      'SSL',
      () => {
        const { client, password } = broker().kafka.certificates;
        return { tls: { ...trusting(), pfx: client, passphrase: password } };
      },
    ],
  ])('%s: events are published, read and committed', async (_, user, listener, security) => {
    const topic = await broker().topic();
    const group = `group-of-${topic}`;
    await broker().allow(user, ['topic', topic, 'read'], ['topic', topic, 'write'], ['group', group, 'read']);
    const { log, expectNoSecrets } = keepRecords();
    const client = connect(listener, security);
    const publisher = kafkaPublisher({ client, topic });
    onTestFinished(() => publisher.close());
    await publisher.publishMany([1, 2, 3].map((data) => ({ type: 'Placed', data })));
    const source = kafka({ client, topics: topic, group, start: 'earliest' });
    const consumer = createConsumer({ name: 'billing', sources: [source], store: memoryStore(), log });
    onTestFinished(() => consumer.stop({ now: true }));
    const values: unknown[] = [];
    consumer.on('*', ({ data }) => void values.push(data));
    await consumer.start();
    await until(() => values.length === 3);
    await consumer.stop();
    expect(values).toEqual([1, 2, 3]);
    expect(await broker().committed(group, topic)).toBe(3);
    expectNoSecrets();
  });

  it.each<[string, SecuredListener, Security, string, RegExp]>([
    [
      'a wrong password',
      'SASL_SSL',
      () => ({ tls: trusting(), sasl: { ...alice, password: 'wrong-secret' } }),
      'KAFKA_ACCESS_DENIED',
      /authentication failed.*See to `sasl` of the client/i,
    ],
    [
      'a wrong password for SCRAM',
      'SASL_PLAINTEXT',
      () => ({ sasl: { mechanism: 'SCRAM-SHA-512', username: 'bob', password: 'wrong-secret' } }),
      'KAFKA_ACCESS_DENIED',
      /authentication failed/i,
    ],
    [
      'a mechanism that is not enabled',
      'SASL_PLAINTEXT',
      () => ({ sasl: { mechanism: 'OAUTHBEARER', token: 'wrong-secret' } }),
      'KAFKA_UNSUPPORTED',
      /SASL mechanism.*Choose a `sasl.mechanism`/,
    ],
    [
      'a certificate of nobody that is known',
      'SASL_SSL',
      () => ({ tls: {}, sasl: alice }),
      'KAFKA_UNREACHABLE',
      /self-signed certificate.*set `tls.ca` of the client/,
    ],
    [
      'a certificate of another host',
      'SASL_SSL',
      () => ({ tls: { ...trusting(), servername: 'elsewhere' }, sasl: alice }),
      'KAFKA_UNREACHABLE',
      /for another host: see `bootstrapBrokers`/,
    ],
    ['no TLS at a port with', 'SASL_SSL', () => ({ sasl: alice }), 'KAFKA_UNREACHABLE', /wants TLS or SASL/],
    [
      'TLS at a port without',
      'SASL_PLAINTEXT',
      () => ({ tls: trusting(), sasl: alice }),
      'KAFKA_UNREACHABLE',
      /may speak no TLS: see `tls`/,
    ],
  ])('%s is an error that says so, without secrets', async (_, listener, security, code, problem) => {
    const failure: unknown = await connect(listener, security)
      .admin()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(problem) as string });
    keepRecords().expectNoSecrets(failure);
  });

  it('a user without rights is told of which kind they are', async () => {
    const topic = await broker().topic();
    const group = `group-of-${topic}`;
    const client = connect('SASL_PLAINTEXT', () => ({ sasl: alice }));
    const publisher = kafkaPublisher({ client, topic });
    onTestFinished(() => publisher.close());
    const denied = await publisher.publish({ type: 'Placed', data: 1 }).catch((error: unknown) => error);
    expect(denied).toMatchObject({
      code: 'KAFKA_ACCESS_DENIED',
      message: expect.stringContaining('ACL that it lacks on the topic') as string,
    });
    await broker().allow('alice', ['topic', topic, 'read']);
    const source = kafka({ client, topics: topic, group, verify: 'off' });
    const consumer = createConsumer({ name: 'billing', sources: [source], store: memoryStore() });
    consumer.on('*', () => {});
    await expect(consumer.start()).rejects.toMatchObject({
      code: 'KAFKA_ACCESS_DENIED',
      message: expect.stringContaining(group) as string,
    });
  });
});
