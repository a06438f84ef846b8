import { describe, inject } from 'vitest';
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

/** Describes a suite once for each client library. */
export function describeClients(suite: string, tests: (client: ClientUnderTest) => void): void {
  for (const name of clientNames) {
    describe(`${suite}, by ${name}`, needsKafka(), () => tests(clientUnderTest(name)));
  }
}
