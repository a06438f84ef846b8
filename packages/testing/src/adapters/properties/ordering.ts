import assert from 'node:assert/strict';
import { named } from '../bench/bench.ts';
import type { AdapterProperty } from '../property.ts';
import { skip } from '../property.ts';

export const orderingProperties: readonly AdapterProperty[] = [
  {
    id: 'P15',
    name: 'events of a key are handled in order, also when one fails, while keys go on beside each other',
    async run({ publish, consumeBacklog, untilHandled, untilSettled, capabilities, pass, manual }) {
      if (capabilities.order === 'none') return skip('it promises no order');
      const keys = ['red', 'green', 'blue', 'white'];
      const names = keys.flatMap((key) => named(`${key}-`, 6));
      const publishAll = async () => {
        for (let turn = 1; turn <= 6; turn += 1)
          for (const key of keys) await publish([`${key}-${turn}`], { key });
      };
      let running = 0;
      let most = 0;
      const consumer = await consumeBacklog(publishAll, {
        settings: { concurrency: 8, prefetch: 24 },
        retry: { attempts: 3, delay: 10, factor: 1 },
        async handle({ event, context }) {
          running += 1;
          most = Math.max(most, running);
          // Uneven times, so that what may overtake does.
          if (manual) for (let turns = event.length % 3; turns >= 0; turns -= 1) await Promise.resolve();
          else await pass(event.length % 3);
          running -= 1;
          if (event.endsWith('-3') && context.attempt === 1) throw new Error('once');
        },
      });
      await untilHandled(consumer, names);
      await untilSettled();
      for (const key of keys) {
        const handled = consumer.handled.filter((event) => event.startsWith(key));
        assert.deepEqual(handled, named(`${key}-`, 6), `the order of ${key}`);
      }
      if (capabilities.order === 'perKey') assert.ok(most > 1, 'different keys are handled at the same time');
    },
  },
];
