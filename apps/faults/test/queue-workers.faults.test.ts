import { setTimeout } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Audit } from './support/audit.ts';
import { audit, nothingWrong } from './support/audit.ts';
import type { Ledger } from './support/ledger.ts';
import { openLedger } from './support/ledger.ts';
import { seeded } from './support/seeded.ts';
import type { Queue } from './support/sqs-queue.ts';
import { startQueue } from './support/sqs-queue.ts';
import { until } from './support/until.ts';
import type { StopPoint } from './support/worker-messages.ts';
import type { WorkerProcess } from './support/worker-process.ts';
import { startWorker } from './support/worker-process.ts';

/** Of messages at SQS and of claims, in milliseconds. */
const lease = 2_000;

interface Shop {
  readonly queue: Queue;
  readonly ledger: Ledger;
  start(worker: string, stop?: StopPoint): WorkerProcess;
  /** Waits until everything is settled, or for half a minute, and looks at what became of the events. */
  settled(): Promise<Audit>;
  effectsOf(id: string): readonly { readonly worker: string; readonly fence: number }[];
}

async function openShop(): Promise<Shop> {
  const queue = await startQueue();
  onTestFinished(() => queue.stop());
  const ledger = openLedger();
  return {
    queue,
    ledger,
    start: (worker, stop) =>
      startWorker({
        worker,
        ledger: ledger.path,
        source: { kind: 'queue', endpoint: queue.connection.endpoint, queue: queue.name },
        lease,
        markerInterval: 1_000,
        ...(stop && { stop }),
      }),
    async settled() {
      const giveUpAt = performance.now() + 30_000;
      await until(() => queue.unsettled() === 0 || performance.now() > giveUpAt);
      return audit({
        published: queue.published,
        effects: ledger.ids(),
        unsettled: queue.unsettled(),
        deadLettered: ledger.deadLettered(),
      });
    },
    effectsOf: (id) =>
      ledger
        .effects()
        .filter((effect) => effect.id === id)
        .map(({ worker, fence }) => ({ worker, fence })),
  };
}

const forEver = 600_000;

describe('a worker on a queue that is killed', () => {
  test('in the middle of a handler: the next one handles the event', async () => {
    const shop = await openShop();
    shop.queue.publish(20);
    const killed = shop.start('A', { id: 'order-7', point: 'before the effect', milliseconds: forEver });
    await killed.says('at');
    expect(await killed.end('SIGKILL')).toBe('SIGKILL');
    expect(shop.queue.unsettled()).toBeGreaterThan(0);
    shop.start('B');
    expect(await shop.settled()).toEqual(nothingWrong);
    expect(shop.effectsOf('order-7')).toEqual([{ worker: 'B', fence: 2 }]);
  });

  test('between effect and ack: the next one acks and does nothing', async () => {
    const shop = await openShop();
    shop.queue.publish(20);
    const killed = shop.start('A', { id: 'order-7', point: 'after the effect', milliseconds: forEver });
    await killed.says('at');
    await killed.end('SIGKILL');
    expect(shop.effectsOf('order-7')).toEqual([{ worker: 'A', fence: 1 }]);
    expect(shop.queue.unsettled()).toBeGreaterThan(0);
    shop.start('B');
    expect(await shop.settled()).toEqual(nothingWrong);
    expect(shop.effectsOf('order-7')).toEqual([{ worker: 'A', fence: 1 }]);
  });

  test('at any moment, again and again: each effect is there once', async () => {
    const shop = await openShop();
    const random = seeded(5);
    shop.queue.publish(600);
    for (let kill = 1; kill <= 4; kill += 1) {
      const worker = shop.start(`A${kill}`);
      const enough = shop.ledger.ids().length + 20 + Math.floor(random() * 60);
      await until(() => shop.ledger.ids().length >= enough);
      await worker.end('SIGKILL');
    }
    expect(shop.ledger.ids().length).toBeLessThan(600);
    shop.start('B');
    expect(await shop.settled()).toEqual(nothingWrong);
  });
});

test('a worker that is told to end under load gives back what it did not start, and nothing is dead-lettered', async () => {
  const shop = await openShop();
  shop.queue.publish(600);
  const drained = shop.start('A');
  await until(() => shop.ledger.ids().length > 50);
  expect(await drained.end('SIGTERM')).toBe(0);
  const left = shop.queue.unsettled();
  expect(left).toBeGreaterThan(0);
  // Nothing hangs between the two: what it handled is acked, and the rest is in the queue.
  expect(shop.ledger.ids().length + left).toBe(600);
  shop.start('B');
  expect(await shop.settled()).toEqual(nothingWrong);
});

describe('an owner that is late: the other one has the event, and the late outcome is thrown away', () => {
  test('because its process stood still', async () => {
    const shop = await openShop();
    const stale = shop.start('A', { id: 'order-1', point: 'before the effect', milliseconds: 300 });
    await stale.says('reading');
    shop.queue.publish(20);
    await stale.says('at');
    stale.signal('SIGSTOP');
    shop.start('B');
    await until(() => shop.effectsOf('order-1').length > 0);
    stale.signal('SIGCONT');
    await stale.says('refused');
    expect(stale.said).toContainEqual({ kind: 'refused', id: 'order-1', code: 'LEASE_LOST' });
    shop.queue.publish(20);
    expect(await shop.settled()).toEqual(nothingWrong);
    expect(shop.effectsOf('order-1')).toEqual([{ worker: 'B', fence: 2 }]);
  });

  test('because its event loop was blocked', async () => {
    const shop = await openShop();
    const blocked = shop.start('A', {
      id: 'order-1',
      point: 'before the effect',
      milliseconds: 4 * lease,
      blocking: true,
    });
    await blocked.says('reading');
    shop.queue.publish(20);
    await blocked.says('at');
    shop.start('B');
    await blocked.says('refused');
    expect(blocked.said).toContainEqual({ kind: 'refused', id: 'order-1', code: 'LEASE_LOST' });
    shop.queue.publish(20);
    expect(await shop.settled()).toEqual(nothingWrong);
    expect(shop.effectsOf('order-1')).toEqual([{ worker: 'B', fence: 2 }]);
  });
});

test('a lone worker whose event loop was blocked for longer than the lease does nothing twice, and goes on', async () => {
  const shop = await openShop();
  shop.queue.publish(20);
  const blocked = shop.start('A', {
    id: 'order-1',
    point: 'before the effect',
    milliseconds: 2 * lease,
    blocking: true,
  });
  await blocked.says('at');
  await setTimeout(lease);
  shop.queue.publish(20);
  expect(await shop.settled()).toEqual(nothingWrong);
});
