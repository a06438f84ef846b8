import type { Handler } from '@millrace/core';
import { memoryStore } from '@millrace/core';
import { expect, it } from 'vitest';
import { eventstoreGroups } from '../../src/persistent/groups.ts';
import { until } from '../catch-up/support/until.ts';
import { groupBench } from './support/group-bench.ts';

const joining = 'PersistentSubscriptions.Read';

it('a store that fails pauses the source: nothing is acknowledged, and all is handled once it is back', async () => {
  const { append, consume, info } = await groupBench();
  const { idempotency, ...store } = memoryStore();
  let down = true;
  let asked = 0;
  const failing = new Proxy(idempotency, {
    get(target, property) {
      const method: unknown = Reflect.get(target, property, target);
      if (typeof method !== 'function') return method;
      return async (...parts: unknown[]) => {
        asked += 1;
        if (down) throw new Error('The store is down.');
        return (await Reflect.apply(method, target, parts)) as unknown;
      };
    },
  });
  const handled: unknown[] = [];
  const { consumer, health } = consume({
    consumer: { store: { ...store, idempotency: failing } },
    handle: ({ data }) => void handled.push((data as { readonly n: number }).n),
  });
  append(1, 10);
  await consumer.start();
  await until(() => health()?.status === 'degraded' && asked > 1);
  const { stats } = await info();
  expect([handled.length, stats.totalInFlightMessages]).toEqual([0, 10]);

  down = false;
  await until(() => handled.length === 10);
  await expect.poll(async () => (await info()).stats.totalInFlightMessages).toBe(0);
});

it('an event that the server has handed out as often as it may is parked, and handled when it is replayed', async () => {
  const { client, append, consume, info } = await groupBench();
  let broken = true;
  let failed = 0;
  const handled: unknown[] = [];
  const { consumer } = consume({
    source: { settings: { maxRetryCount: 2 }, retry: { attempts: 100, delay: 1 } },
    handle({ data }) {
      const { n } = data as { readonly n: number };
      if (n === 2 && broken) {
        failed += 1;
        throw new Error('not now');
      }
      handled.push(n);
    },
  });
  append(1, 3);
  await consumer.start();
  await expect.poll(async () => (await info()).stats.parkedMessageCount).toBe(1n);
  expect(failed).toBe(3);
  expect(new Set(handled)).toEqual(new Set([1, 3]));

  broken = false;
  await eventstoreGroups({ client }).replayParked({ from: { stream: 'orders' }, group: 'billing' });

  await until(() => handled.includes(2));
  await expect.poll(async () => (await info()).stats.parkedMessageCount).toBe(0n);
});

it('an event whose consumer dies when its dead letter is kept and the server has not heard of it is parked by the next one', async () => {
  const { append, consume, info } = await groupBench();
  const { idempotency, ...store } = memoryStore();
  const dying = new Proxy(idempotency, {
    get(target, property) {
      if (property !== 'completeMany') return Reflect.get(target, property, target) as unknown;
      return async (...parts: Parameters<typeof target.completeMany>) => {
        await target.completeMany(...parts);
        await new Promise(() => {});
      };
    },
  });
  let runs = 0;
  const give = { retry: { attempts: 1 } };
  const handle: Handler = () => {
    runs += 1;
    throw new Error('no tariff');
  };
  const first = consume({ source: give, consumer: { store: { ...store, idempotency: dying } }, handle });
  append(1, 1);
  await first.consumer.start();
  await expect.poll(async () => (await first.consumer.deadLetters.list()).letters).toHaveLength(1);
  await first.consumer.stop({ now: true });
  expect((await info()).stats.parkedMessageCount).toBe(0n);

  const second = consume({ source: give, consumer: { store: { ...store, idempotency } }, handle });
  await second.consumer.start();
  await expect.poll(async () => (await info()).stats.parkedMessageCount).toBe(1n);
  expect(runs).toBe(1);
});

it('broken JSON is a dead letter and parked, and what follows is handled', async () => {
  const { server, append, consume, info } = await groupBench();
  let handled = 0;
  const { consumer } = consume({ handle: () => void (handled += 1) });
  server.append('orders', [{ type: 'Counted', data: Buffer.from('{"n":'), json: true }]);
  append(2, 3);
  await consumer.start();
  await until(() => handled === 2);
  await expect.poll(async () => (await info()).stats.parkedMessageCount).toBe(1n);
  const { letters } = await consumer.deadLetters.list();
  expect(letters).toMatchObject([{ error: { code: 'PAYLOAD_UNDECODABLE' } }]);
});

it('a slow consumer is sent no more than its buffer', async () => {
  const { server, append, consume, info } = await groupBench({ projections: false });
  const blocked = Promise.withResolvers<void>();
  let begun = 0;
  const { consumer } = consume({
    source: { concurrency: 2, prefetch: 4 },
    async handle() {
      begun += 1;
      await blocked.promise;
    },
  });
  append(1, 2_000);
  await consumer.start();
  await until(() => begun === 2);
  await expect.poll(async () => (await info()).stats.totalInFlightMessages).toBe(6);
  expect(server.counters.eventsSent).toBe(6);
  blocked.resolve();
});

it('a stop does not wait for a server that does not answer while the group is joined again', async () => {
  const { server, consume } = await groupBench();
  const { consumer, details } = consume({
    source: { watchdog: { confirm: 600_000 } },
    consumer: { drainTimeout: 600_000 },
    handle() {},
  });
  await consumer.start();
  server.faults.next(joining, { kind: 'hang' });
  server.faults.endSubscriptions();
  await until(() => server.counters.calls[joining] === 2 && details()['state'] === 'connecting');

  await consumer.stop();

  await until(() => server.counters.open[joining] === 0);
  expect(details()).toMatchObject({ state: 'stopped' });
});
