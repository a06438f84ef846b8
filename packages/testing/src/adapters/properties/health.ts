import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Diagnostics } from '@millrace/core';
import { named } from '../bench/bench.ts';
import { gate } from '../bench/gate.ts';
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
    async run({ publish, consume, untilHandled, untilSettled, until, outlast, history, sourceName }) {
      const counts = { received: 0, done: 0, dead: 0, letters: 0 };
      const onReceive = (event: unknown) => {
        const { source, count } = event as Diagnostics['receive'];
        if (source === sourceName) counts.received += count;
      };
      const onSettle = (event: unknown) => {
        const { source, outcome } = event as Diagnostics['settle'];
        if (source === sourceName && (outcome === 'done' || outcome === 'dead')) counts[outcome] += 1;
      };
      const onLetter = (event: unknown) => {
        if ((event as Diagnostics['dead-letter']).source === sourceName) counts.letters += 1;
      };
      subscribe('millrace:receive', onReceive);
      subscribe('millrace:settle', onSettle);
      subscribe('millrace:dead-letter', onLetter);
      try {
        const consumer = await consume({
          handle({ event, context }) {
            if (event === 'a5') context.reject(new Error('never'));
          },
        });
        await publish(named('a', 20));
        await untilHandled(consumer, named('a', 20));
        await until('the dead letter', () => history.entries.some(({ kind }) => kind === 'parked'));
        await untilSettled();
        await outlast('the consumer to stop', consumer.stop());
      } finally {
        unsubscribe('millrace:receive', onReceive);
        unsubscribe('millrace:settle', onSettle);
        unsubscribe('millrace:dead-letter', onLetter);
      }
      const received = history.entries.filter(({ kind }) => kind === 'delivered').length;
      assert.deepEqual(counts, { received, done: 19, dead: 1, letters: 1 });
    },
  },
];
