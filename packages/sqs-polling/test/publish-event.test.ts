import { isMillraceError } from '@millrace/core';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { publishEvent } from '../src/publish-event.ts';
import { sqsError } from '../src/errors.ts';
import type { OutgoingEvent } from '../src/publisher/event.ts';

/** A publisher that keeps what it is given, or refuses it. */
function recorder(refusal?: Error) {
  const events: OutgoingEvent[] = [];
  return {
    events,
    async publish(event: OutgoingEvent) {
      if (refusal) throw refusal;
      events.push(event);
      return { id: 'id', messageId: 'message', sequenceNumber: undefined };
    },
  };
}

const refused = sqsError('SQS_ACCESS_DENIED', 'not allowed.');

interface Order {
  readonly number: string;
}

describe('around a function', () => {
  test('publishes the result after success, and resolves with it', async () => {
    const publisher = recorder();
    const place = publishEvent(publisher, 'OrderPlaced.shop', async (number: string, _quantity: number) => ({
      number,
    }));
    expectTypeOf(place).parameters.toEqualTypeOf<[string, number]>();
    expectTypeOf(place).returns.resolves.toEqualTypeOf<{ number: string }>();
    expect(await place('4711', 2)).toEqual({ number: '4711' });
    expect(publisher.events).toMatchObject([{ type: 'OrderPlaced.shop', data: { number: '4711' } }]);
  });

  test('a function that is not async will do', async () => {
    const publisher = recorder();
    const place = publishEvent(publisher, 'A', (number: string) => number);
    expectTypeOf(place).returns.resolves.toEqualTypeOf<string>();
    expect(await place('1')).toBe('1');
    expect(publisher.events).toHaveLength(1);
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('sold out');
      },
    ],
    ['rejects', () => Promise.reject(new Error('sold out'))],
  ])('publishes nothing when it %s', async (_how, work) => {
    const publisher = recorder();
    await expect(publishEvent(publisher, 'A', work)()).rejects.toThrow('sold out');
    expect(publisher.events).toEqual([]);
  });

  test('publishes nothing before it is done', async () => {
    const publisher = recorder();
    const work = Promise.withResolvers<string>();
    const done = publishEvent(publisher, 'A', () => work.promise)();
    await Promise.resolve();
    expect(publisher.events).toEqual([]);
    work.resolve('1');
    await done;
    expect(publisher.events).toHaveLength(1);
  });

  test('resolves only when the event is published', async () => {
    const published = Promise.withResolvers<never>();
    const slow = { publish: () => published.promise };
    let resolved = false;
    const done = publishEvent(slow, 'A', () => 1)().then(() => {
      resolved = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(resolved).toBe(false);
    published.resolve(undefined as never);
    await done;
    expect(resolved).toBe(true);
  });

  test('makes the event of result and arguments', async () => {
    const publisher = recorder();
    const place = publishEvent(
      publisher,
      {
        type: 'OrderPlaced.shop',
        data: (order, tenant) => ({ ...order, tenant }),
        id: ({ number }) => `order-${number}`,
        key: (_order, tenant) => tenant,
        headers: (_order, tenant) => ({ tenant }),
      },
      async (tenant: string): Promise<Order> => ({ number: tenant.length.toString() }),
    );
    await place('acme');
    expect(publisher.events).toEqual([
      {
        type: 'OrderPlaced.shop',
        data: { number: '4', tenant: 'acme' },
        id: 'order-4',
        key: 'acme',
        headers: { tenant: 'acme' },
      },
    ]);
  });

  test('publishes only when there is something to', async () => {
    const publisher = recorder();
    const respond = publishEvent(
      publisher,
      { type: 'Responded', when: ({ status }) => status < 300 },
      (status: number) => ({ status }),
    );
    expect(await respond(404)).toEqual({ status: 404 });
    expect(publisher.events).toEqual([]);
    await respond(201);
    expect(publisher.events).toHaveLength(1);
  });

  test('keeps its name, which handlers are known by', () => {
    async function placeOrder() {}
    expect(publishEvent(recorder(), 'A', placeOrder).name).toBe('placeOrder');
  });
});

