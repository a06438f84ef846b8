import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import type { Consumer, Handler } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import type { EventStoreServer } from '@millrace/testing/eventstore';
import { eventStoreServer, linkTo, refusals } from '@millrace/testing/eventstore';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { PersistentOptions } from '../../src/persistent/options.ts';
import { eventstore } from '../../src/source.ts';

let server: EventStoreServer;
let client: KurrentDBClient;
const consumers: Consumer[] = [];

beforeEach(async () => {
  server = await eventStoreServer();
  client = KurrentDBClient.connectionString(server.connectionString);
});

afterEach(async () => {
  for (const consumer of consumers.splice(0)) await consumer.stop();
  // Not waited for: after a subscription that the server has ended without an error, it never resolves.
  void client.dispose();
  await server.close();
});

type Overrides = Partial<Omit<PersistentOptions, 'client' | 'connectionString' | 'mode'>>;

function consume(handle: Handler, overrides: Overrides = {}, name = 'billing'): Consumer {
  const consumer = createConsumer({
    name,
    sources: [
      eventstore({
        client,
        mode: 'persistent',
        from: { stream: 'orders' },
        group: 'billing',
        resubscribe: { delay: 5, maxDelay: 20 },
        ...overrides,
        settings: { startFrom: 'start', ...overrides.settings },
      }),
    ],
    store: memoryStore(),
    log: silentLogger,
    drainTimeout: 500,
  });
  consumer.on('*', handle);
  consumers.push(consumer);
  return consumer;
}

function place(...numbers: readonly number[]): void {
  server.append(
    'orders',
    numbers.map((number) => ({ type: 'OrderPlaced', data: { number } })),
  );
}

const numberOf = (data: unknown): number =>
  typeof data === 'object' && data !== null && 'number' in data ? Number(data.number) : Number.NaN;
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

it('takes what the server sends ahead in batches, not event by event', async () => {
  const batches: unknown[] = [];
  const listen = (batch: unknown) => void batches.push(batch);
  subscribe('millrace:receive', listen);
  onTestFinished(() => void unsubscribe('millrace:receive', listen));
  place(...range(500));
  const handled: number[] = [];
  await consume(async ({ data }) => void handled.push(numberOf(data))).start();
  await expect.poll(() => handled.length).toBe(500);
  expect(batches.length).toBeLessThan(250);
});
const info = (group = 'billing') => client.getPersistentSubscriptionToStreamInfo('orders', group);
const caught = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a consumer of a group', () => {
  it('makes the group, handles all events and acknowledges them', async () => {
    place(...range(50));
    const seen: number[] = [];
    await consume(({ data }) => void seen.push(numberOf(data))).start();
    place(50, 51);

    await expect.poll(() => seen.toSorted((a, b) => a - b)).toEqual(range(52));
    await expect.poll(async () => (await info()).stats.totalInFlightMessages).toBe(0);
    expect((await info()).stats.parkedMessageCount).toBe(0n);
  });

  it('is told again what failed, after the delay, with the count', async () => {
    place(1);
    const counts: (number | undefined)[] = [];
    const options = { retry: { delay: 20, attempts: 5 } };
    await consume(({ deliveryCount }) => {
      counts.push(deliveryCount);
      if (counts.length < 3) throw new Error('not yet');
    }, options).start();

    await expect.poll(() => counts).toEqual([1, 2, 3]);
    await expect.poll(async () => (await info()).stats.totalInFlightMessages).toBe(0);
  });

  it('parks what it gives up on, with its dead letter stored', async () => {
    place(1, 2);
    const consumer = consume(
      ({ data }) => {
        if (numberOf(data) === 1) throw new Error('poison');
      },
      { retry: { attempts: 1 } },
    );
    await consumer.start();

    await expect.poll(async () => (await info()).stats.parkedMessageCount).toBe(1n);
    expect(server.read('$persistentsubscription-orders::billing-parked')).toHaveLength(1);
    await expect.poll(async () => (await info()).stats.totalInFlightMessages).toBe(0);
  });

  it('has the server forget what it gives up on, where that is said', async () => {
    place(1);
    const fail = () => {
      throw new Error('poison');
    };
    await consume(fail, { dead: 'skip', retry: { attempts: 1 } }).start();

    await expect.poll(async () => (await info()).stats.totalItems).toBe(1n);
    await expect.poll(async () => (await info()).stats.totalInFlightMessages).toBe(0);
    expect((await info()).stats.parkedMessageCount).toBe(0n);
  });

  it('acknowledges links to events that are deleted', async () => {
    place(1);
    server.append('links', [linkTo('gone', 0n), linkTo('orders', 0n)]);
    const seen: number[] = [];
    const from = { stream: 'links', resolveLinks: true };
    await consume(({ data }) => void seen.push(numberOf(data)), { from }).start();

    await expect.poll(() => seen).toEqual([1]);
    const group = () => client.getPersistentSubscriptionToStreamInfo('links', 'billing');
    await expect.poll(async () => (await group()).stats.totalInFlightMessages).toBe(0);
  });

  it('reads all streams but those of the system', async () => {
    place(1);
    const seen: string[] = [];
    await consume(({ type }) => void seen.push(type), { from: { all: true } }).start();

    await expect.poll(() => seen).toEqual(['OrderPlaced']);
  });

  it('acknowledges events of the system that a filter of the user lets through', async () => {
    place(1);
    const seen: string[] = [];
    const from = { all: true, filter: { streams: { regex: '.*' } } } as const;
    await consume(({ type }) => void seen.push(type), { from }).start();
    place(2);
    const group = () => client.getPersistentSubscriptionToAllInfo('billing');

    await expect.poll(() => seen).toHaveLength(2);
    // Each with the link by its type that the server's projection makes.
    await expect.poll(async () => (await group()).stats.totalItems).toBe(4n);
    await expect.poll(async () => (await group()).stats.totalInFlightMessages).toBe(0);
    expect(new Set(seen)).toEqual(new Set(['OrderPlaced']));
  });
});

