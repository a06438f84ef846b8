import { memoryStore } from '@millrace/core';
import { expect, it } from 'vitest';
import { bench, numbers } from './support/bench.ts';
import { until } from './support/until.ts';

const from = { stream: 'orders' } as const;

it('a checkpoint store that fails moves no marker, and the marker is there once it is back', async () => {
  const { append, consume } = await bench();
  const { replay, ...store } = memoryStore();
  let down = true;
  let tries = 0;
  const saved: string[] = [];
  const failing: typeof replay = {
    ...replay,
    load: (key) => replay.load(key),
    async save(key, marker) {
      tries += 1;
      if (down) throw new Error('The store is down.');
      saved.push(marker.position);
      return await replay.save(key, marker);
    },
  };
  const consumer = {
    store: { ...store, replay: failing, idempotency: undefined },
    markers: { every: 1, interval: 5 },
  };
  append('orders', 1, 20);
  const first = await consume({ source: { from }, consumer });
  await until(() => tries > 2);
  expect(saved).toEqual([]);
  down = false;
  await until(() => saved.at(-1) === 'r:19');
  await first.consumer.stop();
  append('orders', 21, 22);
  const second = await consume({ source: { from }, consumer });
  await until(() => second.messages.length === 2);
  expect(second.handled).toEqual([21, 22]);
});

it('an idempotency store that fails pauses the source, which goes on in order once it is back', async () => {
  const { append, consume, marker } = await bench();
  const { idempotency, ...store } = memoryStore();
  let down = true;
  const failing = new Proxy(idempotency, {
    get(target, property) {
      const method: unknown = Reflect.get(target, property, target);
      if (typeof method !== 'function') return method;
      return async (...parts: unknown[]) => {
        if (down) throw new Error('The store is down.');
        return (await Reflect.apply(method, target, parts)) as unknown;
      };
    },
  });
  append('orders', 1, 20);
  const consuming = await consume({
    source: { from },
    consumer: { store: { ...store, idempotency: failing } },
  });
  await until(() => consuming.health().status === 'degraded');
  expect(consuming.handled).toEqual([]);
  expect(marker()).toBeUndefined();
  down = false;
  await until(() => consuming.messages.length === 20);
  expect(consuming.handled).toEqual(numbers(1, 20));
});

it('a stream that is deleted and written to again is read on', async () => {
  const { server, append, consume } = await bench();
  append('orders', 1, 3);
  const consuming = await consume({ source: { from } });
  await until(() => consuming.messages.length === 3);
  server.deleteStream('orders');
  append('orders', 4, 5);
  await until(() => consuming.messages.length === 5);
  expect(consuming.handled).toEqual([1, 2, 3, 4, 5]);
  await consuming.consumer.stop();
  const later = await consume({ source: { from, name: 'later' } });
  await until(() => later.messages.length === 2);
  expect(later.handled).toEqual([4, 5]);
});

it('a stop does not wait for a server that does not answer while it subscribes again', async () => {
  const { server, consume } = await bench();
  const consuming = await consume({
    source: { from, watchdog: { confirm: 600_000 } },
    consumer: { drainTimeout: 600_000 },
  });
  server.faults.next('Streams.Read', { kind: 'hang' });
  server.faults.endSubscriptions();
  await until(() => consuming.details()['state'] === 'connecting');
  await consuming.consumer.stop();
  await until(() => server.counters.subscriptions === 0);
  expect(consuming.details()).toMatchObject({ state: 'stopped' });
});
