import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import type { KafkaOptions } from '@millrace/kafka';
import { kafka as kafkaSource, kafkajsClient } from '@millrace/kafka';

import type { BenchOrder } from './bench-record.ts';
import { eventName } from './bench-record.ts';
import type { StartConsuming } from './consumer.ts';

export interface Variant {
  readonly order: NonNullable<KafkaOptions['order']>;
  /** With claims in memory. */
  readonly idempotent: boolean;
}

/** Everything else as it comes. */
export function millrace({ order, idempotent }: Variant): StartConsuming {
  return async ({ kafka, topic, group, handled }) => {
    const { deadLetters, idempotency } = memoryStore();
    const consumer = createConsumer({
      name: 'bench',
      sources: [
        kafkaSource({
          client: kafkajsClient(kafka),
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
