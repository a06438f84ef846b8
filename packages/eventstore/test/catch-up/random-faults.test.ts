import { setImmediate } from 'node:timers/promises';
import { refusals } from '@millrace/testing/eventstore';
import { isMillraceError } from '@millrace/core';
import { expect, it } from 'vitest';
import type { Bench, Consuming } from './support/bench.ts';
import { bench, numbers } from './support/bench.ts';
import { seededRandom, seedsOr } from './support/seeded-random.ts';
import { until } from './support/until.ts';

/** The start itself fails when a fault meets it; whoever runs a consumer starts it again. */
async function start(consume: Bench['consume']): Promise<Consuming> {
  for (;;) {
    try {
      return await consume({
        source: { from: { category: 'order' }, concurrency: 4, watchdog: { stall: 50 } },
        handle: () => setImmediate(),
      });
    } catch (error) {
      if (!isMillraceError(error, 'EVENTSTORE_UNREACHABLE')) throw error;
    }
  }
}

it.each(seedsOr('1,2,3'))(
  'whatever ends subscriptions and consumers, all events of a category are handled, in the order of their streams (MILLRACE_SEED=%i)',
  async (seed) => {
    const random = seededRandom(seed);
    const { server, append, consume } = await bench();
    for (let n = 1; n <= 240; n += 1) append(`order-${n % 3}`, n, n);
    const seen = new Set<unknown>();
    while (seen.size < 240) {
      const consuming = await start(consume);
      for (let fault = 0; fault < 2; fault += 1) {
        const before = consuming.messages.length;
        const more = 1 + Math.floor(random() * 30);
        const all = () => new Set([...seen, ...consuming.handled]).size === 240;
        await until(() => consuming.messages.length >= before + more || all());
        const kind = random();
        if (kind < 0.4) server.faults.killConnections();
        else if (kind < 0.6) server.faults.endSubscriptions();
        else if (kind < 0.8) server.faults.endSubscriptions(refusals.internal);
        else server.faults.silenceSubscriptions();
      }
      await consuming.consumer.stop({ now: random() < 0.5 });
      for (const remainder of [0, 1, 2]) {
        const own = consuming.handled.map(Number).filter((n) => n % 3 === remainder);
        const [first = 0] = own;
        // Nothing in between is left out, and nothing is out of order.
        expect(own).toEqual(own.map((_, index) => first + index * 3));
      }
      for (const n of consuming.handled) seen.add(n);
    }
    expect([...seen].map(Number).sort((one, other) => one - other)).toEqual(numbers(1, 240));
  },
);
