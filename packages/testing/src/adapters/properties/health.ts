import assert from 'node:assert/strict';
import { named } from '../bench/bench.ts';
import { countDiagnostics } from '../bench/count-diagnostics.ts';
import { gate } from '../bench/gate.ts';
import type { HistoryEntry } from '../history/history.ts';
import type { AdapterProperty } from '../property.ts';
import { passWithout } from '../property.ts';

/** What can be seen from outside. */
export const healthProperties: readonly AdapterProperty[] = [
  {
    id: 'P26',
    name: 'down, slow and draining are told apart',
    async run({ publish, consume, until, untilHandled, pass, outlast, fault, harness, sourceName, manual }) {
      const { handle, open, waiting } = gate();
      const consumer = await consume({ handle, settings: { concurrency: 1, prefetch: 1 } });
      const health = () => consumer.consumer.health().sources[sourceName];
      await publish(named('a', 4));
      await until('the handler to run', () => waiting().length === 1);
      await pass(manual ? 10_000 : 200);
      assert.equal(health()?.status, 'ready', 'with a slow handler');
      open();
      await untilHandled(consumer, named('a', 4));
      const drop = harness.faults?.drop;
      if (drop !== undefined) {
        fault('the connection is dropped');
        drop();
        await until('the source to say that it is down', () => health()?.status === 'degraded');
        assert.ok(health()?.reason?.message, 'it says why');
        await until('the source to recover', () => health()?.status === 'ready');
        await publish(['b']);
        await untilHandled(consumer, ['b']);
      }
      const fetchedAt = health()?.lastFetchAt;
      assert.ok(fetchedAt !== undefined, 'it says when it last fetched');
      const stopping = consumer.stop();
      assert.equal(health()?.status, 'draining', 'while it stops');
      await outlast('the consumer to stop', stopping);
      assert.equal(health()?.status, 'stopped', 'when it has stopped');
      if (drop === undefined) return passWithout('the harness can not drop the connection');
    },
  },
  {
    id: 'P27',
    name: 'what diagnostics count is what was received and settled',
    async run(bench) {
      const { publish, consume, untilHandled, untilSettled, until, outlast } = bench;
      const { harness, history, sourceName, capabilities } = bench;
      const { counts, end } = countDiagnostics(sourceName);
      try {
        const consumer = await consume({
          handle({ event, context }) {
            if (event === 'a5') context.reject(new Error('never'));
          },
        });
        // What the broker refuses for good is not settled: it comes again.
        harness.faults?.refuseSettles?.(1, { final: true });
        await publish(named('a', 20));
        await untilHandled(consumer, named('a', 20));
        await until('the dead letter', () => history.entries.some(({ kind }) => kind === 'parked'));
        await untilSettled();
        await outlast('the consumer to stop', consumer.stop());
      } finally {
        end();
      }
      const isSettled = (entry: HistoryEntry) =>
        entry.kind === 'settled' && (entry.outcome === 'done' || entry.outcome === 'dead');
      assert.deepEqual(counts, {
        received: history.entries.filter(({ kind }) => kind === 'delivered').length,
        settled: capabilities.settle === 'none' ? 20 : history.entries.filter(isSettled).length,
        deadLetters: 1,
      });
    },
  },
];