describe('what can not be published', () => {
  test('rejects the call, and says that the work is done', async () => {
    async function placeOrder() {}
    const error: unknown = await publishEvent(recorder(refused), 'A.x', placeOrder)().catch(
      (error: unknown) => error,
    );
    expect(error).toMatchObject({
      code: 'SQS_PUBLISH_FAILED',
      message: '"placeOrder" has done its work, but event "A.x" was not published: not allowed.',
      cause: refused,
    });
  });

  test.each(['data', 'id', 'key', 'headers', 'when'] as const)(
    'a "%s" that throws is such a failure too',
    async (option) => {
      const broken = () => {
        throw new TypeError('oops');
      };
      const work = publishEvent(recorder(), { type: 'A', [option]: broken }, () => 1);
      const error: unknown = await work().catch((error: unknown) => error);
      expect(isMillraceError(error, 'SQS_PUBLISH_FAILED')).toBe(true);
      expect(error).toMatchObject({ cause: expect.any(TypeError) as unknown });
    },
  );

  test('is handed over, when somebody takes it', async () => {
    const seen: unknown[] = [];
    const place = publishEvent(
      recorder(refused),
      { type: 'A', onPublishError: (error, result) => void seen.push(error.cause, result) },
      () => 'result',
    );
    expect(await place()).toBe('result');
    expect(seen).toEqual([refused, 'result']);
  });

  test('what they throw rejects the call', async () => {
    const onPublishError = async () => {
      throw new Error('undone');
    };
    await expect(publishEvent(recorder(refused), { type: 'A', onPublishError }, () => 1)()).rejects.toThrow(
      'undone',
    );
  });

  test('errors of the function are not theirs', async () => {
    const seen: unknown[] = [];
    const work = publishEvent(
      recorder(),
      { type: 'A', onPublishError: (error) => void seen.push(error) },
      () => {
        throw new Error('sold out');
      },
    );
    await expect(work()).rejects.toThrow('sold out');
    expect(seen).toEqual([]);
  });
});

describe('as a decorator', () => {
  const shared = recorder();

  class Orders {
    readonly publisher = recorder();
    #count = 0;

    @publishEvent(shared, 'OrderPlaced.shop')
    async place(number: string, quantity = 1): Promise<Order & { readonly quantity: number }> {
      this.#count += 1;
      return { number, quantity };
    }

    @publishEvent(({ publisher }: Orders) => publisher, {
      type: 'OrderCancelled.shop',
      data: (order: Order) => order.number,
      key: (_order: Order, number: string) => number,
    })
    async cancel(number: string, _reason: string): Promise<Order> {
      return { number };
    }

    @publishEvent(shared, 'StockCounted.shop')
    static async count(): Promise<number> {
      return 7;
    }

    get count() {
      return this.#count;
    }
  }

  test('publishes, and keeps `this`, the types and the name', async () => {
    const orders = new Orders();
    expectTypeOf(orders.place).parameters.toEqualTypeOf<[string, (number | undefined)?]>();
    expectTypeOf(orders.place).returns.resolves.toEqualTypeOf<Order & { readonly quantity: number }>();
    expect(await orders.place('1')).toEqual({ number: '1', quantity: 1 });
    expect(orders.count).toBe(1);
    expect(orders.place.name).toBe('place');
    expect(shared.events).toMatchObject([{ type: 'OrderPlaced.shop', data: { number: '1', quantity: 1 } }]);
  });

  test('gets at the publisher of its object', async () => {
    const [one, other] = [new Orders(), new Orders()];
    await one.cancel('1', 'late');
    expect(one.publisher.events).toMatchObject([{ type: 'OrderCancelled.shop', data: '1', key: '1' }]);
    expect(other.publisher.events).toEqual([]);
  });

  test('decorates static methods', async () => {
    expect(await Orders.count()).toBe(7);
    expect(shared.events.at(-1)).toMatchObject({ type: 'StockCounted.shop', data: 7 });
  });

  test('a method whose result does not fit is a compile error', () => {
    class Wrong {
      // @ts-expect-error the event wants an order
      @publishEvent(shared, { type: 'A', data: (order: Order) => order.number })
      async count(): Promise<number> {
        return 1;
      }

      // @ts-expect-error what it returns becomes a promise
      @publishEvent(shared, 'A')
      now(): number {
        return 1;
      }
    }
    expect(new Wrong()).toBeDefined();
  });

  test('anything but a method is refused', () => {
    const decorate = publishEvent(shared, 'A') as unknown as (target: unknown, where: object) => void;
    expect(() => decorate(undefined, { kind: 'field', name: 'x' })).toThrow(
      /@publishEvent on "x": it decorates methods/,
    );
  });
});
