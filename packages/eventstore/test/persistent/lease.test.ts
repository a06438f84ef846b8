import { once } from 'node:events';
import type { HandlerContext, Message } from '@millrace/core';
import { createConsumer, isMillraceError, memoryStore, silentLogger } from '@millrace/core';
import { eventStoreServer } from '@millrace/testing/eventstore';
import { expect, onTestFinished, test } from 'vitest';
import { eventstore, eventstoreGroups } from '../../src/index.ts';

test('an event whose message timeout is over is stopped, not settled, and handled when the server sends it again', async () => {
  const server = await eventStoreServer();
  const { connectionString } = server;
  const groups = eventstoreGroups({ connectionString });
  const from = { stream: 'orders' };
  const consumer = createConsumer({
    name: 'billing',
    sources: [
      eventstore({
        connectionString,
        mode: 'persistent',
        from,
        group: 'billing',
        settings: { startFrom: 'start', messageTimeout: 2_000 },
        concurrency: 1,
        prefetch: 1,
      }),
    ],
    timeout: 1_900,
    retry: { attempts: 3, delay: 10, factor: 1 },
    store: memoryStore(),
    log: silentLogger,
  });
  onTestFinished(async () => {
    await consumer.stop({ now: true });
    await groups.close();
    await server.close();
  });

  const runs: { readonly type: string; readonly context: HandlerContext; readonly count: unknown }[] = [];
  consumer.on('*', async ({ type, deliveryCount }: Message, context: HandlerContext) => {
    runs.push({ type, context, count: deliveryCount });
    // The first holds up the second until there is little left of the second's time.
    if (deliveryCount === 1 && !context.signal.aborted) await once(context.signal, 'abort');
  });
  server.append('orders', [{ type: 'First' }, { type: 'Second' }]);
  await consumer.start();

  const ofSecond = () => runs.filter(({ type }) => type === 'Second');
  await expect.poll(() => ofSecond().length, { timeout: 20_000 }).toBe(2);
  const [late] = ofSecond();
  expect(isMillraceError(late?.context.signal.reason, 'LEASE_LOST')).toBe(true);
  expect(ofSecond().map(({ count }) => count)).toEqual([1, 2]);
  await expect
    .poll(async () => (await groups.info({ from, group: 'billing' })).stats.totalInFlightMessages)
    .toBe(0);
  expect(await groups.countParked({ from, group: 'billing' })).toBe(0n);
  expect((await consumer.deadLetters.list()).letters).toEqual([]);
});
