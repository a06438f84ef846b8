import assert from 'node:assert/strict';
import { isMillraceError } from '@millrace/core';
import { named } from '../bench/bench.ts';
import type { BenchConsumer } from '../bench/bench-consumer.ts';
import { claimLease } from '../bench/bench-consumer.ts';
import { gate } from '../bench/gate.ts';
import type { HistoryEntry } from '../history/history.ts';
import type { AdapterProperty } from '../property.ts';
import { passWithout, skip } from '../property.ts';

/** Whose a message is. */
export const leaseProperties: readonly AdapterProperty[] = [
  {
    id: 'P21',
    name: 'a lease is renewed while a handler runs, and one that is lost stops the handler and its settlement',
    async run({
      publish,
      consume,
      until,
      untilHandled,
      untilSettled,
      pass,
      fault,
      harness,
      history,
      clock,
      capabilities,
    }) {
      const { lease } = capabilities;
      if (lease === undefined) return skip('what it delivers is not leased');
      const { handle, open, waiting } = gate();
      const consumer = await consume({ handle });
      if (lease.maximum >= lease.milliseconds * 3) {
        await publish(['slow']);
        await until('the handler to run', () => waiting().includes('slow'));
        await pass(lease.milliseconds * 2.2);
        open('slow');
        await untilHandled(consumer, ['slow']);
        await untilSettled();
        assert.equal(consumer.runs.length, 1, 'the slow one is handled once');
      }
      const expire = harness.faults?.expireLeases;
      if (expire === undefined) return passWithout('the harness can not take a lease away');
      await publish(['lost']);
      await until('the handler to run', () => waiting().includes('lost'));
      const [run] = consumer.runs.slice(-1);
      // The event may come again now; the handler that lost it must not settle it.
      fault('the lease is taken away');
      expire();
      await until('the signal to abort', () => run?.context.signal.aborted ?? false);
      assert.ok(isMillraceError(run?.context.signal.reason, 'LEASE_LOST'), 'the signal says why');
      const refusal = history.entries.find((entry) => entry.kind === 'refused' && entry.outcome === 'extend');
      const late = clock.monotonic() - (refusal?.at ?? -Infinity);
      assert.ok(
        late < lease.milliseconds / 4,
        'it aborts when the broker refuses to extend, not when time is up',
      );
      open();
      await untilHandled(consumer, ['lost']);
      const told = () => history.entries.filter((entry) => 'event' in entry && entry.event === 'lost');
      const done = () => told().findIndex((entry) => entry.kind === 'settled' && entry.outcome === 'done');
      await until('its settlement', () => done() >= 0);
      const secondRun = told().findLastIndex(({ kind }) => kind === 'started');
      assert.ok(done() > secondRun, 'only the second run settles it');
      await untilSettled();
      assert.ok(consumer.runs.length >= 3, 'it is handled again');
    },
  },
  {
    id: 'P24',
    name: 'of several consumers of an exclusive source one reads, and another takes over',
    async run({ publish, consume, until, untilHandled, outlast, history, sourceName, capabilities }) {
      if (!capabilities.exclusive) return skip('it takes several consumers');
      const held = gate();
      held.open(...named('a', 6));
      const first = await consume({ handle: held.handle });
      const second = await consume();
      await publish(named('a', 6));
      await untilHandled(first, named('a', 6));
      await publish(named('b', 4));
      await until('the first consumer to be in the middle', () => held.waiting().length > 0);
      assert.deepEqual(second.runs, [], 'the second consumer handles nothing');
      assert.equal(second.consumer.health().sources[sourceName]?.standby, true, 'and says that it stands by');
      await first.crash();
      await untilHandled(second, named('b', 4));
      const of = (kind: HistoryEntry['kind'], { label }: BenchConsumer) =>
        history.entries.find(
          (entry) => entry.kind === kind && 'consumer' in entry && entry.consumer === label,
        );
      const died = of('crashed', first)?.at ?? Infinity;
      const took = (of('opened', second)?.at ?? Infinity) - died;
      assert.ok(took >= 0 && took <= 3 * claimLease, `it took over after ${took} ms`);
      await outlast('the consumer to stop', second.stop());
    },
  },
];
