import { expect, test } from 'vitest';
import { publishEvent } from '../src/publish-event.ts';
import type { OutgoingEvent } from '../src/publisher/event.ts';

const events: OutgoingEvent[] = [];
const publisher = {
  async publish(event: OutgoingEvent) {
    events.push(event);
    return { id: 'id', messageId: 'message', sequenceNumber: undefined };
  },
};

/** This file is compiled with `experimentalDecorators`, by its name. */
class Orders {
  readonly own = publisher;
  #count = 0;

  @publishEvent(publisher, 'OrderPlaced.shop')
  async place(number: string): Promise<{ number: string; count: number }> {
    this.#count += 1;
    return { number, count: this.#count };
  }

  @publishEvent(({ own }: Orders) => own, { type: 'OrderCancelled.shop' })
  async cancel(number: string): Promise<string> {
    return number;
  }

  @publishEvent(publisher, 'StockCounted.shop')
  static async count(): Promise<number> {
    return 7;
  }
}

test('publishes under experimentalDecorators, and keeps `this` and the name', async () => {
  const orders = new Orders();
  expect(await orders.place('1')).toEqual({ number: '1', count: 1 });
  await orders.cancel('2');
  await Orders.count();
  expect(orders.place.name).toBe('place');
  expect(events.map(({ type, data }) => [type, data])).toEqual([
    ['OrderPlaced.shop', { number: '1', count: 1 }],
    ['OrderCancelled.shop', '2'],
    ['StockCounted.shop', 7],
  ]);
});

test('the file is what its name says', () => {
  const seen: unknown[][] = [];
  const spy = (...args: unknown[]): undefined => void seen.push(args);
  class Probe {
    @spy
    method() {}
  }
  // Legacy decorators are told the prototype, the name and the descriptor; standard ones the function and a context.
  expect(seen).toEqual([[Probe.prototype, 'method', expect.objectContaining({ writable: true })]]);
});

test('a property is refused', () => {
  const decorate = publishEvent(publisher, 'A') as unknown as (target: object, key: string) => void;
  expect(() => decorate({}, 'x')).toThrow(/@publishEvent on "x": it decorates methods/);
});
