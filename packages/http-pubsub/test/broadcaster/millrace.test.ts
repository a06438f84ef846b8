import type { Message } from '@millrace/core';
import { createConsumer, isMillraceError, memoryStore, silentLogger } from '@millrace/core';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { memoryBroadcasterStore } from '../../src/broadcaster/memory/memory-store.ts';
import type { HttpPubsubOptions } from '../../src/index.ts';
import { httpPublisher, httpPubsub, outgoing } from '../../src/index.ts';
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

describe('a broadcaster that asks whether it may call', () => {
  const origin = 'events.example';
  const asking = { ...soon, ownership: { origin } } as const;

  const refusalOf = async (bench: Bench, options: Parameters<typeof consume>[1]) => {
    const error: unknown = await consume(bench, { calls: { retries: 0 }, ...options }).catch(
      (it: unknown) => it,
    );
    return isMillraceError(error) ? `${error.code}: ${error.message}` : 'none';
  };

  test('calls our subscriber when that allows it', async () => {
    const bench = await startBench(asking);
    const { handled } = await consume(bench, { handshake: { allowedOrigins: [origin], allowedRate: 6_000 } });
    expect((await bench.broadcaster.notify('orders', '{"order":1}')).subscribers).toBe(1);
    expect(handled).toHaveLength(1);
    const [subscriber] = await bench.store.subscriptions.match(Buffer.from('orders'));
    expect(subscriber?.allowedRate).toBe(6_000);
  });

  test('is told by the subscriber that has no handshake, and tells it what to do', async () => {
    const refusal = await refusalOf(await startBench(asking), {});
    expect(refusal).toContain(`PUBSUB_HANDSHAKE: `);
    expect(refusal).toContain(`The URL was asked as "${origin}" whether it may be called`);
    expect(refusal).toContain('`handshake`');
  });

  test('is not called by the name that is allowed, and tells that', async () => {
    const bench = await startBench(asking);
    const handshake = { allowedOrigins: ['other.example'] };
    const refusal = await refusalOf(bench, { handshake });
    expect(refusal).toContain('PUBSUB_HANDSHAKE: ');
    expect(refusal).toContain('`handshake.allowedOrigins`');
    expect(await bench.store.subscriptions.count()).toEqual({ exact: 0, globs: 0 });
  });

  test('does not reach the subscriber, which may pass', async () => {
    const bench = await startBench({ ...asking, outgoing: outgoing({ limits: { connect: 500 } }) });
    const port = await freePort();
    const refusal = await refusalOf(bench, {
      publicUrl: `http://127.0.0.1:${port}`,
      handshake: { allowedOrigins: '*' },
    });
    expect(refusal).toContain('PUBSUB_UNAVAILABLE: ');
    expect(refusal).toContain('Look whether the broadcaster reaches the URL.');
  });

  test('that has another name than it was allowed is refused by the subscriber, whatever it has signed', async () => {
    const before = await startBench({ redelivery: false });
    const { handled } = await consume(before, { handshake: { allowedOrigins: [origin] } });
    expect((await before.broadcaster.notify('orders', '{"order":1}')).subscribers, 'it says no name').toBe(1);
    const { store, auth } = before;
    const other = await startBench({
      redelivery: false,
      store,
      auth,
      ownership: { origin: 'other.example' },
    });
    expect((await other.broadcaster.notify('orders', '{"order":2}')).subscribers).toBe(0);
    expect(handled).toHaveLength(1);
  });
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
