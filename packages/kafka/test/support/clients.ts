import type { SuiteOptions } from 'vitest';
import { describe, inject } from 'vitest';
import { skipWithout } from '../../../../scripts/servers/skip-reason.ts';
import { needsKafka } from '../../../../scripts/servers/needs-kafka.ts';
import type { KafkaClient } from '../../src/index.ts';
import type { ClientName } from './client-of.ts';
import { clientNames, clientOf } from './client-of.ts';

/** A client library that a suite runs on. */
export interface ClientUnderTest {
  readonly name: ClientName;
  /** A client of the shared broker, or of others. */
  connect(brokers?: readonly string[]): KafkaClient;
}

export function clientUnderTest(name: ClientName): ClientUnderTest {
  return { name, connect: (brokers = inject('kafka').brokers) => clientOf(name, brokers) };
}

/** That of the suites that take minutes: MILLRACE_KAFKA_CLIENT names another one. */
export function clientForFaults(): ClientUnderTest {
  const wanted = process.env['MILLRACE_KAFKA_CLIENT'] ?? 'kafkajs';
  const name = clientNames.find((known) => known === wanted);
  if (name === undefined) throw new Error(`There is no client "${wanted}".`);
  return clientUnderTest(name);
}

/** Describes a suite once for each client library. */
export function describeClients(suite: string, tests: (client: ClientUnderTest) => void): void {
  for (const name of clientNames) {
    describe(`${suite}, by ${name}`, { ...needsKafka(), ...needsNodeOf(name) }, () => {
      tests(clientUnderTest(name));
    });
  }
}

/** Options of a suite by whether the library is made for this Node, which its `engines` says. */
export function needsNodeOf(name: ClientName): SuiteOptions {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (name === 'kafkajs' || major > 22 || (major === 22 && minor >= 22)) return {};
  return skipWithout(`@platformatic/kafka asks for Node 22.22, and this is ${process.versions.node}`);
}
