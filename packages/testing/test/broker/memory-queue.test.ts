import { describe, expect, test, vi } from 'vitest';
import { billing, settlements } from '../support/billing.ts';

describe('a queue in memory', () => {
  test('delivers what is published and forgets what is done', async () => {
    const { broker, consume } = billing();
    const queue = broker.queue('orders');
    const handled: string[] = [];
    const consumer = consume(queue.source());
    consumer.on('Ping', ({ id }) => void handled.push(id));
    await consumer.start();
    const ids = await broker.publish('orders', { type: 'Ping', id: 'a' }, { type: 'Ping' });
    await vi.waitFor(() => expect(queue.remaining).toEqual([]));
    expect(ids).toEqual(['a', 'event-1']);
    expect(handled).toEqual(ids);
    expect(settlements(broker)).toEqual(['a done', 'event-1 done']);
  });

  test('delivers again after the delay that was asked for, with a higher count', async () => {
    const { broker, clock, consume } = billing();
    const queue = broker.queue('orders');
    const counts: (number | undefined)[] = [];
    const consumer = consume(queue.source());
    consumer.on('Ping', ({ deliveryCount }) => {
      counts.push(deliveryCount);
      if (counts.length < 2) throw new Error('not yet');
    });
    await consumer.start();
    await broker.publish('orders', { type: 'Ping', id: 'a' });
    await vi.waitFor(() => expect(settlements(broker)).toEqual(['a retry']));
    await clock.advance(999);
    expect(counts).toEqual([1]);
    await clock.advance(1);
    await vi.waitFor(() => expect(queue.remaining).toEqual([]));
    expect(counts).toEqual([1, 2]);
  });

  test('hands out again what was not settled in time, and refuses what is said too late', async () => {
    const { broker, consume } = billing();
    const queue = broker.queue('orders');
    const late = Promise.withResolvers<void>();
    const consumer = consume(queue.source());
    consumer.on('Ping', () => late.promise);
    await consumer.start();
    await broker.publish('orders', { type: 'Ping', id: 'slow' });
    await vi.waitFor(() => expect(broker.history.at(-1)?.kind).toBe('delivered'));
    queue.faults.expireLeases('slow');
    late.resolve();
    await vi.waitFor(() => expect(broker.history.map(({ kind }) => kind)).toContain('refused'));
    expect(broker.history.filter(({ kind }) => kind === 'delivered')).toHaveLength(2);
  });

  test('leaves a message to a consumer that extends its lease', async () => {
    const { broker, clock, consume } = billing();
    const queue = broker.queue('orders', { lease: 10_000 });
    const slow = Promise.withResolvers<void>();
    const consumer = consume(queue.source());
    consumer.on('Ping', () => slow.promise);
    await consumer.start();
    await broker.publish('orders', { type: 'Ping' });
    await clock.advance(35_000);
    const kinds = broker.history.map(({ kind }) => kind);
    expect(kinds).toContain('extended');
    expect(kinds).not.toContain('expired');
    slow.resolve();
    await vi.waitFor(() => expect(queue.remaining).toEqual([]));
  });

  test('hands out again what a consumer that is gone left behind', async () => {
    const { broker, clock } = billing();
    const queue = broker.queue('orders', { lease: 10_000 });
    await broker.publish('orders', { type: 'Ping' });
    const context = { signal: new AbortController().signal, fetched() {} };
    const session = await queue.source().open(context as never);
    const demand = {
      reserve: (max: number) => Promise.resolve(max),
      tryReserve: (max: number) => max,
      cancel() {},
    };
    const batches = session.receive(demand)[Symbol.asyncIterator]();
    await batches.next();
    await session.close();
    await clock.advance(10_000);
    expect(broker.history.map(({ kind }) => kind)).toEqual(['published', 'delivered', 'expired']);
  });

  test('keeps messages of a key behind the one that is handed out', async () => {
    const { broker, consume } = billing();
    const queue = broker.queue('fifo', { order: 'perKey' });
    const first = Promise.withResolvers<void>();
    const handled: string[] = [];
    const consumer = consume(queue.source());
    consumer.on('Ping', async ({ id }) => {
      if (id === 'a1') await first.promise;
      handled.push(id);
    });
    await consumer.start();
    const ping = (id: string, key: string) => ({ type: 'Ping', id, key });
    await broker.publish('fifo', ping('a1', 'a'), ping('a2', 'a'), ping('b1', 'b'));
    await vi.waitFor(() => expect(handled).toEqual(['b1']));
    first.resolve();
    await vi.waitFor(() => expect(handled).toEqual(['b1', 'a1', 'a2']));
  });

  test('gives up by itself on what was delivered too often', async () => {
    const { broker, clock, consume } = billing();
    const queue = broker.queue('frail', { maxDeliveries: 1 });
    const consumer = consume(queue.source());
    consumer.on('Ping', () => {
      throw new Error('no');
    });
    await consumer.start();
    await broker.publish('frail', { type: 'Ping', id: 'a' });
    await vi.waitFor(() => expect(settlements(broker)).toEqual(['a retry']));
    await clock.advance(1_000);
    await vi.waitFor(() => expect(queue.parked.map(({ id }) => id)).toEqual(['a']));
    expect(queue.remaining).toEqual([]);
  });
});
