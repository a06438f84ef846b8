import { setImmediate } from 'node:timers/promises';
import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import type { EventStoreServer } from '@millrace/testing/eventstore';
import { eventStoreServer, refusals } from '@millrace/testing/eventstore';
import { describe, it } from 'vitest';
import type { EventstoreOptions } from '../../src/source.ts';
import { eventstore } from '../../src/source.ts';
import { until } from '../catch-up/support/until.ts';

const from = { stream: 'orders' } as const;

const modes = {
  'catch-up': { mode: 'catch-up', from, start: 'earliest', exclusive: false },
  persistent: { mode: 'persistent', from, group: 'billing', settings: { startFrom: 'start' } },
} as const;

const ends: Readonly<Record<string, (server: EventStoreServer) => unknown>> = {
  'goes on': () => {},
  'was ended by the server with OK': ({ faults }) => faults.endSubscriptions(),
  'was ended by the server with an error': ({ faults }) => faults.endSubscriptions(refusals.internal),
  'was cut off': ({ faults }) => faults.killConnections(),
  'got silent': ({ faults }) => faults.silenceSubscriptions(),
};

describe.each(Object.entries(modes))('dispose() of the client after a %s source that', (_mode, options) => {
  it.each(
    Object.entries(ends).flatMap(([what, end]) =>
      [0, 30, 2_000].map((unread) => [what, unread, end] as const),
    ),
  )(
    '%s, and has %i unread events, resolves',
    async (_what, unread, end) => {
      const server = await eventStoreServer();
      const client = KurrentDBClient.connectionString(server.connectionString);
      server.append(
        'orders',
        Array.from({ length: 10 + unread }, (_, n) => ({ type: 'A', data: { n } })),
      );
      const blocked = Promise.withResolvers<void>();
      const resubscribe = { delay: 5, maxDelay: 20 };
      const consumer = createConsumer({
        name: 'billing',
        sources: [
          eventstore({ client, concurrency: 2, verify: 'off', resubscribe, ...options } as EventstoreOptions),
        ],
        store: memoryStore(),
        log: silentLogger,
        drainTimeout: 50,
      });
      let handled = 0;
      consumer.on('*', async () => {
        handled += 1;
        if (unread > 0 && handled > 4) await blocked.promise;
      });
      await consumer.start();
      await until(() => handled >= (unread > 0 ? 4 : 10));
      end(server);
      for (let turn = 0; turn < 20; turn += 1) await setImmediate();
      const stopped = consumer.stop();
      blocked.resolve();
      await stopped;

      await client.dispose();

      await until(() => server.counters.subscriptions === 0);
      await until(() => Object.values(server.counters.open).every((open) => open === 0));
      await server.close();
    },
    5_000,
  );
});
