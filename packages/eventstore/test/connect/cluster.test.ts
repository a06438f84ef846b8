import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { eventStoreServer } from '@millrace/testing/eventstore';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { EventstoreOptions } from '../../src/source.ts';
import { eventstore } from '../../src/source.ts';
import { until } from '../catch-up/support/until.ts';

const from = { stream: 'orders' } as const;

/** Two nodes, and a client that knows all of them, or only the first. */
async function cluster({ known }: { readonly known: 'all' | 'first' }) {
  const server = await eventStoreServer({ nodes: 2 });
  const [first, second] = server.nodes;
  if (!first || !second) throw new Error('There are two nodes.');
  const client = KurrentDBClient.connectionString(
    known === 'all' ? server.connectionString : `kurrentdb://127.0.0.1:${first.port}?tls=false`,
  );
  const handled: unknown[] = [];
  async function consume(options: object) {
    const source = eventstore({
      client,
      resubscribe: { delay: 5, maxDelay: 20 },
      ...options,
    } as EventstoreOptions);
    const consumer = createConsumer({
      name: 'billing',
      sources: [source],
      store: memoryStore(),
      log: silentLogger,
    });
    onTestFinished(() => consumer.stop({ now: true }));
    consumer.on('*', ({ data }) => void handled.push((data as { readonly n: number }).n));
    await consumer.start();
  }
  onTestFinished(async () => {
    await client.dispose();
    await server.close();
  });
  const append = (n: number) => server.append('orders', [{ type: 'Counted', data: { n } }]);
  return { server, client, first, second, handled, consume, append };
}

describe('a node that does not lead', () => {
  it('is left for the leader when a group is made and joined', async () => {
    const { second, handled, consume, append } = await cluster({ known: 'first' });
    second.lead();
    append(1);
    await consume({ mode: 'persistent', from, group: 'billing', settings: { startFrom: 'start' } });
    await until(() => handled.length === 1);
    expect(handled).toEqual([1]);
  });

  it('is left for the leader when a group is joined that is there', async () => {
    const { client, second, handled, consume, append, server } = await cluster({ known: 'first' });
    const group = { mode: 'persistent', from, group: 'billing', settings: { startFrom: 'start' } };
    await consume(group);
    append(1);
    await until(() => handled.length === 1);
    second.lead();
    append(2);
    await until(() => handled.includes(2));
    expect(server.counters.subscriptions).toBe(1);
    const info = await client.getPersistentSubscriptionToStreamInfo('orders', 'billing');
    expect(info.connections).toHaveLength(1);
  });

  it('is no trouble to a catch-up source, and neither is one that goes down', async () => {
    const { first, second, handled, consume, append } = await cluster({ known: 'all' });
    second.lead();
    append(1);
    await consume({ from, start: 'earliest', exclusive: false });
    await until(() => handled.length === 1);
    await first.stop();
    await first.start();
    append(2);
    await until(() => handled.includes(2));
    expect(handled).toEqual([1, 2]);
  });
});
