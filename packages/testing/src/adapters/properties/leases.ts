import assert from 'node:assert/strict';
import { isMillraceError } from '@millrace/core';
import { gate } from '../bench/gate.ts';
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
    run: async ({ capabilities }) =>
      capabilities.exclusive ? skip('core does not elect owners yet') : skip('it takes several consumers'),
  },
];
