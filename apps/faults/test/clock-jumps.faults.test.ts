import { join } from 'node:path';
import type { HandlerContext, Message, Store } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { sqliteStore } from '@millrace/core/sqlite';
import type { ManualClock, MemoryBroker } from '@millrace/testing';
import { manualClock, memoryBroker } from '@millrace/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from './support/ledger.ts';

const hour = 3_600_000;
const lease = 30_000;

interface World {
  readonly clock: ManualClock;
  readonly broker: MemoryBroker;
}

function world(): World {
  const clock = manualClock();
  return { clock, broker: memoryBroker({ clock }) };
}

type Handle = (message: Message, context: HandlerContext) => void | Promise<void>;

/** A consumer on the queue, which is made if need be. */
async function consume({ clock, broker }: World, queue: string, store: Store, handle: Handle): Promise<void> {
  const consumer = createConsumer({
    name: 'shop',
    sources: [broker.queue(queue).source()],
    store,
    idempotency: { lease },
    timeout: false,
    retry: { delay: 10_000, factor: 1 },
    random: () => 1,
    log: silentLogger,
    clock,
  });
  consumer.on('Order', { name: 'order' }, handle);
  onTestFinished(async () => {
    const stopping = consumer.stop({ now: true });
    await clock.advance(30_000);
    await stopping;
  });
  await consumer.start();
}

describe.each([
  ['an hour forward', hour],
  ['an hour back', -hour],
])('a wall clock that is set %s', (_, jump) => {
  test('makes no retry earlier or later', async () => {
    const here = world();
    const { clock, broker } = here;
    let runs = 0;
    await consume(here, 'orders', memoryStore({ clock }), () => {
      runs += 1;
      if (runs === 1) throw new Error('not yet');
    });
    await broker.publish('orders', { type: 'Order' });
    await clock.advance(0);
    clock.jump(jump);
    await clock.advance(9_999);
    expect(runs).toBe(1);
    await clock.advance(1);
    expect(runs).toBe(2);
  });

  test('ends no lease of a handler that runs', async () => {
    const here = world();
    const { clock, broker } = here;
    const effects: string[] = [];
    const aborted: string[] = [];
    const running = Promise.withResolvers<void>();
    await consume(here, 'orders', memoryStore({ clock }), async ({ id }, { signal }) => {
      signal.addEventListener('abort', () => aborted.push(id));
      await running.promise;
      effects.push(id);
    });
    const [id = ''] = await broker.publish('orders', { type: 'Order' });
    await clock.advance(1_000);
    clock.jump(jump);
    await clock.advance(10 * lease);
    running.resolve();
    await clock.advance(1_000);
    expect([effects, aborted]).toEqual([[id], []]);
    expect(broker.history.filter(({ kind }) => kind === 'delivered')).toHaveLength(1);
  });
});

describe('leases in SQLite go by the wall clock', () => {
  function ledgerOn(clock: ManualClock) {
    const store = sqliteStore({ path: join(temporaryFolder(), 'store.db'), clock });
    onTestFinished(() => store.close());
    store.database.exec('CREATE TABLE effects (id TEXT NOT NULL, fence INTEGER NOT NULL) STRICT');
    const insert = store.database.prepare('INSERT INTO effects (id, fence) VALUES (?, ?)');
    return {
      store,
      effect: (id: string, context: HandlerContext) =>
        store.transaction((database) => {
          insert.run(id, context.fence ?? 0);
          void context.complete(database);
        }),
      effects: () =>
        store.database
          .prepare('SELECT id, fence FROM effects')
          .all()
          .map(({ id, fence }) => ({ id, fence })),
    };
  }

  test('set an hour forward, an event is taken over from an owner that lives, and the fence keeps the effect one', async () => {
    const here = world();
    const { clock, broker } = here;
    const { store, effect, effects } = ledgerOn(clock);
    const first = Promise.withResolvers<void>();
    const refused: unknown[] = [];
    await consume(here, 'orders', store, async ({ id }, context) => {
      await first.promise;
      try {
        effect(id, context);
      } catch (error) {
        refused.push(error);
        throw error;
      }
    });
    await consume(here, 'copies', store, ({ id }, context) => effect(id, context));
    await broker.publish('orders', { type: 'Order', id: 'order-1' });
    await clock.advance(1_000);
    clock.jump(hour);
    await broker.publish('copies', { type: 'Order', id: 'order-1' });
    await clock.advance(0);
    expect(effects()).toEqual([{ id: 'order-1', fence: 2 }]);
    first.resolve();
    await clock.advance(3 * lease);
    expect(refused).toEqual([expect.objectContaining({ code: 'LEASE_LOST' })]);
    expect(effects()).toEqual([{ id: 'order-1', fence: 2 }]);
  });

  test('set an hour back, an event of a dead owner waits for that hour, and is neither lost nor handled twice', async () => {
    const here = world();
    const { clock, broker } = here;
    const { store, effect, effects } = ledgerOn(clock);
    await store.idempotency.claimMany([{ key: 'shop/order/order-1' }], { owner: 'dead', lease });
    clock.jump(-hour);
    await consume(here, 'orders', store, ({ id }, context) => effect(id, context));
    await broker.publish('orders', { type: 'Order', id: 'order-1' }, { type: 'Order', id: 'order-2' });
    await clock.advance(hour);
    expect(effects()).toEqual([{ id: 'order-2', fence: 1 }]);
    await clock.advance(lease + 10_000);
    expect(effects()).toEqual([
      { id: 'order-2', fence: 1 },
      { id: 'order-1', fence: 2 },
    ]);
  });
});
