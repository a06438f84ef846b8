import { describe, expect, test } from 'vitest';

import { handler } from '../src/decorator.ts';
import type { HandlerContext } from '../src/handler-context.ts';
import type { Message } from '../src/message.ts';
import { createRegistry } from '../src/registry.ts';
import { refusal } from './support/refusal.ts';

const registrationsOf = (instance: object) => createRegistry().addInstance(instance).registrations;

test('this file is compiled with legacy decorators', () => {
  const seen: unknown[] = [];
  const spy = (target: unknown, where: unknown) => void seen.push(typeof target, where);
  class Decorated {
    @spy
    method(): void {}
  }
  expect([seen, typeof Decorated]).toEqual([['object', 'method'], 'function']);
});

test('a decorated method is registered and called on its instance', async () => {
  const seen: unknown[] = [];
  class Orders {
    readonly shop = 'shop';
    @handler(['Placed', 'Old*'], { source: 'orders', timeout: 5 })
    async placed({ id }: Message, { attempt }: HandlerContext): Promise<void> {
      seen.push([this.shop, id, attempt]);
    }
    @handler()
    rest(): void {}
  }
  const [placed, rest] = registrationsOf(new Orders());
  await placed?.handle({ id: 'm1' } as Message, { attempt: 3 } as HandlerContext);
  expect(placed).toMatchObject({
    name: 'Orders.placed',
    patterns: ['Placed', 'Old*'],
    isDefault: false,
    sources: ['orders'],
    options: { timeout: 5 },
  });
  expect(rest).toMatchObject({ name: 'Orders.rest', patterns: [], isDefault: true });
  expect(seen).toEqual([['shop', 'm1', 3]]);
});

test('the constructor need not run', () => {
  class Orders {
    @handler('Placed')
    placed(): void {}
  }
  expect(registrationsOf(Object.create(Orders.prototype) as object)).toHaveLength(1);
});

describe('what is refused', () => {
  test('a static method', () => {
    const define = () => {
      class Orders {
        @handler('Placed')
        static placed(): void {}
        cancelled(): void {}
      }
      return Orders;
    };
    expect(define).toThrow(refusal('HANDLER_STATIC', /static method "placed": make it an instance method/));
  });

  test('an accessor', () => {
    const define = () => {
      class Orders {
        // @ts-expect-error not a method
        @handler('Placed')
        get placed(): () => void {
          return () => {};
        }
      }
      return Orders;
    };
    expect(define).toThrow(refusal('HANDLER_OPTIONS', /"placed": it decorates methods/));
  });

  test('a field', () => {
    const define = () => {
      class Orders {
        // @ts-expect-error not a method
        @handler('Placed')
        placed = (): void => {};
      }
      return Orders;
    };
    expect(define).toThrow(refusal('HANDLER_OPTIONS', /"placed": it decorates methods/));
  });
});
