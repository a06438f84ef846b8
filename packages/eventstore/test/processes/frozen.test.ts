import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { expect, it, onTestFinished } from 'vitest';
import { eventstore } from '../../src/source.ts';
import { until } from '../catch-up/support/until.ts';
import { startServer } from './support.ts';

const from = { stream: 'orders' } as const;

it.each([
  ['catch-up', { from, start: 'earliest', exclusive: false, verify: 'off' }],
  ['persistent', { mode: 'persistent', from, group: 'billing', settings: { startFrom: 'start' } }],
] as const)(
  'a server process that is frozen is found out, and a %s source goes on when it runs again',
  async (_mode, options) => {
    const server = await startServer();
    const client = KurrentDBClient.connectionString(server.connectionString);
    const append = (n: number) =>
      client.appendToStream('orders', jsonEvent({ type: 'Counted', data: { n } }));
    const seen: unknown[] = [];
    const source = eventstore({
      connectionString: server.connectionString,
      watchdog: { stall: 100, confirm: 2_000 },
      resubscribe: { delay: 5, maxDelay: 50 },
      ...options,
    });
    const consumer = createConsumer({
      name: 'billing',
      sources: [source],
      store: memoryStore(),
      log: silentLogger,
    });
    onTestFinished(async () => {
      server.process.kill('SIGCONT');
      await consumer.stop({ now: true });
      await client.dispose();
    });
    consumer.on('*', ({ data }) => void seen.push((data as { readonly n: number }).n));
    const health = () => consumer.health().sources[source.name];
    await append(1);
    await consumer.start();
    await until(() => seen.length === 1);

    server.process.kill('SIGSTOP');
    await until(() => health()?.status === 'degraded');
    expect(health()?.reason?.code).toMatch(/^EVENTSTORE_(STALLED|UNREACHABLE)$/);

    server.process.kill('SIGCONT');
    await append(2);
    await until(() => seen.includes(2));
    expect(seen).toEqual([1, 2]);
    await until(() => health()?.status === 'ready');
  },
  60_000,
);
