// Compiled with standard and with legacy decorators: what is an error is one in both.
import { z } from 'zod';

import type { HandlerContext, Message, Middleware } from '../../src/index.ts';
import { handler } from '../../src/index.ts';
import { exactly } from './equal.ts';

interface Order {
  readonly total: number;
}
const Order = z.object({ total: z.number() });
/** Takes a text, makes a number. */
const Amount = z.string().transform(Number);
const Dated = z.object({ at: z.coerce.date(), note: z.string().default('') });
declare const middleware: Middleware;

export class Right {
  readonly name = 'right';

  @handler('Placed', { schema: Order })
  both({ data }: Message<{ total: number }>, { signal, attempt }: HandlerContext): void {
    exactly<number>()(data.total);
    exactly<AbortSignal>()(signal);
    exactly<number>()(attempt);
    exactly<string>()(this.name);
  }

  @handler('Placed', { schema: Order })
  async waits(message: Message<Order>): Promise<void> {
    exactly<Order>()(message.data);
  }

  @handler('Placed', { schema: Order })
  maybeWaits(_message: Message<Order>): void | Promise<void> {}

  @handler('Placed', { schema: Order })
  withoutParameters(): void {}

  @handler('Placed', { schema: Order })
  lessThanTheSchema(_message: Message<object>): void {}

  @handler('Placed', { schema: Order })
  anyPayload(_message: Message): void {}

  @handler('Paid', { schema: Amount })
  outputOfTheSchema({ data }: Message<number>): void {
    exactly<number>()(data);
  }

  @handler('Dated', { schema: Dated })
  inferred({ data }: Message<z.infer<typeof Dated>>): void {
    exactly<Date>()(data.at);
    exactly<string>()(data.note);
  }

  @handler('Any')
  unknownPayload({ data }: Message): void {
    exactly<unknown>()(data);
  }

  @handler<Order>('Trusted')
  explicit(_message: Message<Order>): void {}

  @handler<Order>(['Trusted', 'Old*'], {
    name: 'trusted',
    source: ['a', 'b'],
    timeout: false,
    middleware: [middleware],
  })
  explicitWithOptions(_message: Message<Order>): void {}

  @handler(['A', 'B'] as const, { retry: { attempts: 2, where: 'in-place' } })
  constantList(): void {}

  @handler()
  rest(_message: Message): void {}

  @handler({ timeout: 5, source: 'shop' })
  restWithOptions(): void {}

  @handler({ schema: Order })
  restWithSchema(_message: Message<Order>): void {}

  @handler('One')
  @handler<Order>('Two')
  several(_message: Message): void {}

  @handler('Hidden')
  protected notPublic(): void {}
}

export class WrongPayload {
  // @ts-expect-error the schema gives a number
  @handler('Placed', { schema: Order })
  otherType(_message: Message<{ total: string }>): void {}

  // @ts-expect-error the schema gives no id
  @handler('Placed', { schema: Order })
  moreThanTheSchema(_message: Message<{ total: number; id: string }>): void {}

  // @ts-expect-error the handler gets what the schema makes, not what it takes
  @handler('Paid', { schema: Amount })
  inputOfTheSchema(_message: Message<string>): void {}

  // @ts-expect-error nothing says that it is an order
  @handler('Any')
  untold(_message: Message<Order>): void {}

  // @ts-expect-error the type argument says another
  @handler<{ readonly id: string }>('Trusted')
  explicit(_message: Message<Order>): void {}

  // @ts-expect-error a default handler takes anything
  @handler()
  rest(_message: Message<Order>): void {}

  // @ts-expect-error the schema of the default handler counts too
  @handler({ schema: Order })
  restWithSchema(_message: Message<{ total: string }>): void {}

  // @ts-expect-error a message, not its payload
  @handler('Placed', { schema: Order })
  payload(_order: Order): void {}

  // @ts-expect-error one of two decorators does not fit
  @handler('Placed', { schema: Order })
  @handler('Paid', { schema: Amount })
  several(_message: Message<number>): void {}
}

export class WrongShape {
  // @ts-expect-error what it returns would be lost
  @handler('Placed')
  returns(): number {
    return 1;
  }

  // @ts-expect-error what it resolves with would be lost
  @handler('Placed')
  async resolves(): Promise<number> {
    return 1;
  }

  // @ts-expect-error nobody would run it
  @handler('Placed')
  *generates(): Generator<number> {
    yield 1;
  }

  // @ts-expect-error there are two arguments
  @handler('Placed')
  third(_message: Message, _context: HandlerContext, _more: string): void {}

  // @ts-expect-error the second one is the context
  @handler('Placed')
  context(_message: Message, _context: { readonly database: string }): void {}

  // @ts-expect-error a field
  @handler('Placed')
  field = (_message: Message): void => {};

  // @ts-expect-error an accessor
  @handler('Placed')
  get getter(): number {
    return 1;
  }

  // @ts-expect-error an accessor that takes a message
  @handler('Placed')
  set setter(_message: Message) {}

  // @ts-expect-error not called
  @handler
  uncalled(): void {}
}

export class WrongArguments {
  // @ts-expect-error undefined is no type, and must not make a default handler
  @handler(undefined)
  none(): void {}

  // @ts-expect-error no event type
  @handler(7)
  number(): void {}

  // @ts-expect-error a list holds texts
  @handler(['A', 7])
  list(): void {}

  // @ts-expect-error no option
  @handler('Placed', { timeouts: 5 })
  misspelt(): void {}

  // @ts-expect-error a number of milliseconds, or false
  @handler('Placed', { timeout: '5s' })
  timeout(): void {}

  // @ts-expect-error one of two places
  @handler('Placed', { retry: { where: 'somewhere' } })
  where(): void {}

  // @ts-expect-error no schema
  @handler('Placed', { schema: { total: 'number' } })
  schema(): void {}

  // @ts-expect-error the schema says the type already
  @handler<Order>('Placed', { schema: Order })
  both(_message: Message<Order>): void {}
}