describe('a subscription that is lost', () => {
  it.each([
    ['by a connection that is cut', () => void server.faults.killConnections()],
    ['by a server that says no more', () => void server.faults.endSubscriptions()],
    ['by an error', () => void server.faults.endSubscriptions(refusals.notReady)],
  ])('is made again: %s', async (_how, lose) => {
    const seen = new Set<number>();
    await consume(({ data }) => void seen.add(numberOf(data))).start();
    place(1);
    await expect.poll(() => seen.has(1)).toBe(true);

    lose();
    place(2);

    await expect.poll(() => seen.has(2), { timeout: 5_000 }).toBe(true);
  });

  it('is made again when the server was frozen', async () => {
    const seen = new Set<number>();
    // The first subscription is confirmed in time also on a machine that is busy.
    const watchdog = { confirm: 1_000, stall: 50 };
    const consumer = consume(({ data }) => void seen.add(numberOf(data)), { watchdog });
    await consumer.start();
    server.faults.freeze();
    // It is connecting most of the time, and backs off for milliseconds: neither can be waited for.
    const status = () => consumer.health().sources['orders::billing']?.status;
    await expect.poll(status, { timeout: 15_000 }).toBe('degraded');

    await server.faults.thaw();
    place(1);

    await expect.poll(() => seen.has(1), { timeout: 15_000 }).toBe(true);
  });

  it('has the events that it was busy with handled once, for the store knows them', async () => {
    place(...range(20));
    const seen: number[] = [];
    let cut = false;
    await consume(async ({ data }) => {
      seen.push(numberOf(data));
      if (seen.length === 5 && !cut) {
        cut = true;
        server.faults.endSubscriptions();
      }
    }).start();

    await expect.poll(() => new Set(seen).size, { timeout: 5_000 }).toBe(20);
    // What comes again before the store has heard that it is done is busy, and is looked at again after 5 s.
    const inFlight = async () => (await info()).stats.totalInFlightMessages;
    await expect.poll(inFlight, { timeout: 15_000 }).toBe(0);
    expect(seen.toSorted((a, b) => a - b)).toEqual(range(20));
  });

  it('fails the source when the group was deleted, and does not make it again', async () => {
    const consumer = consume(() => {});
    await consumer.start();
    await client.deletePersistentSubscriptionToStream('orders', 'billing');

    await expect
      .poll(() => consumer.health().sources['orders::billing']?.status, { timeout: 5_000 })
      .toBe('failed');
    expect(await caught(info())).toMatchObject({ type: 'persistent-subscription-does-not-exist' });
  });
});

