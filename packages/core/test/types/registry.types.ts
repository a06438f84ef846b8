import { z } from 'zod';

import type { Consumer, Handler, HandlerContext, Message, Registry } from '../../src/index.ts';
import { createConsumer, createRegistry, memoryStore } from '../../src/index.ts';
import { exactly } from './equal.ts';

interface Order {
  readonly total: number;
}
const Order = z.object({ total: z.number() });
const Amount = z.string().transform(Number);
declare const consumer: Consumer;
declare const registry: Registry;
declare const takesOrder: Handler<Order>;

export const chained: Consumer = consumer
  .on('Placed', { schema: Order }, async ({ data }, { signal }) => {
    exactly<{ total: number }>()(data);
    exactly<AbortSignal>()(signal);
  })
  .on(['Paid', 'Old*'], { schema: Amount, timeout: false }, ({ data }) => exactly<number>()(data))
  .on('Any', ({ data }) => exactly<unknown>()(data))
  .on<Order>('Trusted', ({ data }) => exactly<Order>()(data))
  .on<Order>('Trusted', { name: 'trusted' }, ({ data }) => exactly<Order>()(data))
  .on('Trusted', takesOrder)
  .on('Trusted', (_message: Message<Order>) => {})
  .on('Placed', { schema: Order }, takesOrder)
  .on('Nothing', () => {})
  .on({ source: ['a'] }, ({ data }) => exactly<unknown>()(data))
  .on({ schema: Order }, ({ data }) => exactly<{ total: number }>()(data))
  .on((message, context) => {
    exactly<Message>()(message);
    exactly<HandlerContext>()(context);
  });

export const registered: Registry = createRegistry()
  .add('Placed', { schema: Order }, ({ data }) => exactly<number>()(data.total))
  .add(() => {})
  .addAll(registry)
  .addInstance(new Date());

// @ts-expect-error the schema gives a number
consumer.on('Placed', { schema: Order }, (_message: Message<{ total: string }>) => {});
// @ts-expect-error the handler gets what the schema makes, not what it takes
consumer.on('Paid', { schema: Amount }, (_message: Message<string>) => {});
// @ts-expect-error a handler of orders gets no numbers
consumer.on('Paid', { schema: Amount }, takesOrder);
// @ts-expect-error a default handler takes anything
consumer.on(takesOrder);
// @ts-expect-error a default handler with options takes anything
consumer.on({ timeout: 5 }, takesOrder);
// @ts-expect-error the schema of the default handler counts too
consumer.on({ schema: Amount }, takesOrder);
// @ts-expect-error what it returns would be lost
consumer.on('Any', () => 1);
// @ts-expect-error what it resolves with would be lost
consumer.on('Any', async () => 1);
// @ts-expect-error what a handler with a schema returns would be lost
consumer.on('Placed', { schema: Order }, () => 1);
// @ts-expect-error there are two arguments
consumer.on('Any', (_message: Message, _context: HandlerContext, _more: string) => {});
// @ts-expect-error undefined is no type, and must not make a default handler
consumer.on(undefined, () => {});
// @ts-expect-error no function
consumer.on('Any', { timeout: 5 });
// @ts-expect-error no option
consumer.on('Any', { timeouts: 5 }, () => {});
// @ts-expect-error no schema
consumer.on('Any', { schema: {} }, () => {});
// @ts-expect-error the same of a registry
registry.add('Placed', { schema: Order }, (_message: Message<{ total: string }>) => {});

// @ts-expect-error a consumer has a name
createConsumer({ sources: [], store: memoryStore() });
// @ts-expect-error a consumer keeps dead letters somewhere
createConsumer({ name: 'billing', sources: [], store: {} });
// @ts-expect-error no option
createConsumer({ name: 'billing', sources: [], store: memoryStore(), drainTimeOut: 5 });
export const withMap: Consumer = createConsumer({
  name: 'billing',
  sources: [],
  store: { deadLetters: memoryStore().deadLetters, replay: new Map<string, string>() },
});
