import assert from 'node:assert/strict';
import { named } from '../bench/bench.ts';
import { gate } from '../bench/gate.ts';
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
    name: 'a crash between effect and settlement brings back what was not settled, and the second run knows',
    async run({ publish, consume, until, untilHandled, untilSettled, harness, capabilities, keepsNothing }) {
      if (keepsNothing) return skip('it keeps nothing: what was open in a crash is gone');
      const settled = named('settled', 4);
      const open = named('open', 4);
      const { handle, waiting } = gate();
      const first = await consume({
        async handle(run) {
          if (settled.includes(run.event)) return;
          if (run.event !== 'open1') return await handle(run);
          const others = capabilities.order === 'perChannel' ? 0 : 3;
          await until('the others to run', () => waiting().length === others);
          await first.crash();
        },
      });
      await publish(settled);
      await untilHandled(first, settled);
      await untilSettled();
      await publish(open);
      await untilHandled(first, ['open1']);
      const second = await consume();
      harness.faults?.expireLeases?.();
      await untilHandled(second, open);
      await untilSettled();
      assert.deepEqual([...second.handled].sort(), [...open].sort(), 'what was settled is not handled again');
      const started = new Set(first.runs.map(({ event }) => event));
      for (const { event, context } of second.runs) {
        // One that waited behind the other was claimed with it: whether it had begun is not known then.
        if (capabilities.order === 'perChannel' && !started.has(event)) continue;
        assert.equal(
          context.redelivered,
          started.has(event),
          `whether the second run of ${event} knows of the first`,
        );
      }
    },
  },
];