it('gives back what was not started when it stops, and others go on with it', async () => {
  place(...range(30));
  const first: number[] = [];
  const gate = Promise.withResolvers<void>();
  const stopping = consume(
    async ({ data }) => {
      first.push(numberOf(data));
      await gate.promise;
    },
    { concurrency: 2, prefetch: 8 },
  );
  await stopping.start();
  await expect.poll(() => first.length).toBe(2);
  const stopped = stopping.stop();
  gate.resolve();
  await stopped;

  const second: number[] = [];
  await consume(({ data }) => void second.push(numberOf(data)), {}, 'other').start();

  await expect.poll(() => first.length + second.length).toBe(30);
  expect([...first, ...second].toSorted((a, b) => a - b)).toEqual(range(30));
});

it('shares the events of a group, and goes on when one consumer crashes', async () => {
  const other = KurrentDBClient.connectionString(`${server.connectionString}&keepAliveInterval=10001`);
  const seen = new Set<number>();
  const stuck = consume(() => new Promise(() => {}), {}, 'crashing');
  await stuck.start();
  place(...range(20));
  await expect.poll(async () => (await info()).stats.totalInFlightMessages).toBeGreaterThan(0);
  const survivor = createConsumer({
    name: 'survivor',
    sources: [
      eventstore({ client: other, mode: 'persistent', from: { stream: 'orders' }, group: 'billing' }),
    ],
    store: memoryStore(),
    log: silentLogger,
  });
  survivor.on('*', ({ data }) => void seen.add(numberOf(data)));
  consumers.push(survivor);
  await survivor.start();

  await client.dispose();

  await expect.poll(() => seen.size, { timeout: 5_000 }).toBe(20);
  await survivor.stop();
  await other.dispose();
});

describe('settings of a group', () => {
  it('that differ are refused, by name', async () => {
    await consume(() => {}).start();

    const error = await caught(consume(() => {}, { settings: { maxRetryCount: 3 } }).start());

    expect(error).toMatchObject({ code: 'EVENTSTORE_GROUP_SETTINGS' });
    expect(String(error)).toContain('`maxRetryCount`');
    expect((await info()).settings.maxRetryCount).toBe(10);
  });

  it('that differ are changed where that is allowed, and only those', async () => {
    await consume(() => {}, { settings: { readBatchSize: 30 } }).start();

    await consume(() => {}, { settings: { maxRetryCount: 3 }, onDifferent: 'update' }).start();

    expect((await info()).settings).toMatchObject({ maxRetryCount: 3, readBatchSize: 30 });
  });

  it('are left alone where they are as wanted', async () => {
    await consume(() => {}, { settings: { maxRetryCount: 3 } }).start();
    await consume(() => {}, { settings: { maxRetryCount: 3 }, onDifferent: 'update' }, 'other').start();

    expect(server.counters.calls['PersistentSubscriptions.Update'] ?? 0).toBe(0);
    expect((await info()).connections).toHaveLength(2);
  });

  it('with a shorter message timeout than is counted on are refused', async () => {
    await consume(() => {}, { settings: { messageTimeout: 90_000 } }).start();

    expect(await caught(consume(() => {}).start())).toMatchObject({ code: 'EVENTSTORE_GROUP_SETTINGS' });
  });

  it('are not made up where the group is missing and must be there', async () => {
    const error = await caught(consume(() => {}, { onMissing: 'fail' }).start());

    expect(error).toMatchObject({ code: 'EVENTSTORE_GROUP_MISSING' });
  });
});

describe('options', () => {
  const base = { mode: 'persistent', from: { stream: 'orders' }, group: 'billing' } as const;

  it.each([
    ['a blank group', { group: ' ' }],
    ['a buffer of nothing', { bufferSize: 0 }],
    ['a position in a stream', { settings: { startFrom: { commit: 1n, prepare: 1n } } }],
    ['a read batch as large as the buffer', { settings: { readBatchSize: 500 } }],
  ])('that make no sense are refused: %s', (_what, wrong) => {
    expect(() => eventstore({ ...base, client, ...wrong })).toThrow(/`/);
  });

  it('of a buffer too large for the message timeout are warned of', async () => {
    const source = eventstore({ ...base, client, concurrency: 2, bufferSize: 100 });
    const context = { handlerTimeout: 10_000 } as Parameters<NonNullable<typeof source.verify>>[0];
    const checks = [];
    for await (const check of source.verify?.(context) ?? []) checks.push(check);

    expect(checks).toMatchObject([{ ok: false, fatal: false, code: 'EVENTSTORE_GROUP_SETTINGS' }]);
  });
});
