import assert from 'node:assert/strict';
import { isMillraceError } from '@millrace/core';
import { named } from '../bench/bench.ts';
import { gate } from '../bench/gate.ts';
import { watchHandles } from '../bench/handles.ts';
import type { AdapterProperty } from '../property.ts';
import { passWithout } from '../property.ts';

const goneByStop = 'it keeps nothing: what was not handled when its reader stopped is gone';

/** How a consumer ends. */
export const drainProperties: readonly AdapterProperty[] = [
  {
    id: 'P18',
    name: 'when it stops nothing new starts, what runs is finished, and the rest is released, not rejected',
    async run({
      publish,
      consume,
      until,
      untilHandled,
      untilSettled,
      outlast,
      sourceName,
      capabilities,
      harness,
      history,
      keepsNothing,
    }) {
      const names = named('a', 10);
      const { handle, open, waiting } = gate();
      const first = await consume({ handle, settings: { concurrency: 2, prefetch: 4 } });
      await publish(names);
      const running = capabilities.order === 'perChannel' ? 1 : 2;
      const inside = () => first.consumer.health().sources[sourceName]?.inFlight ?? 0;
      await until('the source to be full', () => inside() === 6 && waiting().length === running);
      const stopped = first.stop();
      await until('what was not started to leave', () => inside() === running);
      open();
      await outlast('the consumer to stop', stopped);
      assert.equal(first.runs.length, running, 'runs that were started');
      assert.equal(first.handled.length, running, 'runs that ended');
      if (capabilities.settle !== 'none' && !keepsNothing) {
        assert.equal(await harness.remaining(), names.length - running, 'messages that the broker has again');
      }
      if (keepsNothing) return passWithout(goneByStop);
      const second = await consume();
      await untilHandled([first, second], names);
      await untilSettled();
      assert.equal(
        history.entries.filter(({ kind }) => kind === 'parked').length,
        0,
        'nothing is given up on',
      );
      if (capabilities.deliveryCount === 'none') return;
      for (const { event, context } of second.runs)
        assert.equal(context.attempt, 1, `the attempt at ${event}: it was never started`);
    },
  },
  {
    id: 'P19',
    name: 'a handler that outlasts the drain is told by its signal, and its message goes back to the broker',
    async run({ publish, consume, until, untilHandled, untilSettled, outlast, history, keepsNothing }) {
      const { handle, waiting } = gate();
      const first = await consume({ handle, drainTimeout: 200 });
      await publish(['slow']);
      await until('the handler to run', () => waiting().length === 1);
      await outlast('the consumer to stop', first.stop());
      const reason: unknown = first.runs[0]?.context.signal.reason;
      assert.ok(isMillraceError(reason, 'DRAIN_TIMEOUT'), 'the signal says why');
      if (keepsNothing) return passWithout(goneByStop);
      const second = await consume();
      await untilHandled(second, ['slow']);
      await untilSettled();
      assert.equal(second.runs[0]?.context.redelivered, true, 'the second run knows of the first');
      assert.equal(
        history.entries.filter(({ kind }) => kind === 'parked').length,
        0,
        'nothing is given up on',
      );
    },
  },
  {
    id: 'P20',
    name: 'it closes twice, while it waits, and while it starts, and leaves nothing open',
    async run({ publish, consume, consumer, keepsNothing, until, untilHandled, outlast, history, harness }) {
      // What it takes to publish is the harness's own.
      await publish(['a']);
      const handles = watchHandles();
      try {
        await handles.watch(async () => {
          const waiting = await consume();
          if (keepsNothing) await publish(['b']);
          await untilHandled(waiting, [keepsNothing ? 'b' : 'a']);
          await outlast('the consumer to stop', Promise.all([waiting.stop(), waiting.stop()]));
          await outlast('the consumer to stop again', waiting.stop());
          const starting = consumer();
          const start = starting.consumer.start().catch(() => {});
          await outlast('a starting consumer to stop', Promise.all([start, starting.stop()]));
        });
        const connections = () => harness.connections?.() ?? 0;
        await until('all to be closed', () => connections() === 0 && handles.open.length === 0).catch(() => {
          const left = [...handles.open, ...Array.from({ length: connections() }, () => 'connection')];
          history.add({ kind: 'leaked', what: `still open after the stop: ${left.join(', ')}` });
        });
      } finally {
        handles.end();
      }
    },
  },
];
