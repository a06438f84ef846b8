import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import type { KafkaClient, KafkaOptions } from '@millrace/kafka';
import { kafka as kafkaSource, kafkajsClient } from '@millrace/kafka';

import type { BenchOrder } from './bench-record.ts';
import { eventName } from './bench-record.ts';
import type { StartConsuming } from './consumer.ts';

export interface Variant {
  readonly order: NonNullable<KafkaOptions['order']>;
  /** With claims in memory. */
  readonly idempotent: boolean;
  readonly client: 'kafkajs' | 'platformatic';
}

/** Everything else as it comes. */
export function millrace({ order, idempotent, client }: Variant): StartConsuming {
  return async ({ kafka, brokers, topic, group, handled }) => {
    const { deadLetters, idempotency } = memoryStore();
    const consumer = createConsumer({
      name: 'bench',
      sources: [
        kafkaSource({
          client: client === 'kafkajs' ? kafkajsClient(kafka) : await platformatic(brokers),
          topics: topic,
          group,
          start: 'earliest',
          order,
          verify: 'off',
        }),
      ],
      store: idempotent ? { deadLetters, idempotency } : { deadLetters },
      log: silentLogger,
    });
    consumer.on<BenchOrder>(eventName, async ({ data }) => handled(data.number));
    await consumer.start();
    return consumer;
  };
}

/** Loaded only where it is used. */
async function platformatic(brokers: readonly string[]): Promise<KafkaClient> {
  const { platformaticClient } = await import('@millrace/kafka/platformatic');
  return platformaticClient({ clientId: 'bench', bootstrapBrokers: [...brokers] });
}
