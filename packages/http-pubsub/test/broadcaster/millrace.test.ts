import type { Message } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { expect, onTestFinished, test, vi } from 'vitest';
import { memoryBroadcasterStore } from '../../src/broadcaster/memory/memory-store.ts';
import type { HttpPubsubOptions } from '../../src/index.ts';
import { httpPublisher, httpPubsub } from '../../src/index.ts';
import { freePort } from '../../../../scripts/servers/free-port.ts';
import type { Bench } from './support/bench.ts';
import { startBench } from './support/bench.ts';

interface Running {
  readonly handled: readonly Message[];
  readonly port: number;
  stop(): Promise<void>;
}

async function consume(
  bench: Bench,
  options: Partial<Omit<HttpPubsubOptions, 'listen' | 'listener'>> = {},
  port?: number,
): Promise<Running> {
  const ownPort = port ?? (await freePort());
  const publicUrl = `http://127.0.0.1:${ownPort}`;
  const source = httpPubsub({
    publicUrl,
    listen: { port: ownPort },
    broadcasters: [{ url: bench.url }],
    auth: bench.auth,
    exact: ['orders'],
    redelivers: true,
    verify: 'off',
    ...options,
  });
  const handled: Message[] = [];
  const consumer = createConsumer({
    name: 'tests',
    sources: [source],
    store: memoryStore(),
    log: silentLogger,
  });
  consumer.on('*', async (message) => void handled.push(message));
  onTestFinished(() => consumer.stop());
  await consumer.start();
  return { handled, port: ownPort, stop: () => consumer.stop() };
}

const soon = { redelivery: { tries: 20, delay: 50, factor: 1 } } as const;

test('our publisher, our broadcaster and our subscriber: once each, with id, key, headers and number', async () => {
  const bench = await startBench({ ...soon, replay: {}, ownership: 'probe' });
  const { handled } = await consume(bench);
  const publisher = httpPublisher({ broadcasters: [{ url: bench.url }], auth: bench.auth });
  onTestFinished(() => publisher.close());
  expect(await publisher.notify('orders', Buffer.from('{"order":1}'))).toEqual({ notified: 1 });
  await bench.broadcaster.notify('orders', '{"order":2}', {
    id: 'two',
    key: 'eu',
    headers: { trace: 'abc' },
  });
  expect(handled).toHaveLength(2);
  expect(handled[1]).toMatchObject({ id: 'two', key: 'eu', type: 'orders', data: { order: 2 } });
  expect(handled[1]?.headers).toMatchObject({ trace: 'abc' });
});

test('a subscriber that is away while it is published to gets all of it, once, when it is back', async () => {
  const store = memoryBroadcasterStore();
  const bench = await startBench({ ...soon, store });
  const first = await consume(bench, { unsubscribeOnClose: false });
  await bench.broadcaster.notify('orders', '{"order":1}');
  await first.stop();
  for (const order of [2, 3, 4]) await bench.broadcaster.notify('orders', JSON.stringify({ order }));
  expect((await store.deliveries.counts()).deliveries).toBe(3);
  const second = await consume(bench, {}, first.port);
  await vi.waitFor(
    () =>
      expect(
        second.handled
          .map(({ data }) => (data as { order: number }).order)
          .toSorted((one, other) => one - other),
      ).toEqual([2, 3, 4]),
    10_000,
  );
  await vi.waitFor(async () => expect((await store.deliveries.counts()).deliveries).toBe(0), 5_000);
  expect(second.handled).toHaveLength(3);
});
