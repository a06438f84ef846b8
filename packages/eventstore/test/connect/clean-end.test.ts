import { setImmediate } from 'node:timers/promises';
import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import type { EventStoreServer } from '@millrace/testing/eventstore';
import { eventStoreServer, refusals } from '@millrace/testing/eventstore';
import { describe, expect, it } from 'vitest';
import { eventstorePublisher } from '../../src/publisher/publisher.ts';
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
        sources: [eventstore({ client, concurrency: 2, verify: 'off', resubscribe, ...options })],
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

      await expect.poll(() => Object.values(server.counters.open).filter((open) => open > 0)).toEqual([]);
      expect(server.counters.subscriptions).toBe(0);
      await server.close();
    },
    5_000,
  );
});

describe('close() of a publisher of its own client resolves', () => {
  it.each([
    ['after an append', () => {}],
    ['after its connection was cut', ({ faults }: EventStoreServer) => void faults.killConnections()],
    ['while the server is frozen', ({ faults }: EventStoreServer) => faults.freeze()],
  ])('%s', async (_what, fail) => {
    const server = await eventStoreServer();
    const publisher = eventstorePublisher({ connectionString: server.connectionString, stream: 'orders' });
    await publisher.publish({ type: 'A', data: {} });
    fail(server);
    expect(await publisher.close()).toBeUndefined();
    await server.close();
  });

  it('after the server has ended the stream of appends as if all had been said', async () => {
    const server = await eventStoreServer();
    server.faults.next('Streams.BatchAppend', { kind: 'end' });
    const publisher = eventstorePublisher({
      connectionString: server.connectionString,
      stream: 'orders',
      attempts: 1,
      timeout: 100,
    });
    await publisher.publish({ type: 'A', data: {} }).catch(() => {});
    expect(await publisher.close()).toBeUndefined();
    await server.close();
  });
});
