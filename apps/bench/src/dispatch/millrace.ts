import type { Consumer, ConsumerOptions, PlainOptions } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { z } from 'zod';

import type { Contender } from '../measure/contender.ts';
import { createTally } from '../measure/tally.ts';
import { createMemoryQueue } from './memory-queue.ts';
import type { Order } from './order.ts';
import { orderPlaced } from './order.ts';
import { queueSource } from './queue-source.ts';

export interface Features {
  readonly schema?: boolean;
  readonly middleware?: boolean;
  readonly idempotency?: boolean;
}

const orderSchema = z.object({ number: z.number(), customer: z.string(), total: z.number() });

/** Millrace with nothing switched on but what a consumer can't be without, and with the features given. */
export function millrace(name: string, batch: number, features: Features = {}): Contender {
  return {
    name,
    async prepare(messages) {
      const tally = createTally(messages);
      const queue = createMemoryQueue(messages, tally);
      const consumer = createConsumer({
        name: 'bench',
        sources: [queueSource(queue, batch)],
        log: silentLogger,
        ...consumerOptions(features),
      });
      register(consumer, features, tally.handled);
      await consumer.start();
      return {
        async run(stopwatch) {
          stopwatch.start();
          queue.open();
          await tally.complete;
          stopwatch.stop();
        },
        async finish() {
          await consumer.stop();
          tally.check();
        },
      };
    },
  };
}

/** A store for each trial: what an earlier one remembers as done would not be handled again. */
function consumerOptions({
  idempotency,
  middleware,
}: Features): Pick<ConsumerOptions, 'store' | 'middleware'> {
  const { deadLetters, ...store } = memoryStore();
  return {
    store: idempotency ? { deadLetters, idempotency: store.idempotency } : { deadLetters },
    middleware: middleware ? [(_message, _context, next) => next()] : [],
  };
}

function register(consumer: Consumer, { schema }: Features, handled: (number: number) => void): void {
  if (schema) consumer.on(orderPlaced, { schema: orderSchema }, async ({ data }) => handled(data.number));
  else consumer.on<Order>(orderPlaced, {} satisfies PlainOptions, async ({ data }) => handled(data.number));
}
