import { describe, expect, test, vi } from 'vitest';
import { billing, settlements } from '../support/billing.ts';

describe('faults on command', () => {
  test('duplicate: the event is delivered twice, and takes effect once', async () => {
    const { broker, clock, consume } = billing();
    const queue = broker.queue('orders');
    const handled: string[] = [];
    queue.faults.duplicate();
    const consumer = consume(queue.source());
    consumer.on('Ping', ({ id }) => void handled.push(id));
    await consumer.start();
    await broker.publish('orders', { type: 'Ping', id: 'twin' });
    await vi.waitFor(async () => {
      await clock.advance(1_000);
      expect(queue.remaining).toEqual([]);
    });
    expect(settlements(broker).filter((it) => it === 'twin done')).toHaveLength(2);
    expect(handled).toEqual(['twin']);
  });

  test('reorder: the next batch comes backwards', async () => {
    const { broker, consume } = billing();
    const queue = broker.queue('orders');
    const handled: string[] = [];
    queue.faults.reorder();
    await broker.publish('orders', { type: 'Ping', id: 'a' }, { type: 'Ping', id: 'b' });
    const consumer = consume(queue.source({ concurrency: 1 }));
    consumer.on('Ping', ({ id }) => void handled.push(id));
    await consumer.start();
    await vi.waitFor(() => expect(handled).toEqual(['b', 'a']));
  });

  test('delay: what is published is kept back', async () => {
    const { broker, clock, consume } = billing();
    const queue = broker.queue('orders');
    queue.faults.delay(5_000);
    const consumer = consume(queue.source());
    consumer.on('Ping', () => {});
    await consumer.start();
    await broker.publish('orders', { type: 'Ping' });
    await clock.advance(4_999);
    expect(settlements(broker)).toEqual([]);
    await clock.advance(1);
    expect(settlements(broker)).toEqual(['event-1 done']);
  });

  test('drop: the connection is opened again and nothing is lost', async () => {
    const { broker, clock, consume } = billing();
    const queue = broker.queue('orders');
    const consumer = consume(queue.source());
    consumer.on('Ping', () => {});
    await consumer.start();
    expect(queue.connected).toBe(1);
    queue.faults.drop();
    expect(queue.connected).toBe(0);
    await broker.publish('orders', { type: 'Ping', id: 'a' });
    await clock.advance(5_000);
    expect(queue.connected).toBe(1);
    expect(settlements(broker)).toEqual(['a done']);
  });

  test('refuseSettles: what is refused is told again', async () => {
    const { broker, clock, consume } = billing();
    const queue = broker.queue('orders');
    queue.faults.refuseSettles(2);
    const consumer = consume(queue.source());
    consumer.on('Ping', () => {});
    await consumer.start();
    await broker.publish('orders', { type: 'Ping', id: 'a' });
    await clock.advance(5_000);
    expect(settlements(broker)).toEqual(['a done']);
  });

  test('goSilent: nothing comes, nothing fails, until it speaks', async () => {
    const { broker, clock, consume } = billing();
    const queue = broker.queue('orders');
    queue.faults.goSilent();
    const consumer = consume(queue.source());
    consumer.on('Ping', () => {});
    await consumer.start();
    await broker.publish('orders', { type: 'Ping', id: 'a' });
    await clock.advance(60_000);
    expect(broker.history.map(({ kind }) => kind)).toEqual(['published']);
    queue.faults.speak();
    await vi.waitFor(() => expect(settlements(broker)).toEqual(['a done']));
  });

  test('garbage: it is parked with its bytes', async () => {
    const { broker, consume } = billing();
    const queue = broker.queue('invoices');
    const consumer = consume(queue.source());
    consumer.on('Ping', () => {});
    await consumer.start();
    const raw = new Uint8Array([0xff, 0xfe]);
    const id = await broker.publishRaw('invoices', raw, { type: 'Ping' });
    await vi.waitFor(() => expect(settlements(broker)).toEqual([`${id} dead`]));
    const { letters } = await consumer.deadLetters.list();
    expect(letters.map((letter) => [letter.reason, letter.message.raw])).toEqual([['undecodable', raw]]);
  });
});
