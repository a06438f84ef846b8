import assert from 'node:assert/strict';
import { named } from '../bench/bench.ts';
import { gate } from '../bench/gate.ts';
import type { AdapterProperty } from '../property.ts';

/** No more comes in than there is room for. */
export const demandProperties: readonly AdapterProperty[] = [
  {
    id: 'P16',
    name: 'at no time is more inside than concurrency and prefetch allow',
    async run({ publish, consume, until, untilHandled, untilSettled, sourceName, capabilities }) {
      const names = named('a', 30);
      const { handle, open, waiting } = gate();
      const consumer = await consume({ handle, settings: { concurrency: 2, prefetch: 3 } });
      await publish(names);
      const atOnce = capabilities.order === 'perChannel' ? 1 : 2;
      for (let count = 0; count < names.length; count += 1) {
        await until('a run', () => waiting().length > 0);
        assert.ok(waiting().length <= atOnce, `${waiting().length} handlers run`);
        const inFlight = consumer.consumer.health().sources[sourceName]?.inFlight ?? 0;
        assert.ok(inFlight <= 5, `${inFlight} messages are inside, and 5 may be`);
        open(waiting()[0] ?? '');
        await until('it to end', () => consumer.handled.length > count);
      }
      await untilHandled(consumer, names);
      await untilSettled();
    },
  },
  {
    id: 'P17',
    name: 'a handler that is slow stops the intake, and it goes on when the handler does',
    async run({ publish, consume, until, pass, untilHandled, untilSettled, history, manual, sourceName }) {
      const names = named('a', 40);
      const { handle, open } = gate();
      const consumer = await consume({ handle, settings: { concurrency: 1, prefetch: 4 } });
      await publish(names);
      const inside = () => consumer.consumer.health().sources[sourceName]?.inFlight ?? 0;
      await until('the source to be full', () => inside() === 5);
      // Long enough for another fetch, were there one.
      await pass(manual ? 5_000 : 200);
      const delivered = history.entries.filter(({ kind }) => kind === 'delivered').length;
      assert.equal(delivered, 5, 'messages that were fetched while the handler was slow');
      open();
      await untilHandled(consumer, names);
      await untilSettled();
    },
  },
];
