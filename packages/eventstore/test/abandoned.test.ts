import type { Demand, Incoming, Source, SourceContext, SourceSession } from '@millrace/core';
import { silentLogger, systemClock } from '@millrace/core';
import type { EventStoreServer } from '@millrace/testing/eventstore';
import { eventStoreServer } from '@millrace/testing/eventstore';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventstore } from '../src/source.ts';

let server: EventStoreServer;

beforeEach(async () => {
  server = await eventStoreServer();
  server.append(
    'orders-1',
    Array.from({ length: 500 }, (_, n) => ({ type: 'OrderPlaced', data: { n } })),
  );
});

afterEach(() => server.close());

const unbounded: Demand = { reserve: async (max) => max, tryReserve: (max) => max, cancel() {} };

const context: SourceContext = {
  consumer: 'billing',
  starting: true,
  signal: new AbortController().signal,
  log: silentLogger,
  clock: systemClock,
  random: () => 0,
  start: async () => 'earliest',
  gap() {},
  revoked() {},
  fetched() {},
  degraded() {},
};

async function firstBatch(session: SourceSession): Promise<readonly Incoming[]> {
  for await (const batch of session.receive(unbounded)) {
    if (!('position' in batch) && batch.length > 0) return batch;
  }
  return [];
}

const leaving: Readonly<Record<string, (session: SourceSession) => Promise<void>>> = {
  async break(session) {
    expect(await firstBatch(session)).not.toEqual([]);
  },
  async throw(session) {
    const fail = async () => {
      for await (const batch of session.receive(unbounded))
        if (!('position' in batch)) throw new Error('of the reader');
    };
    await expect(fail()).rejects.toThrow('of the reader');
  },
};

const sources: Readonly<Record<string, (connectionString: string) => Source>> = {
  'catch-up of a stream': (connectionString) =>
    eventstore({ connectionString, from: { stream: 'orders-1' } }),
  'catch-up of all': (connectionString) => eventstore({ connectionString, from: { all: true } }),
  live: (connectionString) => eventstore({ connectionString, from: { all: true }, mode: 'live' }),
  persistent: (connectionString) =>
    eventstore({
      connectionString,
      from: { stream: 'orders-1' },
      mode: 'persistent',
      group: 'billing',
      settings: { startFrom: 'start' },
    }),
};

/** A reader of the tip goes through the client's native part, whose connection no call of it closes. */
const nativeConnections = 1;

describe.each(Object.entries(sources))('%s', (name, source) => {
  it.each(Object.entries(leaving))(
    'leaves nothing open when its reader ends in the middle by a %s',
    async (_how, leave) => {
      const session = await source(server.connectionString).open(context);
      const publishing = setInterval(
        () => server.append('orders-1', [{ type: 'OrderPlaced', data: { n: -1 } }]),
        5,
      );
      await leave(session).finally(() => clearInterval(publishing));
      expect(server.counters.subscriptions, name).toBe(1);
      await session.close();
      await expect.poll(() => server.counters.subscriptions).toBe(0);
      await expect.poll(() => server.counters.connections).toBe(name === 'live' ? nativeConnections : 0);
      await expect.poll(() => Object.values(server.counters.open).filter((open) => open > 0)).toEqual([]);
      await session.close();
    },
  );
});
