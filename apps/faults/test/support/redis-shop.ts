import { setTimeout } from 'node:timers/promises';
import type { Consumer, IdempotencyStore, Source } from '@millrace/core';
import { createConsumer, silentLogger } from '@millrace/core';
import { redisStore } from '@millrace/redis';
import type { TcpProxy } from '@millrace/testing';
import { memoryBroker, tcpProxy } from '@millrace/testing';
import { inject, onTestFinished } from 'vitest';
import type { Audit } from './audit.ts';
import { audit } from './audit.ts';
import { seeded } from './seeded.ts';
import { until } from './until.ts';

export interface RedisShop {
  readonly proxy: TcpProxy;
  readonly consumer: Consumer;
  publish(count: number): Promise<void>;
  readonly effects: number;
  /** Ids that the broker was told are done, while Redis, asked by another way, did not know it. */
  readonly ackedTooEarly: readonly string[];
  readonly status: string | undefined;
  /** Waits until everything is settled, or for so many milliseconds, stops, and looks at what became of the events. */
  settled(options: { readonly within: number }): Promise<Audit>;
}

/** Of claims, and of the messages at the broker, in milliseconds. Shorter than an outage. */
export const lease = 2_000;

/** Orders in a queue of this process, and a consumer whose idempotency store is a Redis behind a proxy. */
export async function startRedisShop(): Promise<RedisShop> {
  const [{ host, port } = { host: '', port: 0 }] = inject('redis').servers;
  const proxy = await tcpProxy({ target: { host, port }, random: seeded(1) });
  const prefix = `faults-${crypto.randomUUID()}`;
  const store = redisStore({ client: `redis://${proxy.host}:${proxy.port}`, prefix });
  const witness = redisStore({ client: `redis://${host}:${port}`, prefix });
  const orders = memoryBroker();
  const queue = orders.queue('orders', { lease });
  const published: string[] = [];
  const effects: string[] = [];
  const keys = new Map<string, string>();
  const ackedTooEarly: string[] = [];
  const consumer = createConsumer({
    name: 'shop',
    sources: [
      watched(queue.source(), async (ids) => {
        ackedTooEarly.push(...(await notDone(ids, keys, witness.idempotency)));
      }),
    ],
    store,
    idempotency: { lease },
    log: silentLogger,
    random: seeded(2),
  });
  consumer.on('Order', async ({ id }, context) => {
    keys.set(id, context.idempotencyKey);
    await setTimeout(5);
    effects.push(id);
  });
  onTestFinished(async () => {
    await consumer.stop({ now: true });
    await Promise.all([store.close(), witness.close(), proxy.close()]);
  });
  await consumer.start();

  return {
    proxy,
    consumer,
    async publish(count) {
      const events = Array.from({ length: count }, () => ({ type: 'Order' }));
      published.push(...(await orders.publish('orders', ...events)));
    },
    get effects() {
      return effects.length;
    },
    ackedTooEarly,
    get status() {
      return consumer.health().sources['orders']?.status;
    },
    async settled({ within }) {
      const giveUpAt = performance.now() + within;
      await until(() => queue.remaining.length === 0 || performance.now() > giveUpAt);
      await consumer.stop();
      const { letters } = await witness.deadLetters.list({}, { limit: 100 });
      const deadLettered = letters.map(({ message }) => message.id);
      return audit({ published, effects, unsettled: queue.remaining.length, deadLettered });
    },
  };
}

/** A source that looks at what the broker is told, before it is. */
function watched(source: Source, onDone: (ids: readonly string[]) => Promise<void>): Source {
  return {
    ...source,
    async open(context) {
      const session = await source.open(context);
      return {
        ...session,
        async settle(settlements) {
          const done = settlements.filter(({ outcome }) => outcome === 'done');
          await onDone(done.map(({ incoming }) => incoming.id));
          return session.settle(settlements);
        },
      };
    },
  };
}

/** Asks for the claims: a store that knows a key as done refuses with that word, and changes nothing. */
async function notDone(
  ids: readonly string[],
  keys: ReadonlyMap<string, string>,
  witness: IdempotencyStore,
): Promise<readonly string[]> {
  const requests = ids.map((id) => ({ key: keys.get(id) ?? id }));
  if (requests.length === 0) return [];
  const verdicts = await witness.claimMany(requests, { owner: 'witness', lease: 1 });
  return ids.filter((_, index) => verdicts[index]?.status !== 'done');
}
