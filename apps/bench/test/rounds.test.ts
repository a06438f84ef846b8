import { expect, test } from 'vitest';

import { dispatchContender } from '../src/dispatch/contender.ts';
import { decodedFeed } from '../src/dispatch/feed.ts';
import { consume, handWritten } from '../src/dispatch/hand-written.ts';
import { balancedOrders } from '../src/measure/balanced-orders.ts';
import type { Contender } from '../src/measure/contender.ts';
import { measureRounds } from '../src/measure/rounds.ts';

const small = { messages: 20, warmUps: 1, samples: 2, progress() {} };

test('all contenders run in each round, two of them in turn forward and backward', async () => {
  const runs: string[] = [];
  const recording = (name: string): Contender => ({
    name,
    async prepare() {
      return {
        async run(stopwatch) {
          runs.push(name);
          stopwatch.start();
          stopwatch.stop();
        },
        async finish() {},
      };
    },
    async close() {},
  });
  const samples = await measureRounds(['a', 'b'].map(recording), { ...small, warmUps: 2 });
  expect(runs.join('')).toBe('abbaabba');
  expect([...samples].map(([name, { length }]) => [name, length])).toEqual([
    ['a', 2],
    ['b', 2],
  ]);
});

test.each([1, 2, 3, 4, 5, 6])(
  'of %i contenders each stands at each place and after each other equally often',
  (count) => {
    const orders = balancedOrders(count);
    const times = new Map<string, number>();
    const add = (what: string) => times.set(what, (times.get(what) ?? 0) + 1);
    for (const order of orders) {
      order.forEach((contender, place) => add(`${contender} at ${place}`));
      order.slice(1).forEach((contender, place) => add(`${contender} after ${order[place]}`));
    }
    const placings = count * count;
    const followings = count * (count - 1);
    expect(times.size).toBe(placings + followings);
    expect(new Set(times.values())).toEqual(new Set([orders.length / count]));
  },
);

test('a contender that handles fewer messages has no result', async () => {
  const losing = dispatchContender('losing', decodedFeed, async (queue, handled) => {
    const consumed = consume(queue, 10, async (incoming) => {
      const { number } = decodedFeed.payload(incoming);
      if (number !== 13) handled(number);
    });
    return { stop: () => consumed };
  });
  const failure = await measureRounds([handWritten(decodedFeed, 10), losing], small).catch(
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({
    message: 'losing did not do its work.',
    cause: { message: 'Of 20 messages 1 were never handled and 0 more than once.' },
  });
});
