import type { KafkaConfig, SASLOptions } from 'kafkajs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { needsKafka } from '../../../scripts/servers/needs-kafka.ts';
import type { SecuredListener } from '../../../scripts/servers/secured-kafka.ts';
import { kafkaPublisher } from '../src/index.ts';
import type { User } from './support/secured.ts';
import { failureOf, keepRecords, passwords, reader, securedBroker } from './support/secured.ts';
import { until } from './support/until.ts';

type Mechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512';

const login = (username: User, password: string = passwords[username], mechanism: Mechanism = 'plain') =>
  ({ mechanism, username, password }) as SASLOptions;

describe('a broker with SASL and TLS', needsKafka(), () => {
  const broker = securedBroker({
    // Longer than `reauthenticationThreshold` of the clients that use it.
    'listener.name.sasl_plaintext.scram-sha-256.connections.max.reauth.ms': 3_000,
  });

  const at = (listener: SecuredListener) => [...broker().kafka.addressesOf(listener)];
  const trusting = () => ({ ca: [broker().kafka.certificates.authority] });
  const machine = () => {
    const { client, password } = broker().kafka.certificates;
    return { ...trusting(), pfx: client, passphrase: password };
  };

  async function open(user: string, config: () => KafkaConfig) {
    const topic = await broker().topic();
    const group = `group-of-${topic}`;
    await broker().allow(user, ['topic', topic, 'read'], ['topic', topic, 'write'], ['group', group, 'read']);
    const records = keepRecords();
    const client = records.client(config);
    const publisher = kafkaPublisher({ client, topic });
    onTestFinished(() => publisher.close());
    return { topic, group, records, publisher, ...reader(records, client, { topics: topic, group }) };
  }

  it.each<[string, string, () => KafkaConfig]>([
    ['PLAIN over TLS', 'alice', () => ({ brokers: at('SASL_SSL'), ssl: trusting(), sasl: login('alice') })],
    ...(['scram-sha-256', 'scram-sha-512'] as const).map((mechanism): [string, string, () => KafkaConfig] => [
      `${mechanism.toUpperCase()} over TLS`,
      'bob',
      () => ({ brokers: at('SASL_SSL'), ssl: trusting(), sasl: login('bob', passwords.bob, mechanism) }),
    ]),
    ['PLAIN without TLS', 'alice', () => ({ brokers: at('SASL_PLAINTEXT'), sasl: login('alice') })],
    ['a certificate of the client', 'machine', () => ({ brokers: at('SSL'), ssl: machine() })],
  ])('%s: events are published, read and committed', async (_, user, config) => {
    const { topic, group, records, publisher, consumer, values } = await open(user, config);
    await publisher.publishMany([1, 2, 3].map((data) => ({ type: 'Placed', data })));
    await consumer.start();
    await until(() => values().length === 3);
    await consumer.stop();
    expect(values()).toEqual([1, 2, 3]);
    expect(await broker().committed(group, topic)).toBe(3);
    records.expectNoSecrets();
  });

  it.each<[string, () => KafkaConfig, string, RegExp]>([
    [
      'a wrong password for PLAIN',
      () => ({ brokers: at('SASL_SSL'), ssl: trusting(), sasl: login('alice', 'wrong-secret') }),
      'KAFKA_ACCESS_DENIED',
      /PLAIN authentication failed.*See to `sasl`/,
    ],
    [
      'a wrong password for SCRAM',
      () => ({
        brokers: at('SASL_SSL'),
        ssl: trusting(),
        sasl: login('alice', 'wrong-secret', 'scram-sha-512'),
      }),
      'KAFKA_ACCESS_DENIED',
      /SCRAM SHA512 authentication failed.*See to `sasl`/,
    ],
    [
      'a mechanism that is not enabled',
      () => ({
        brokers: at('SASL_SSL'),
        ssl: trusting(),
        sasl: { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: 'wrong-secret' }) },
      }),
      'KAFKA_UNSUPPORTED',
      /Choose a `sasl.mechanism`/,
    ],
    [
      'SASL at a port without',
      () => ({ brokers: [...broker().kafka.brokers], sasl: login('alice') }),
      'KAFKA_ACCESS_DENIED',
      /one without SASL/,
    ],
    [
      'an authority that is not known',
      () => ({ brokers: at('SASL_SSL'), ssl: true, sasl: login('alice') }),
      'KAFKA_UNREACHABLE',
      /self-signed certificate.*set `ssl.ca`/,
    ],
    [
      'a certificate of another host',
      () => ({
        brokers: at('SASL_SSL'),
        ssl: { ...trusting(), servername: 'elsewhere' },
        sasl: login('alice'),
      }),
      'KAFKA_UNREACHABLE',
      /certificate is for another host/,
    ],
    [
      'no certificate of the client',
      () => ({ brokers: at('SSL'), ssl: trusting() }),
      'KAFKA_ACCESS_DENIED',
      /see `ssl.cert` and `ssl.key`/,
    ],
    [
      'no TLS at a port with',
      () => ({ brokers: at('SASL_SSL'), sasl: login('alice') }),
      'KAFKA_UNREACHABLE',
      /wants TLS or SASL/,
    ],
    [
      'TLS at a port without',
      () => ({ brokers: at('SASL_PLAINTEXT'), ssl: trusting(), sasl: login('alice') }),
      'KAFKA_UNREACHABLE',
      /may speak no TLS/,
    ],
    [
      'no SASL at a port with',
      () => ({ brokers: at('SASL_PLAINTEXT') }),
      'KAFKA_UNREACHABLE',
      /wants TLS or SASL/,
    ],
  ])('%s: publishing and starting say so', async (_, config, code, message) => {
    const { records, publisher, consumer } = await open('alice', config);
    const published = await failureOf(publisher.publish({ type: 'Placed', data: 1 }));
    expect(published).toMatchObject({ code, message: expect.stringMatching(message) });
    const started = await failureOf(consumer.start());
    expect(started).toMatchObject({ code, message: expect.stringMatching(message) });
    records.expectNoSecrets(published, started);
  });

  it('the check before the start says so, too', async () => {
    const { topic, group, records } = await open('alice', () => ({ brokers: [] }));
    const client = records.client(() => ({
      brokers: at('SASL_PLAINTEXT'),
      sasl: login('alice', 'wrong-secret'),
    }));
    const { consumer } = reader(records, client, { topics: topic, group, verify: 'fail' });
    const failure = await failureOf(consumer.start());
    expect(failure).toMatchObject({ code: 'VERIFY_FAILED', cause: { code: 'KAFKA_ACCESS_DENIED' } });
    records.expectNoSecrets(failure);
  });

  it('a password that changes while all runs is told, and the next one is taken up', async () => {
    let password: string = passwords.carol;
    const { topic, records, publisher, consumer, values, health } = await open('carol', () => ({
      brokers: at('SASL_PLAINTEXT'),
      sasl: login('carol', password, 'scram-sha-256'),
      reauthenticationThreshold: 1_000,
    }));
    await publisher.publish({ type: 'Placed', data: 1 });
    await consumer.start();
    await until(() => values().length === 1);

    await broker().kafka.changePassword('carol', 'changed-secret');
    await until(() => health()?.status === 'degraded' && /sasl/i.test(health()?.reason?.message ?? ''));
    await broker().send(topic, [2]);
    const refused = await failureOf(publisher.publish({ type: 'Placed', data: 3 }));
    expect(refused).toMatchObject({ code: 'KAFKA_ACCESS_DENIED' });
    expect(values()).toEqual([1]);

    password = 'changed-secret';
    await publisher.publish({ type: 'Placed', data: 3 });
    await until(() => values().length === 3);
    await until(() => health()?.status === 'ready');
    expect(values()).toEqual([1, 2, 3]);
    records.expectNoSecrets(refused, health());
  });
});
