import { EventStoreDBClient } from '@eventstore/db-client';
import type { Message } from '@millrace/core';
import { createConsumer, memoryStore } from '@millrace/core';
import { eventStoreServer } from '@millrace/testing/eventstore';
import { expect, it } from 'vitest';
import type { EventstoreFrom } from '../../src/options.ts';
import { eventstore } from '../../src/source.ts';
import { until } from './support/until.ts';

it.each<[string, EventstoreFrom, string]>([
  ['a category', { category: 'order' }, 'r:5'],
  ['$all', { all: true }, 'p:'],
  ['a filter', { all: true, filter: { types: { prefixes: ['Count'] } } }, 'p:'],
])('the older client reads %s, and goes on when it is cut off', async (_name, from, position) => {
  const server = await eventStoreServer({ client: 'eventstore' });
  const client = EventStoreDBClient.connectionString(server.connectionString);
  const replay = new Map<string, string>();
  const handled: unknown[] = [];
  const consumer = createConsumer({
    name: 'billing',
    sources: [
      eventstore({
        client,
        from,
        exclusive: false,
        start: 'earliest',
        resubscribe: { delay: 5, maxDelay: 50 },
        watchdog: { stall: 50 },
      }),
    ],
    store: { ...memoryStore(), replay, idempotency: undefined },
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  consumer.on(async ({ data }: Message) => void handled.push((data as { n: number }).n));
  const append = (...numbers: number[]) =>
    server.append(
      'order-1',
      numbers.map((n) => ({ type: 'Counted', data: { n } })),
    );
  try {
    append(1, 2);
    await consumer.start();
    await until(() => handled.length === 2);
    server.faults.killConnections();
    append(3, 4);
    await until(() => handled.length === 4);
    server.faults.endSubscriptions();
    append(5);
    await until(() => handled.length === 5);
    server.faults.silenceSubscriptions();
    append(6);
    await until(() => handled.length === 6);
    expect(handled).toEqual([1, 2, 3, 4, 5, 6]);
  } finally {
    await consumer.stop();
    await client.dispose();
    await server.close();
  }
  expect([...replay.values()][0]).toContain(position);
});
