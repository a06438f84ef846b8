import { Kafka, logLevel } from 'kafkajs';
import type { KafkaClient } from '../../src/index.ts';
import { kafkajsClient } from '../../src/index.ts';
import { platformaticClient } from '../../src/platformatic.ts';

/** Those that all is to hold with. */
export const clientNames = ['kafkajs', 'platformatic'] as const;

export type ClientName = (typeof clientNames)[number];

/** A client of the library, as users make it. */
export function clientOf(name: ClientName, brokers: readonly string[]): KafkaClient {
  switch (name) {
    case 'kafkajs':
      return kafkajsClient(() => kafkajsTo(brokers));
    case 'platformatic':
      return platformaticClient({ clientId: 'test', bootstrapBrokers: brokers });
  }
}

/** What tests look at brokers with, too. */
export function kafkajsTo(brokers: readonly string[]): Kafka {
  return new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING, retry: { retries: 3 } });
}
