import { describe, expect, test } from 'vitest';
import { billing, settlements } from '../support/billing.ts';

describe('consumer.idle()', () => {
  test('resolves when everything that was published is settled', async () => {
    const { broker, consume } = billing();
    const queue = broker.queue('orders');
    const consumer = consume(queue.source({ concurrency: 2 }));
    consumer.on('Ping', async () => {
      await new Promise((resolve) => setImmediate(resolve));
    });
    await consumer.start();
    const ids = await broker.publish('orders', ...Array.from({ length: 50 }, () => ({ type: 'Ping' })));
    await consumer.idle();
    expect(settlements(broker)).toHaveLength(ids.length);
    expect(queue.remaining).toEqual([]);
  });

  test('waits for events that handlers publish to another source', async () => {
    const { broker, consume } = billing();
    const queue = broker.queue('orders');
    const consumer = consume(queue.source());
    const handled: string[] = [];
    consumer.on('First', async () => void (await broker.publish('orders', { type: 'Second' })));
    consumer.on('Second', ({ type }) => void handled.push(type));
    await consumer.start();
    await broker.publish('orders', { type: 'First' });
    await consumer.idle();
    expect(handled).toEqual(['Second']);
  });

  test('waits for a retry that is due later', async () => {
    const { broker, clock, consume } = billing();
    const queue = broker.queue('orders');
    const consumer = consume(queue.source());
    let runs = 0;
    consumer.on('Ping', () => {
      runs += 1;
      if (runs === 1) throw new Error('once more');
    });
    await consumer.start();
    await broker.publish('orders', { type: 'Ping' });
    let isIdle = false;
    const idle = consumer.idle().then(() => (isIdle = true));
    await clock.advance(999);
    expect(isIdle).toBe(false);
    await clock.advance(1);
    await idle;
    expect(runs).toBe(2);
  });

  test('waits for a log to be read to its end', async () => {
    const { broker, consume } = billing();
    const log = broker.log('ledger', { channels: 3 });
    await broker.publish('ledger', ...Array.from({ length: 40 }, (_, n) => ({ type: 'Ping', key: `${n}` })));
    const consumer = consume(log.source({ start: 'earliest' }));
    let handled = 0;
    consumer.on('Ping', () => void (handled += 1));
    await consumer.start();
    await consumer.idle();
    expect(handled).toBe(40);
  });

  test('ends when the consumer stops', async () => {
    const { broker, clock, consume } = billing();
    const queue = broker.queue('orders');
    const consumer = consume(queue.source());
    consumer.on(
      'Ping',
      (_message, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    );
    await consumer.start();
    await broker.publish('orders', { type: 'Ping' });
    const idle = consumer.idle();
    const stopping = consumer.stop({ now: true });
    await clock.advance(1_000);
    await Promise.all([idle, stopping]);
    expect(queue.remaining).toHaveLength(1);
  });
});
