import { describe, expect, expectTypeOf, test, vi } from 'vitest';
import { z } from 'zod';

import { handler } from '../src/decorator.ts';
import type { HandlerOptions } from '../src/handler.ts';
import type { HandlerContext } from '../src/handler-context.ts';
import type { Message } from '../src/message.ts';
import { createRegistry } from '../src/registry.ts';
import { refusal } from './support/refusal.ts';

const registrationsOf = (instance: object) => createRegistry().addInstance(instance).registrations;
/** `@handler` with what the types would not let through. */
const handlerOfAnything = handler as (...given: readonly unknown[]) => unknown;

test('this file is compiled with standard decorators', () => {
  const seen: unknown[] = [];
  const spy = (_method: unknown, context: ClassMethodDecoratorContext) => void seen.push(context.kind);
  class Decorated {
    @spy
    method(): void {}
  }
  expect([seen, typeof Decorated]).toEqual([['method'], 'function']);
});

test('a decorated method is registered with the same power as a plain function', () => {
  const options = {
    name: 'billing',
    schema: z.object({ total: z.number() }),
    source: ['shop'],
    timeout: 5,
    retry: { attempts: 2 },
    idempotencyKey: () => 'key',
    middleware: [async () => {}],
  } satisfies HandlerOptions;
  class Orders {
    @handler(['Placed', 'Old*'], options)
    placed({ data }: Message<{ total: number }>): void {
      expectTypeOf(data).toEqualTypeOf<{ total: number }>();
    }
  }
  const [plain] = createRegistry().add(['Placed', 'Old*'], options, () => {}).registrations;
  const [decorated] = registrationsOf(new Orders());
  expect({ ...decorated, handle: undefined }).toEqual({ ...plain, handle: undefined });
});

test('the default handler may have options', () => {
  class Orders {
    @handler({ timeout: 5 })
    rest(): void {}
  }
  expect(registrationsOf(new Orders())).toMatchObject([
    { name: 'Orders.rest', patterns: [], isDefault: true, options: { timeout: 5 } },
  ]);
});

test('the handler gets message and context, on its instance, and what it returns is waited for', async () => {
  const seen: unknown[] = [];
  class Orders {
    readonly shop: string;
    constructor(shop: string) {
      this.shop = shop;
    }
    @handler('Placed')
    async placed({ id }: Message, { attempt }: HandlerContext): Promise<void> {
      await Promise.resolve();
      seen.push([this.shop, id, attempt]);
    }
  }
  const [one, other] = [new Orders('one'), new Orders('other')];
  const handlers = [...registrationsOf(one), ...registrationsOf(other)];
  for (const { handle } of handlers) await handle({ id: 'm1' } as Message, { attempt: 3 } as HandlerContext);
  expect(seen).toEqual([
    ['one', 'm1', 3],
    ['other', 'm1', 3],
  ]);
});

test('a method that is replaced later is called as it is then', async () => {
  class Orders {
    @handler('Placed')
    placed(): void {}
  }
  const orders = new Orders();
  const [registration] = registrationsOf(orders);
  const spy = vi.spyOn(orders, 'placed').mockReturnValue();
  await registration?.handle({} as Message, {} as HandlerContext);
  expect(spy).toHaveBeenCalledOnce();
});

test('a method that is gone fails the run', () => {
  class Orders {
    @handler('Placed')
    placed(): void {}
  }
  const orders = new Orders();
  const [registration] = registrationsOf(orders);
  Object.defineProperty(orders, 'placed', { value: undefined });
  expect(() => registration?.handle({} as Message, {} as HandlerContext)).toThrow(TypeError);
});

test('compilers that give no metadata can tell an override from what it overrides', () => {
  const old =
    (type: string) =>
    <Method extends () => void>(
      method: Method,
      context: ClassMethodDecoratorContext<unknown, Method>,
    ): void =>
      handler(type)(method, { ...context, metadata: undefined } as never);
  class Base {
    @old('Kept')
    kept(): void {}
    @old('Before')
    replaced(): void {}
  }
  class Derived extends Base {
    @old('After')
    @old('AfterToo')
    override replaced(): void {}
  }
  expect(registrationsOf(new Derived()).flatMap(({ patterns }) => patterns)).toEqual([
    'Kept',
    'AfterToo',
    'After',
  ]);
});

describe('twice', () => {
  test('two instances of a class have the same names', () => {
    class Orders {
      @handler('Placed')
      placed(): void {}
    }
    expect(() => createRegistry().addInstance(new Orders()).addInstance(new Orders())).toThrow(
      refusal('HANDLER_DUPLICATE', /"Orders\.placed" is registered already/),
    );
  });

  test('the same type on one method', () => {
    class Orders {
      @handler('Placed')
      @handler('Placed')
      placed(): void {}
    }
    expect(() => registrationsOf(new Orders())).toThrow(
      refusal('HANDLER_DUPLICATE', /"Orders\.placed Placed" is registered already/),
    );
  });

  test('the same type in one list', () => {
    class Orders {
      @handler(['Placed', 'Placed'])
      placed(): void {}
    }
    expect(() => registrationsOf(new Orders())).toThrow(
      refusal('HANDLER_DUPLICATE', /"Orders\.placed" lists "Placed" twice/),
    );
  });
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

  test('a private method', () => {
    const define = () => {
      class Orders {
        @handler('Placed')
        #placed(): void {}
        use = () => this.#placed();
      }
      return Orders;
    };
    expect(define).toThrow(refusal('HANDLER_PRIVATE', /private method "#placed": make it public/));
  });

  test('an accessor', () => {
    const define = () => {
      class Orders {
        // @ts-expect-error not a method
        @handler('Placed')
        accessor placed = (): void => {};
      }
      return new Orders();
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
      return new Orders();
    };
    expect(define).toThrow(refusal('HANDLER_OPTIONS', /"placed": it decorates methods/));
  });

  test.each([[undefined], [null]])(
    '%s as a type, such as a misspelt constant, is no default handler',
    (type) => {
      expect(() => handlerOfAnything(type)).toThrow(refusal('HANDLER_PATTERN', /leave the types out/));
      expect(() => handlerOfAnything(type, {})).toThrow(refusal('HANDLER_PATTERN', /leave the types out/));
    },
  );

  test.each([[[7]], [['A', 'B']], [['A', {}, {}]], [[{}, {}]], [[() => {}]]])('%j as arguments', (given) => {
    expect(() => handlerOfAnything(...given)).toThrow(
      refusal('HANDLER_OPTIONS', /declared by \(types, options\?\)/),
    );
  });

  test('options that are wrong, with the name of the method', () => {
    class Orders {
      @handler('Placed', { timeout: 0 })
      placed(): void {}
    }
    expect(() => registrationsOf(new Orders())).toThrow(
      refusal('HANDLER_OPTIONS', /^Handler "Orders\.placed": "timeout" must be/),
    );
  });
});
