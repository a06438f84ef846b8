import type { IdempotencyStore } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { sqs } from '@millrace/sqs-polling';

import type { Order } from '../order.ts';
import { orderPlaced } from '../order.ts';
import type { StartConsuming } from './contender.ts';
import { loops, receiveInput } from './contender.ts';

/** With two clients, as the adapter makes them when it is left to itself: one for polls, one for the rest. */
export function millrace(idempotency?: () => IdempotencyStore): StartConsuming {
  return async ({ queueName, connect, handled }) => {
    const { deadLetters } = memoryStore();
    const consumer = createConsumer({
      name: 'bench',
      sources: [
        sqs({
          queue: queueName,
          client: connect(),
          receiveClient: connect(),
          maxPolls: loops,
          concurrency: loops * receiveInput.MaxNumberOfMessages,
          waitTime: receiveInput.WaitTimeSeconds * 1_000,
          visibilityTimeout: receiveInput.VisibilityTimeout * 1_000,
          drainPoll: 0,
          verify: 'off',
        }),
      ],
      store: { deadLetters, idempotency: idempotency?.() },
      log: silentLogger,
    });
    consumer.on<Order>(orderPlaced, async ({ data }) => handled(data.number));
    await consumer.start();
    return consumer;
  };
}
