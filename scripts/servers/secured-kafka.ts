import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { KafkaCertificates } from './kafka-certificates.ts';
import { kafkaCertificates } from './kafka-certificates.ts';
import type { KafkaCluster, KafkaJars, KafkaClusterOptions } from './kafka.ts';
import { javaArguments, startKafka } from './kafka.ts';

/** What its listeners speak. TLS without SASL asks for a certificate of the client. */
export type SecuredListener = 'SASL_SSL' | 'SASL_PLAINTEXT' | 'SSL';

export interface SecuredKafka extends KafkaCluster {
  /** Those of the listener without security, where everybody is a super user. */
  readonly brokers: readonly string[];
  addressesOf(listener: SecuredListener): readonly string[];
  readonly certificates: KafkaCertificates;
  /** For SCRAM-SHA-256. */
  changePassword(user: string, password: string): Promise<void>;
}

const run = promisify(execFile);
const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

/** A broker with SASL, TLS and access lists: a user may nothing that no ACL allows. */
export async function startSecuredKafka(
  { jars }: KafkaJars,
  {
    users,
    settings,
  }: Pick<KafkaClusterOptions, 'settings'> & { readonly users: Readonly<Record<string, string>> },
): Promise<SecuredKafka> {
  const certificates = await kafkaCertificates();
  const { password } = certificates;
  const named = Object.entries(users);
  const plain = named.map(([name, secret]) => `user_${name}="${secret}"`).join(' ');
  const modules = 'org.apache.kafka.common.security';
  const ofSasl = ['sasl_ssl', 'sasl_plaintext'].flatMap((listener) => {
    const prefix = `listener.name.${listener}`;
    return [
      [`${prefix}.sasl.enabled.mechanisms`, ['PLAIN', ...scram].join(',')],
      [`${prefix}.plain.sasl.jaas.config`, `${modules}.plain.PlainLoginModule required ${plain};`],
      ...scram.map((mechanism) => [
        `${prefix}.${mechanism.toLowerCase()}.sasl.jaas.config`,
        `${modules}.scram.ScramLoginModule required;`,
      ]),
    ];
  });
  const cluster = await startKafka(
    { jars },
    {
      listeners: { SASL_SSL: 'SASL_SSL', SASL_PLAINTEXT: 'SASL_PLAINTEXT', SSL: 'SSL' },
      format: named.flatMap(([name, secret]) =>
        scram.flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${name},password=${secret}]`]),
      ),
      settings: {
        'ssl.keystore.location': certificates.broker,
        'ssl.keystore.type': 'PKCS12',
        'ssl.keystore.password': password,
        'ssl.key.password': password,
        'ssl.truststore.location': certificates.trusted,
        'ssl.truststore.type': 'PKCS12',
        'ssl.truststore.password': password,
        'listener.name.ssl.ssl.client.auth': 'required',
        // The name of a certificate is the user's: "CN=machine" is "machine".
        'ssl.principal.mapping.rules': 'RULE:^CN=([^,]+).*$/$1/',
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
        ...Object.fromEntries(ofSasl),
        ...settings,
      },
    },
  );
  return {
    ...cluster,
    certificates,
    async changePassword(user, next) {
      await run(
        'java',
        javaArguments(
          jars,
          'kafka.admin.ConfigCommand',
          '--bootstrap-server',
          cluster.brokers.join(','),
          '--alter',
          '--entity-type',
          'users',
          '--entity-name',
          user,
          '--add-config',
          `${scram[0]}=[password=${next}]`,
        ),
      );
    },
  };
}
