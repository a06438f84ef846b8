import type { Consumer, ConsumerOptions } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { z } from 'zod';

import type { Contender } from '../measure/contender.ts';
import { dispatchContender, roundPause } from './contender.ts';
import type { Feed } from './feed.ts';
import type { Order } from '../order.ts';
import { orderPlaced } from '../order.ts';
import { queueSource } from './queue-source.ts';

export interface Features {
  readonly schema?: boolean;
  readonly middleware?: boolean;
  readonly idempotency?: boolean;
}

const orderSchema = z.object({ number: z.number(), customer: z.string(), total: z.number() });

/** Millrace with nothing but what a consumer can't be without, and the features given. */
export function millrace<Item>(
  name: string,
  feed: Feed<Item>,
  batch: number,
  features: Features = {},
): Contender {
  return dispatchContender(name, feed, async (queue, handled) => {
    const consumer = createConsumer({
      name: 'bench',
      sources: [queueSource(queue, feed, batch)],
      log: silentLogger,
      ...optionsFor(features),
    });
    register(consumer, features, handled);
    await consumer.start();
    return consumer;
  });
}

/** "Done" is forgotten before the next round brings the same messages. */
function optionsFor({ idempotency, middleware }: Features): Omit<ConsumerOptions, 'name' | 'sources'> {
  const { deadLetters, ...store } = memoryStore();
  return {
    store: idempotency ? { deadLetters, idempotency: store.idempotency } : { deadLetters },
    idempotency: { retention: roundPause / 2 },
    middleware: middleware ? [(_message, _context, next) => next()] : [],
  };
}

function register(consumer: Consumer, { schema }: Features, handled: (number: number) => void): void {
  if (schema) consumer.on(orderPlaced, { schema: orderSchema }, async ({ data }) => handled(data.number));
  else consumer.on<Order>(orderPlaced, async ({ data }) => handled(data.number));
}
