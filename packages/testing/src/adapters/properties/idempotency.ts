import assert from 'node:assert/strict';
import { named } from '../bench/bench.ts';
import type { AdapterProperty } from '../property.ts';
import { skip } from '../property.ts';

/** An event takes effect once. */
export const idempotencyProperties: readonly AdapterProperty[] = [
  {
    id: 'P22',
    name: 'a duplicate takes no second effect, and is settled too',
    async run({ publish, publishTo, consume, untilHandled, untilSettled, until, harness, history, fault }) {
      const names = named('a', 6);
      const consumer = await consume();
      fault('some are published twice, and delivered twice');
      harness.faults?.duplicate?.(3);
      await publish(names);
      await untilHandled(consumer, names);
      await publishTo(harness, names);
      await publish(['last']);
      await untilHandled(consumer, ['last']);
      await untilSettled();
      const ids = new Map(consumer.runs.map(({ event, message }) => [message.id, event]));
      if (ids.size > names.length + 1) return skip('the broker gives each message an id of its own');
      const delivered = () => history.entries.filter(({ kind }) => kind === 'delivered').length;
      await until('the duplicates', () => delivered() >= names.length * 2 + 1);
      assert.deepEqual(
        [...consumer.handled].sort(),
        [...names, 'last'].sort(),
        'each event takes effect once',
      );
    },
  },
  {
    id: 'P23',
    name: 'a crash between effect and settlement brings the event again, and the second run knows',
    async run({ publish, consume, until, untilHandled, untilSettled, harness }) {
      let effects = 0;
      const first = await consume({
        async handle() {
          effects += 1;
          await first.crash();
        },
      });
      await publish(['a']);
      await until('the effect', () => effects === 1);
      const second = await consume();
      harness.faults?.expireLeases?.();
      await untilHandled(second, ['a']);
      await untilSettled();
      assert.equal(second.runs[0]?.context.redelivered, true, 'the second run knows of the first');
    },
  },
];
